/**
 * Runs flat.c, built by the cross compilers that are there, in the emulator, and watches its resident memory (Linux hosts).
 *
 *   node tests/random/flat.mjs [--seconds N] [--isa LIST] [--engine NAME]
 *
 * Default: 600 seconds for each of riscv64 and aarch64. A run passes when its results are right and the last quarter of it
 * never has more than a tenth and 16 MiB above the most of the second. Ends with "N passed, N failed".
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, ensure } from '../../scripts/ensure.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    isa: { type: 'string', default: 'riscv64,aarch64' },
    engine: { type: 'string', default: 'tiered' },
  },
});
const seconds = Number(options.seconds);

/** Resident memory of a process in MiB. */
function resident(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
}

function run(program) {
  return new Promise((resolve) => {
    const emulator = join(ROOT, 'bin/sojourn.js');
    const args = [emulator, '--engine', options.engine, program, String(seconds)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const samples = [];
    let text = '';
    child.stdout.on('data', (bytes) => (text += bytes));
    const timer = setInterval(() => samples.push(resident(child.pid)), (seconds * 1000) / 100);
    const patience = setTimeout(() => child.kill('SIGKILL'), (seconds + 120) * 1000);
    child.on('exit', (status) => {
      clearInterval(timer);
      clearTimeout(patience);
      resolve({ status, text: text.trim(), samples });
    });
  });
}

ensure();
const folder = mkdtempSync(join(tmpdir(), 'sojourn-flat-'));
let passed = 0;
let failed = 0;
for (const isa of options.isa.split(',')) {
  const compiler = `${isa}-linux-gnu-gcc`;
  const program = join(folder, isa);
  const source = join(ROOT, 'tests/random/flat.c');
  const built = spawnSync(compiler, ['-O2', '-static', '-pthread', '-o', program, source], {
    stdio: 'inherit',
  });
  if (built.error?.code === 'ENOENT') {
    console.log(`${isa}: no ${compiler}; left out`);
    continue;
  }
  const { status, text, samples } = await run(program);
  const quarter = (n) => Math.max(...samples.slice((samples.length * n) / 4, (samples.length * (n + 1)) / 4));
  const flat = quarter(3) <= quarter(1) * 1.1 + 16;
  const right = status === 0 && text.startsWith('results right');
  if (flat && right) passed++;
  else failed++;
  const most = [0, 1, 2, 3].map((n) => quarter(n).toFixed(0)).join(', ');
  console.log(
    `${isa}: ${right ? '' : 'FAILED, '}${text}; at most ${most} MiB in its quarters${flat ? '' : ': GREW'}`,
  );
}
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
