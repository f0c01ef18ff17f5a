/**
 * Node error → negative Linux errno. The only place where an exception of the host becomes a guest error.
 *
 * The code string decides, never the number: errno numbers differ between hosts, codes do not. Errors are recognised by
 * their `.code`, not by `instanceof`, which fails across realms.
 */
import { ERRNO, type ErrnoName } from '../../abi/errno.js';

/** Codes of libuv (uv.h, UV_ERRNO_MAP), Node and Windows that Linux spells otherwise. */
const ALIASES: Record<string, ErrnoName> = {
  ENOTSUP: 'EOPNOTSUPP',
  EOF: 'EIO',
  UNKNOWN: 'EIO',
  ECHARSET: 'EILSEQ',
  EFTYPE: 'EINVAL',
  ENOATTR: 'ENODATA',
  EAI_MEMORY: 'ENOMEM',
  ERR_INVALID_ARG_VALUE: 'EINVAL',
  ERR_INVALID_ARG_TYPE: 'EINVAL',
  ERR_OUT_OF_RANGE: 'EINVAL',
  ERR_FS_FILE_TOO_LARGE: 'EFBIG',
  ERR_FS_EISDIR: 'EISDIR',
  ERR_ACCESS_DENIED: 'EACCES',
};

/** The negative errno of anything a Node call threw; EIO for what nobody foresaw. */
export function hostError(error: unknown): number {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== 'string') return -ERRNO.EIO;
  const name = Object.hasOwn(ERRNO, code) ? (code as ErrnoName) : ALIASES[code];
  return -ERRNO[name ?? 'EIO'];
}
