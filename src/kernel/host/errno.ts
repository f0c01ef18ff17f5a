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

const NUMBERS = new Map<string, number>();
for (const [name, number] of Object.entries(ERRNO)) NUMBERS.set(name, -number);
for (const [alias, name] of Object.entries(ALIASES)) {
  if (!NUMBERS.has(alias)) NUMBERS.set(alias, -ERRNO[name]);
}

/** The negative errno of anything a Node call threw; EIO for what nobody foresaw. */
export function hostError(error: unknown): number {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return (typeof code === 'string' ? NUMBERS.get(code) : undefined) ?? -ERRNO.EIO;
}
