/** Bundles tests/random/soak.ts and runs it with the arguments given; see there. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './ensure.mjs';

const outfile = join(ROOT, '.cache', 'soak.mjs');
mkdirSync(join(ROOT, '.cache'), { recursive: true });
await build({
  entryPoints: [join(ROOT, 'tests/random/soak.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  sourcemap: true,
});
const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
