/**
 * A terminal of the host as the guest's programs drive it: modes, size, job control. One object per device, shared by
 * all descriptors on it. The host's line discipline does the work; what is set here is set there (host/tty.ts).
 */
import { EFAULT, EINVAL, EIO, ENOTTY, EPERM, ESRCH } from '../../abi/errno.js';
import { SIGTTOU } from '../../abi/signals.js';
import { termios, termios2, winsize } from '../../abi/structs/io.js';
import { CC, IOCTLS, LFLAGS } from '../../abi/terminal.js';
import { readModes, setWindowSize, type Termios, windowSize, writeModes } from '../host/tty.js';
import type { ControllingTerminal, ProcessGroup, Session } from '../process.js';
import type { Task } from '../task.js';
import { changesTerminal, checkForeground } from '../tty/foreground.js';

/** What a terminal's ioctls need of the descriptor they came through. */
export interface TerminalFile {
  readonly pendingBytes: number;
  dropInput(): void;
  flags: number;
}

const TCIFLUSH = 0;
const TCIOFLUSH = 2;
/** Baud rates of CBAUD 0…15 and CBAUDEX | 1… (asm-generic/termbits.h). */
const SPEEDS = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const FAST_SPEEDS = [
  0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000,
  3000000, 3500000, 4000000,
];
const CBAUDEX = 0o10000;

/** Baud rate that cflag stands for. */
export function speedOf(cflag: number): number {
  const table = (cflag & CBAUDEX) !== 0 ? FAST_SPEEDS : SPEEDS;
  return table[cflag & 15] as number;
}

export class Terminal implements ControllingTerminal {
  session: Session | undefined;
  foreground: ProcessGroup | undefined;
  readonly #fd: number;
  #modes: Termios | undefined;

  /** @param fd a host descriptor on it */
  constructor(fd: number) {
    this.#fd = fd;
  }

  get modes(): Termios {
    return (this.#modes ??= readModes(this.#fd));
  }

  /** A read without input answers 0 at once (VMIN = VTIME = 0 in raw mode). */
  get readsNothing(): boolean {
    const modes = this.#modes;
    return (
      modes !== undefined &&
      (modes.lflag & LFLAGS.ICANON) === 0 &&
      modes.cc[CC.VMIN] === 0 &&
      modes.cc[CC.VTIME] === 0
    );
  }

  /** Job control of a write: stops who is in the background, if TOSTOP is set. @returns 0: go on */
  checkWrite(task: Task): number {
    const { foreground } = this;
    if (foreground === undefined || foreground === task.process.group) return 0;
    return (this.modes.lflag & LFLAGS.TOSTOP) === 0 ? 0 : checkForeground(this, task, SIGTTOU);
  }

  ioctl(task: Task, request: number, arg: number, file: TerminalFile): number {
    const { user } = task;
    if (changesTerminal(request)) {
      const stopped = checkForeground(this, task, SIGTTOU);
      if (stopped < 0) return stopped;
    }
    const { modes } = this;
    switch (request >>> 0) {
      case IOCTLS.TCGETS:
        return user.put(termios.for(user.model), arg, packTermios(modes)) ? 0 : -EFAULT;
      case IOCTLS.TCGETS2: {
        const speed = speedOf(modes.cflag);
        const values = { ...packTermios(modes), c_ispeed: speed, c_ospeed: speed };
        return user.put(termios2.for(user.model), arg, values) ? 0 : -EFAULT;
      }
      case IOCTLS.TCSETSF:
      case IOCTLS.TCSETSF2:
        file.dropInput();
        return this.#setModes(task, arg);
      case IOCTLS.TCSETS:
      case IOCTLS.TCSETSW:
      case IOCTLS.TCSETS2:
      case IOCTLS.TCSETSW2:
        return this.#setModes(task, arg);
      case IOCTLS.TIOCGWINSZ: {
        const { rows, columns } = windowSize(this.#fd);
        return user.put(winsize.for(user.model), arg, { ws_row: rows, ws_col: columns }) ? 0 : -EFAULT;
      }
      case IOCTLS.TIOCSWINSZ: {
        const size = user.get(winsize.for(user.model), arg);
        if (size === undefined) return -EFAULT;
        return setWindowSize(this.#fd, { rows: size.ws_row, columns: size.ws_col });
      }
      case IOCTLS.TIOCINQ:
        return user.writeI32(arg, file.pendingBytes) ? 0 : -EFAULT;
      case IOCTLS.TIOCOUTQ:
        return user.writeI32(arg, 0) ? 0 : -EFAULT;
      case IOCTLS.TCFLSH:
        if (arg > TCIOFLUSH) return -EINVAL;
        if (arg === TCIFLUSH || arg === TCIOFLUSH) file.dropInput();
        return 0;
      case IOCTLS.TCXONC:
        return arg <= 3 ? 0 : -EINVAL;
      case IOCTLS.TCSBRK:
      case IOCTLS.TCSBRKP:
      case IOCTLS.TIOCEXCL:
      case IOCTLS.TIOCNXCL:
        return 0;
      default:
        return jobControl(this, task, request, arg);
    }
  }

  #setModes(task: Task, arg: number): number {
    const { user } = task;
    const values = user.get(termios.for(user.model), arg);
    if (values === undefined) return -EFAULT;
    const next: Termios = {
      iflag: values.c_iflag,
      oflag: values.c_oflag,
      cflag: values.c_cflag,
      lflag: values.c_lflag,
      line: values.c_line,
      cc: values.c_cc,
    };
    const error = sameModes(this.modes, next) ? 0 : writeModes(this.#fd, next);
    if (error === 0) this.#modes = next;
    return error;
  }
}

/** The fields of struct termios. */
export function packTermios(modes: Termios): {
  c_iflag: number;
  c_oflag: number;
  c_cflag: number;
  c_lflag: number;
  c_line: number;
  c_cc: Uint8Array;
} {
  return {
    c_iflag: modes.iflag,
    c_oflag: modes.oflag,
    c_cflag: modes.cflag,
    c_lflag: modes.lflag,
    c_line: modes.line,
    c_cc: modes.cc,
  };
}

function sameModes(a: Termios, b: Termios): boolean {
  return (
    a.iflag === b.iflag &&
    a.oflag === b.oflag &&
    a.cflag === b.cflag &&
    a.lflag === b.lflag &&
    a.cc.every((value, i) => value === b.cc[i])
  );
}

/**
 * Sessions and foreground groups (tty_ioctl(2)), the same for host terminals and ptys. A host terminal that no guest
 * session has claimed belongs to the first process's session: it was started from there.
 */
export function jobControl(tty: ControllingTerminal, task: Task, request: number, arg: number): number {
  const { user, process } = task;
  const { session } = process;
  switch (request >>> 0) {
    case IOCTLS.TIOCGPGRP: {
      if (session.tty !== tty) return -ENOTTY;
      return user.writeI32(arg, tty.foreground?.pgid ?? 0) ? 0 : -EFAULT;
    }
    case IOCTLS.TIOCSPGRP: {
      if (session.tty !== tty) return -ENOTTY;
      const pgid = user.readI32(arg);
      if (pgid === undefined) return -EFAULT;
      if (pgid < 0) return -EINVAL;
      const group = session.groups.get(pgid);
      if (group === undefined) return task.kernel.groups.has(pgid) ? -EPERM : -ESRCH;
      tty.foreground = group;
      return 0;
    }
    case IOCTLS.TIOCGSID:
      if (session.tty !== tty) return -ENOTTY;
      return user.writeI32(arg, session.sid) ? 0 : -EFAULT;
    case IOCTLS.TIOCSCTTY: {
      if (session.sid !== process.pid) return session.tty === tty ? 0 : -EPERM;
      if (session.tty === tty) return 0;
      if (session.tty !== undefined) return -EPERM;
      if (tty.session !== undefined && tty.session !== session) {
        if (arg !== 1 || !task.cred.privileged) return -EPERM;
        tty.session.tty = undefined;
      }
      claim(tty, session, process.group);
      return 0;
    }
    case IOCTLS.TIOCNOTTY:
      if (session.tty !== tty) return -ENOTTY;
      if (session.sid === process.pid) {
        session.tty = undefined;
        tty.session = undefined;
        tty.foreground = undefined;
      }
      return 0;
    case IOCTLS.TIOCSTI:
      return -EIO;
    default:
      return -ENOTTY;
  }
}

/** Makes `tty` the controlling terminal of `session`. */
export function claim(tty: ControllingTerminal, session: Session, group: ProcessGroup): void {
  session.tty = tty;
  tty.session = session;
  tty.foreground = group;
}
