/** Resource limits (include/uapi/asm-generic/resource.h). Infinity is RLIM_INFINITY. */

export const RLIMIT = {
  CPU: 0,
  FSIZE: 1,
  DATA: 2,
  STACK: 3,
  CORE: 4,
  RSS: 5,
  NPROC: 6,
  NOFILE: 7,
  MEMLOCK: 8,
  AS: 9,
  LOCKS: 10,
  SIGPENDING: 11,
  MSGQUEUE: 12,
  NICE: 13,
  RTPRIO: 14,
  RTTIME: 15,
} as const;
export const RLIMIT_COUNT = 16;
/** Name of a limit by number, `RLIMIT_` left out. */
export const RLIMIT_NAMES = Object.keys(RLIMIT);

const MIB = 1 << 20;

export class ResourceLimits {
  readonly soft: number[];
  readonly hard: number[];

  constructor(soft: number[], hard: number[]) {
    this.soft = soft;
    this.hard = hard;
  }

  clone(): ResourceLimits {
    return new ResourceLimits(this.soft.slice(), this.hard.slice());
  }

  get nofile(): number {
    return this.soft[RLIMIT.NOFILE] as number;
  }

  get fsize(): number {
    return this.soft[RLIMIT.FSIZE] as number;
  }
}

/** Limits of the first process: Linux's own defaults (include/asm-generic/resource.h). */
export function defaultLimits(stack = 8 * MIB): ResourceLimits {
  const soft = Array.from({ length: RLIMIT_COUNT }, () => Infinity);
  const hard = soft.slice();
  const set = (which: number, softValue: number, hardValue: number): void => {
    soft[which] = softValue;
    hard[which] = hardValue;
  };
  set(RLIMIT.STACK, stack, Infinity);
  set(RLIMIT.CORE, 0, Infinity);
  set(RLIMIT.NPROC, 32768, 32768);
  set(RLIMIT.NOFILE, 1024, 1048576);
  set(RLIMIT.MEMLOCK, 8 * MIB, 8 * MIB);
  set(RLIMIT.SIGPENDING, 32768, 32768);
  set(RLIMIT.MSGQUEUE, 819200, 819200);
  set(RLIMIT.NICE, 0, 0);
  set(RLIMIT.RTPRIO, 0, 0);
  return new ResourceLimits(soft, hard);
}
