/** Sets of CPUs as the kernel writes them (lib/bitmap-str.c). */
import { hexPad } from '../util/hex.js';

/** The numbers of `count` CPUs. */
export function cpusUpTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, cpu) => cpu);
}

/** Ranges: 0-2,5. `cpus` in order. */
export function cpuList(cpus: readonly number[]): string {
  const ranges: string[] = [];
  for (let k = 0; k < cpus.length; k++) {
    const first = cpus[k] as number;
    while (cpus[k + 1] === (cpus[k] as number) + 1) k++;
    const last = cpus[k] as number;
    ranges.push(first === last ? String(first) : `${first}-${last}`);
  }
  return ranges.join();
}

/** Words of 32 bits in hexadecimal, the highest first. `cpus` in order. */
export function cpuMask(cpus: readonly number[]): string {
  const words = Array.from({ length: ((cpus[cpus.length - 1] ?? 0) >>> 5) + 1 }, () => 0);
  for (const cpu of cpus) words[cpu >>> 5] = (words[cpu >>> 5] as number) | (1 << (cpu & 31));
  const [first, ...rest] = words.reverse() as [number, ...number[]];
  return [(first >>> 0).toString(16), ...rest.map((word) => hexPad(word >>> 0, 8))].join();
}
