/**
 * Guest paths to host paths and back. Inside the kernel a path is a *byte string*: one char (0..255) per byte, never
 * decoded, so that any file name Linux allows survives. Only the host door turns it into what Node wants.
 */
import { Buffer } from 'node:buffer';
import process from 'node:process';

const NOT_ASCII = /[^\x00-\x7f]/;
const WINDOWS = process.platform === 'win32';

/** What Node's fs takes for byte string `path`: itself when ASCII, else its bytes. On Windows `/c/dir` means `C:/dir`. */
export function nodePath(path: string): string | Buffer {
  const host = WINDOWS ? windowsPath(path) : path;
  return NOT_ASCII.test(host) ? Buffer.from(host, 'latin1') : host;
}

function windowsPath(path: string): string {
  const drive = /^\/([a-zA-Z])(?=\/|$)/.exec(path);
  return drive === null ? path : `${(drive[1] as string).toUpperCase()}:${path.slice(2) || '/'}`;
}

/** The byte string of a path Node gave as a JavaScript string (argv, cwd, environment). */
export function bytePath(path: string): string {
  const slashed = WINDOWS
    ? path.replace(/\\/g, '/').replace(/^([a-zA-Z]):/, (_all, drive: string) => `/${drive.toLowerCase()}`)
    : path;
  return NOT_ASCII.test(slashed) ? Buffer.from(slashed, 'utf8').toString('latin1') : slashed;
}

/** A byte string as text for people: UTF-8 decoded, undecodable bytes replaced. */
export function displayPath(path: string): string {
  return NOT_ASCII.test(path) ? Buffer.from(path, 'latin1').toString('utf8') : path;
}
