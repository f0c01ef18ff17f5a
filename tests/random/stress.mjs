/**
 * Runs stress.c, built by the cross compilers that are there, in the emulator.
 *
 *   node tests/random/stress.mjs [--seconds N] [--seed N] [--isa LIST] [--engine NAME]
 *
 * Default: 600 seconds for each of riscv64 and aarch64, the seed from the clock. Ends with "N passed, N failed".
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, ensure } from '../../scripts/ensure.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    isa: { type: 'string', default: 'riscv64,aarch64' },
    engine: { type: 'string', default: 'tiered' },
  },
});
const seconds = Number(options.seconds);
ensure();
const folder = mkdtempSync(join(tmpdir(), 'sojourn-stress-'));
let passed = 0;
let failed = 0;
for (const isa of options.isa.split(',')) {
  const compiler = `${isa}-linux-gnu-gcc`;
  const program = join(folder, isa);
  const source = join(ROOT, 'tests/random/stress.c');
  const built = spawnSync(compiler, ['-O2', '-static', '-pthread', '-o', program, source], {
    stdio: 'inherit',
  });
  if (built.error?.code === 'ENOENT') {
    console.log(`${isa}: no ${compiler}; left out`);
    continue;
  }
  const emulator = join(ROOT, 'bin/sojourn.js');
  const run = spawnSync(
    process.execPath,
    [emulator, '--engine', options.engine, program, String(seconds), options.seed],
    // The program gives up by itself after a minute more.
    { encoding: 'utf8', timeout: (seconds + 120) * 1000, killSignal: 'SIGKILL' },
  );
  const good = run.status === 0 && run.stdout === 'sums right\n';
  if (good) passed++;
  else failed++;
  const ending = run.signal ?? `status ${run.status}`;
  console.log(
    `${isa}, seed ${options.seed}: ${good ? 'sums right' : `FAILED, ${ending}`}; ${run.stderr.trim()}`,
  );
}
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
