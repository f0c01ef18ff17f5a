/** `npm start [-- [options] program [args…]]`: makes the tree ready, then runs a guest program (a bundled one by default). */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ROOT, ensure } from './ensure.mjs';

ensure();

// npm's own additions (and .npmrc's node-options) are not for the guest.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^INIT_CWD$/.test(name)),
);
const args = process.argv.slice(2);
const guest = args.length > 0 ? args : [join(ROOT, 'tests/fixtures/bin/hello-riscv64')];
const result = spawnSync(process.execPath, [join(ROOT, 'bin/sojourn.js'), ...guest], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  env,
  stdio: 'inherit',
});
if (result.error) throw result.error;
process.exit(result.status ?? 128 + (constants.signals[result.signal] ?? 0));
