/** Bundles tests/random/soak.ts (or that of `--isa aarch64` or `--cores`) and runs it with the arguments given; see there. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './ensure.mjs';

const a64 = process.argv.includes('--decode')
  ? 'tests/random/aarch64/decode-check.ts'
  : 'tests/random/aarch64/soak.ts';
const random = process.argv.includes('aarch64') ? a64 : 'tests/random/soak.ts';
const entry = process.argv.includes('--cores') ? 'tests/random/cores/soak.ts' : random;
const outfile = join(ROOT, '.cache', `soak-${process.pid}.mjs`);
mkdirSync(join(ROOT, '.cache'), { recursive: true });
await build({
  entryPoints: [join(ROOT, entry)],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  sourcemap: true,
  external: ['capstone-wasm'],
});
const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
rmSync(outfile, { force: true });
rmSync(`${outfile}.map`, { force: true });
process.exitCode = status ?? 1;
