/** The reference: runs a program under qemu-user and takes what it writes. */
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { imageToElf } from './program.js';
import type { Image } from './program.js';

export interface Qemu {
  readonly command: string;
  readonly args: readonly string[];
}

/** Output of the program, or how it died, as text. `scratch` is a file to write the program to. */
export function runElf(qemu: Qemu, elf: Uint8Array, scratch: string): Uint8Array {
  writeFileSync(scratch, elf);
  chmodSync(scratch, 0o755);
  const result = spawnSync(qemu.command, [...qemu.args, scratch], { maxBuffer: 1 << 20, timeout: 20_000 });
  if (result.error !== undefined && result.signal === null) throw result.error;
  if (result.status === 0) return result.stdout;
  const death = `${qemu.command}: status ${result.status} ${result.signal ?? ''} ${result.stderr.toString()}`;
  return new TextEncoder().encode(death);
}

export function runQemu(qemu: Qemu, image: Image, scratch: string): Uint8Array {
  return runElf(qemu, imageToElf(image), scratch);
}

/** Major version of qemu, 0 when it cannot be run. */
export function qemuVersion(command: string): number {
  const result = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return Number(/version (\d+)/.exec(result.error === undefined ? result.stdout : '')?.[1] ?? 0);
}
