/**
 * Runs flat.c, built by the cross compilers that are there, in the emulator, and watches its resident memory (Linux hosts).
 *
 *   node tests/random/flat.mjs [--seconds N] [--isa LIST] [--engine NAME]
 *
 * Default: 600 seconds for each of riscv64 and aarch64. A run passes when its results are right and the last quarter of it
 * never has more than a tenth and 16 MiB above the most of the second. Ends with "N passed, N failed".
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { tryGuests } from './guests.mjs';

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

function watch([node, emulator], program) {
  return new Promise((resolve) => {
    const args = [emulator, '--engine', options.engine, program, String(seconds)];
    const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'inherit'] });
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

await tryGuests('flat.c', options.isa, async (emulator, program) => {
  const { status, text, samples } = await watch(emulator, program);
  const quarter = (n) => Math.max(...samples.slice((samples.length * n) / 4, (samples.length * (n + 1)) / 4));
  const flat = quarter(3) <= quarter(1) * 1.1 + 16;
  const most = [0, 1, 2, 3].map((n) => quarter(n).toFixed(0)).join(', ');
  return {
    good: flat && status === 0 && text.startsWith('results right'),
    report: `${text}; at most ${most} MiB in its quarters${flat ? '' : ': GREW'}`,
  };
});
