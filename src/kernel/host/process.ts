/** This process: where it is, what it was given, and how it ends. */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { bytePath } from './path.js';

/** The current directory as a byte string. */
export function currentDirectory(): string {
  return bytePath(process.cwd());
}

/** A relative host path made absolute, as a byte string. */
export function absolutePath(path: string): string {
  const bytes = bytePath(path);
  return bytes.startsWith('/') ? bytes : `${currentDirectory()}/${bytes}`;
}

/** Text (arguments, environment) as a byte string: its UTF-8 bytes. */
export function byteText(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}

/**
 * Takes the process's umask away, so that modes the guest asks for arrive unchanged (the kernel applies the guest's own
 * umask). @returns what it was
 */
export function takeUmask(): number {
  return process.umask(0);
}

/** Our environment. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
