/**
 * Runs stress.c, built by the cross compilers that are there, in the emulator.
 *
 *   node tests/random/stress.mjs [--seconds N] [--seed N] [--isa LIST] [--engine NAME]
 *
 * Default: 600 seconds for each of riscv64 and aarch64, the seed from the clock. Ends with "N passed, N failed".
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { tryGuests } from './guests.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    isa: { type: 'string', default: 'riscv64,aarch64' },
    engine: { type: 'string', default: 'tiered' },
  },
});

await tryGuests('stress.c', options.isa, ([node, emulator], program) => {
  const run = spawnSync(
    node,
    [emulator, '--engine', options.engine, program, options.seconds, options.seed],
    // The program gives up by itself after a minute more.
    { encoding: 'utf8', timeout: (Number(options.seconds) + 120) * 1000, killSignal: 'SIGKILL' },
  );
  const good = run.status === 0 && run.stdout === 'sums right\n';
  const ending = good ? 'sums right' : (run.signal ?? `status ${run.status}`);
  return { good, report: `seed ${options.seed}, ${ending}; ${run.stderr.trim()}` };
});
