/** Writes docs/syscalls.md from the rows; with --check only reports whether it is up to date. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'sojourn-gen-'));
const outfile = join(folder, 'rows.mjs');
await build({
  stdin: {
    contents: `
      export { FAMILIES } from './src/syscalls/table.js';
      export { coveragePage } from './src/syscalls/coverage.js';
      export { RISCV64, RISCV32, AARCH64, ARM } from './src/abi/abi.js';
    `,
    resolveDir: root,
    loader: 'ts',
  },
  bundle: true,
  format: 'esm',
  platform: 'node',
  // A real file, because modules from data: URLs have no import.meta.url that createRequire takes.
  outfile,
});
const bundle = await import(pathToFileURL(outfile).href);
rmSync(folder, { recursive: true });
const page = bundle.coveragePage(bundle.FAMILIES, [
  { title: 'riscv64', abi: bundle.RISCV64 },
  { title: 'riscv32', abi: bundle.RISCV32 },
  { title: 'aarch64', abi: bundle.AARCH64 },
  { title: 'arm', abi: bundle.ARM },
]);
const path = join(root, 'docs/syscalls.md');
if (process.argv.includes('--check')) {
  let current = '';
  try {
    current = readFileSync(path, 'utf8');
  } catch {
    // Not there yet: not up to date.
  }
  if (current !== page) {
    console.error('docs/syscalls.md is not up to date: run node scripts/gen-syscalls.mjs');
    process.exit(1);
  }
} else writeFileSync(path, page);
