/** Guest programs in C that the soak runs put to work: built here by Debian's cross compilers, whichever are installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, ensure } from '../../scripts/ensure.mjs';

/**
 * Builds `source` (a file of this folder) for each ISA and has `run` try it.
 *
 * @param isas names as in the compilers': "riscv64,aarch64"; one without a compiler is left out, and said so
 * @param run (emulator's command, program, ISA) → {good, report}, or a promise of it
 *
 * Prints a line for each and "N passed, N failed"; failures become the exit status.
 */
export async function tryGuests(source, isas, run) {
  ensure();
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-guests-'));
  const emulator = [process.execPath, join(ROOT, 'bin/sojourn.js')];
  let passed = 0;
  let failed = 0;
  for (const isa of isas.split(',')) {
    const compiler = `${isa}-linux-gnu-gcc`;
    const program = join(folder, isa);
    const file = join(ROOT, 'tests/random', source);
    const built = spawnSync(compiler, ['-O2', '-static', '-pthread', '-o', program, file], {
      stdio: 'inherit',
    });
    if (built.error?.code === 'ENOENT') {
      console.log(`${isa}: no ${compiler}; left out`);
      continue;
    }
    const { good, report } =
      built.status === 0
        ? await run(emulator, program, isa)
        : { good: false, report: `${compiler} cannot build ${source}` };
    if (good) passed++;
    else failed++;
    console.log(`${isa}: ${good ? '' : 'FAILED, '}${report}`);
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
