/**
 * Recorded answers: hashes of random programs and of what the reference wrote for them, so that the comparison runs
 * without it. The programs follow from the seeds as long as their generator and the lines they use stay the same; a
 * changed generator shows as changed program hashes, then record again (npm run soak -- --record FILE).
 */
import { createHash } from 'node:crypto';

export interface RecordedProgram {
  readonly seed: number;
  readonly program: string;
  readonly output: string;
}

export interface Recording {
  readonly size: number;
  readonly names: readonly string[];
  readonly programs: readonly RecordedProgram[];
}

export function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

export function printRecording({ size, names, programs }: Recording): string {
  const lines = programs.map(({ seed, program, output }) => `${seed} ${program} ${output}`);
  return [
    '# Format: first the instructions per program and the lines they are made of, then per program seed, hash of its',
    '# code, hash of what qemu-user wrote.',
    `${size} ${names.join(' ')}`,
    ...lines,
    '',
  ].join('\n');
}

export function parseRecording(text: string): Recording {
  const [head = '', ...rest] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const [size, ...names] = head.split(' ');
  const programs = rest.map((line) => {
    const [seed = '', program = '', output = ''] = line.split(' ');
    return { seed: Number(seed), program, output };
  });
  return { size: Number(size), names, programs };
}
