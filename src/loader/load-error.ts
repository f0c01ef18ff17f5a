import { errnoText } from '../abi/errno.js';

/**
 * A program that cannot be started. `errno` (positive) is what execve gives the guest; `message` says why in one
 * line, without the path.
 */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  readonly errno: number;

  constructor(errno: number, message: string = errnoText(errno)) {
    super(message);
    this.errno = errno;
  }
}
