/** What this process was given: paths and text as byte strings. */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { bytePath } from './path.js';
import { currentDirectory } from './system.js';

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

/** Our environment. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
