/** Pseudoterminals (pty(7)): a master that stands for the terminal, a slave that programs run on. */
import { EAGAIN, EFAULT, EINVAL, EIO, ENOTTY } from '../../abi/errno.js';
import { O_NOCTTY, S_IFCHR } from '../../abi/fcntl.js';
import { SIGCONT, SIGHUP, SIGTTIN, SIGTTOU, SIGWINCH } from '../../abi/signals.js';
import { termios, termios2, winsize } from '../../abi/structs/io.js';
import { IOCTLS, LFLAGS } from '../../abi/terminal.js';
import { OpenFile, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../file.js';
import { emptyStat, type FileStat, makeDevice } from '../host/stat.js';
import type { ControllingTerminal, ProcessGroup, Session } from '../process.js';
import { kernelInfo } from '../signal/info.js';
import { sendToGroup } from '../signal/send.js';
import type { Task } from '../task.js';
import type { FileSystem, Place, Who } from '../vfs/file-system.js';
import { claim, jobControl, packTermios, speedOf } from '../vfs/terminal.js';
import { type Blocking, WaitQueue } from '../wait.js';
import { LineDiscipline } from './discipline.js';
import { changesTerminal, checkForeground } from './foreground.js';

/** Documentation/admin-guide/devices.txt: Unix98 PTY slaves, and the multiplexer. */
const SLAVE_MAJOR = 136;
const TTYAUX_MAJOR = 5;
const PTMX_MINOR = 2;
const DEVPTS_DEV = 24;

/** All ptys of a kernel. */
export class PtyTable {
  readonly #ptys = new Map<number, Pty>();
  /** Numbers below this one may be the host's, which /dev/pts shows, too. */
  readonly #taken: (index: number) => boolean;

  constructor(taken: (index: number) => boolean) {
    this.#taken = taken;
  }

  get(index: number): Pty | undefined {
    return this.#ptys.get(index);
  }

  indices(): Iterable<number> {
    return this.#ptys.keys();
  }

  /** open("/dev/ptmx"): a new pair; its slave is locked until TIOCSPTLCK. */
  create(who: { readonly uid: number; readonly gid: number }, flags: number): PtyMaster {
    let index = 0;
    while (this.#ptys.has(index) || this.#taken(index)) index++;
    const pty = new Pty(this, index, who.uid);
    this.#ptys.set(index, pty);
    return new PtyMaster(pty, flags);
  }

  drop(pty: Pty): void {
    this.#ptys.delete(pty.index);
  }
}

export class Pty implements ControllingTerminal {
  session: Session | undefined;
  foreground: ProcessGroup | undefined;
  readonly table: PtyTable;
  readonly index: number;
  readonly discipline: LineDiscipline;
  readonly masterQueue = new WaitQueue();
  readonly slaveQueue = new WaitQueue();
  locked = true;
  masterOpen = true;
  slaves = 0;
  /** A slave was open once: the master reads EIO when none is left. */
  slaveSeen = false;
  size = { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
  mode = 0o620;
  uid: number;
  gid = 5;
  readonly #born = Math.floor(Date.now() / 1000);

  constructor(table: PtyTable, index: number, uid: number) {
    this.table = table;
    this.index = index;
    this.uid = uid;
    this.discipline = new LineDiscipline({
      signal: (signo) => {
        if (this.foreground !== undefined) sendToGroup(this.foreground, kernelInfo(signo));
      },
      input: () => this.slaveQueue.wake(),
      output: () => {
        this.masterQueue.wake(POLLIN | POLLRDNORM);
        this.slaveQueue.wake(POLLOUT | POLLWRNORM);
      },
    });
  }

  get path(): string {
    return `/dev/pts/${this.index}`;
  }

  fillStat(st: FileStat): void {
    const born = this.#born;
    Object.assign(st, emptyStat(), {
      dev: DEVPTS_DEV,
      ino: this.index + 3,
      mode: S_IFCHR | this.mode,
      nlink: 1,
      uid: this.uid,
      gid: this.gid,
      rdev: makeDevice(SLAVE_MAJOR, this.index),
      blksize: 1024,
      atime: born,
      mtime: born,
      ctime: born,
      btime: born,
    });
  }

  /** open(2) of the slave, by a task of whose session it may become the controlling terminal. */
  openSlave(
    task: Task | undefined,
    place: { readonly fs: FileSystem } & Place,
    flags: number,
  ): PtySlave | number {
    if (this.locked || !this.masterOpen) return -EIO;
    const process = task?.process;
    if (process !== undefined && (flags & O_NOCTTY) === 0) {
      const { session } = process;
      const leads = session.sid === process.pid && session.tty === undefined && this.session === undefined;
      if (leads) claim(this, session, process.group);
    }
    return new PtySlave(this, place, flags);
  }

  /** The master has gone: everybody on the slave is told. */
  hangUp(): void {
    this.masterOpen = false;
    this.table.drop(this);
    const { foreground, session } = this;
    if (session !== undefined) {
      session.tty = undefined;
      this.session = undefined;
    }
    this.foreground = undefined;
    if (foreground !== undefined) {
      sendToGroup(foreground, kernelInfo(SIGHUP));
      sendToGroup(foreground, kernelInfo(SIGCONT));
    }
    this.slaveQueue.wake();
  }

  setSize(task: Task, addr: number): number {
    const { user } = task;
    const size = user.get(winsize.for(user.model), addr);
    if (size === undefined) return -EFAULT;
    const { ws_row, ws_col, ws_xpixel, ws_ypixel } = this.size;
    const same =
      size.ws_row === ws_row &&
      size.ws_col === ws_col &&
      size.ws_xpixel === ws_xpixel &&
      size.ws_ypixel === ws_ypixel;
    this.size = { ...size };
    if (!same && this.foreground !== undefined) sendToGroup(this.foreground, kernelInfo(SIGWINCH));
    return 0;
  }

  /** Terminal ioctls that both ends answer alike. */
  ioctl(task: Task, request: number, arg: number): number {
    const { user } = task;
    const { discipline } = this;
    const done = (ok: boolean): number => (ok ? 0 : -EFAULT);
    switch (request >>> 0) {
      case IOCTLS.TCGETS:
        return done(user.put(termios.for(user.model), arg, packTermios(discipline.termios)));
      case IOCTLS.TCGETS2: {
        const speed = speedOf(discipline.termios.cflag);
        const values = { ...packTermios(discipline.termios), c_ispeed: speed, c_ospeed: speed };
        return done(user.put(termios2.for(user.model), arg, values));
      }
      case IOCTLS.TCSETS:
      case IOCTLS.TCSETSW:
      case IOCTLS.TCSETS2:
      case IOCTLS.TCSETSW2:
        return this.#setModes(task, arg, false);
      case IOCTLS.TCSETSF:
      case IOCTLS.TCSETSF2:
        return this.#setModes(task, arg, true);
      case IOCTLS.TIOCGWINSZ:
        return done(user.put(winsize.for(user.model), arg, this.size));
      case IOCTLS.TIOCSWINSZ:
        return this.setSize(task, arg);
      case IOCTLS.TCXONC:
        if (arg > 3) return -EINVAL;
        if (arg < 2) discipline.stopped = arg === 0;
        this.slaveQueue.wake(POLLOUT);
        return 0;
      case IOCTLS.TCSBRK:
      case IOCTLS.TCSBRKP:
      case IOCTLS.TIOCEXCL:
      case IOCTLS.TIOCNXCL:
        return 0;
      default:
        return jobControl(this, task, request, arg);
    }
  }

  #setModes(task: Task, arg: number, flush: boolean): number {
    const { user } = task;
    const values = user.get(termios.for(user.model), arg);
    if (values === undefined) return -EFAULT;
    if (flush) this.discipline.flushInput();
    this.discipline.setTermios({
      iflag: values.c_iflag,
      oflag: values.c_oflag,
      cflag: values.c_cflag,
      lflag: values.c_lflag,
      line: values.c_line,
      cc: values.c_cc,
    });
    return 0;
  }
}

export class PtyMaster extends OpenFile {
  readonly pty: Pty;
  readonly name = '/dev/ptmx';

  constructor(pty: Pty, flags: number) {
    super(flags);
    this.pty = pty;
  }

  override get queue(): WaitQueue {
    return this.pty.masterQueue;
  }

  override read(dst: Uint8Array): number {
    const { pty } = this;
    const n = pty.discipline.toMaster.take(dst);
    if (n > 0) {
      pty.slaveQueue.wake(POLLOUT | POLLWRNORM);
      return n;
    }
    return pty.slaves === 0 && pty.slaveSeen ? -EIO : -EAGAIN;
  }

  override write(src: Uint8Array): number {
    const { discipline } = this.pty;
    if (src.length === 0) return 0;
    const n = Math.min(src.length, discipline.inputRoom);
    if (n === 0) return -EAGAIN;
    discipline.receive(src.subarray(0, n));
    return n;
  }

  override poll(): number {
    const { pty } = this;
    let bits = pty.discipline.inputRoom > 0 ? POLLOUT | POLLWRNORM : 0;
    if (pty.discipline.toMaster.length > 0) bits |= POLLIN | POLLRDNORM;
    if (pty.slaves === 0 && pty.slaveSeen) bits |= POLLHUP;
    return bits;
  }

  stat(): FileStat {
    const st = emptyStat();
    Object.assign(st, {
      dev: DEVPTS_DEV,
      ino: 2,
      nlink: 1,
      mode: S_IFCHR | 0o666,
      rdev: makeDevice(TTYAUX_MAJOR, PTMX_MINOR),
    });
    return st;
  }

  override ioctl(task: Task, request: number, arg: number): number | Blocking {
    const { pty } = this;
    const { user } = task;
    switch (request >>> 0) {
      case IOCTLS.TIOCGPTN:
        return user.writeI32(arg, pty.index) ? 0 : -EFAULT;
      case IOCTLS.TIOCSPTLCK: {
        const lock = user.readI32(arg);
        if (lock === undefined) return -EFAULT;
        pty.locked = lock !== 0;
        return 0;
      }
      case IOCTLS.TIOCGPTPEER:
        return this.#openPeer(task, arg);
      case IOCTLS.TIOCINQ:
        return user.writeI32(arg, pty.discipline.toMaster.length) ? 0 : -EFAULT;
      case IOCTLS.TIOCOUTQ:
        return user.writeI32(arg, 0) ? 0 : -EFAULT;
      case IOCTLS.TCFLSH:
        pty.discipline.toMaster.clear();
        return 0;
      case IOCTLS.TIOCGPGRP:
        // The master may ask although it is not its own terminal.
        return user.writeI32(arg, pty.foreground?.pgid ?? 0) ? 0 : -EFAULT;
      case IOCTLS.TIOCGSID:
        return pty.session === undefined ? -ENOTTY : user.writeI32(arg, pty.session.sid) ? 0 : -EFAULT;
      default:
        return pty.ioctl(task, request, arg);
    }
  }

  #openPeer(task: Task, flags: number): number {
    const place = task.kernel.vfs.resolver.resolve(task, undefined, this.pty.path, 0);
    if (typeof place === 'number') return place;
    const file = this.pty.openSlave(task, place, flags);
    if (typeof file === 'number') return file;
    const fd = task.files.install(file, (flags & 0o2000000) !== 0, task.process.limits.nofile);
    if (fd < 0) file.release();
    return fd;
  }

  protected override onClose(): number {
    this.pty.hangUp();
    return 0;
  }
}

export class PtySlave extends OpenFile {
  readonly pty: Pty;
  readonly place: Place;

  constructor(pty: Pty, place: Place, flags: number) {
    super(flags);
    this.pty = pty;
    this.place = place;
    pty.slaves++;
    pty.slaveSeen = true;
  }

  get name(): string {
    return this.pty.masterOpen ? this.pty.path : `${this.pty.path} (deleted)`;
  }
  override get queue(): WaitQueue {
    return this.pty.slaveQueue;
  }

  override read(dst: Uint8Array, _offset: number, task: Task): number {
    const { pty } = this;
    const stopped = checkForeground(pty, task, SIGTTIN);
    if (stopped < 0) return stopped;
    const n = pty.discipline.read(dst);
    if (n >= 0) {
      pty.masterQueue.wake(POLLOUT | POLLWRNORM);
      return n;
    }
    return pty.masterOpen ? -EAGAIN : 0;
  }

  /** Nanoseconds a read may wait, and what it answers then (VTIME). */
  patience(writes: boolean): number {
    return writes ? Infinity : this.pty.discipline.patience;
  }
  readonly lateResult = 0;

  override write(src: Uint8Array, _offset: number, task: Task): number {
    const { pty } = this;
    if (!pty.masterOpen) return -EIO;
    if ((pty.discipline.termios.lflag & LFLAGS.TOSTOP) !== 0) {
      const stopped = checkForeground(pty, task, SIGTTOU);
      if (stopped < 0) return stopped;
    }
    const n = pty.discipline.write(src);
    return n === 0 && src.length > 0 ? -EAGAIN : n;
  }

  override poll(): number {
    const { pty } = this;
    if (!pty.masterOpen) return POLLIN | POLLOUT | POLLHUP | POLLRDNORM | POLLWRNORM;
    let bits = pty.discipline.readable ? POLLIN | POLLRDNORM : 0;
    if (pty.discipline.outputRoom > 0) bits |= POLLOUT | POLLWRNORM;
    return bits;
  }

  stat(): FileStat {
    const st = emptyStat();
    this.pty.fillStat(st);
    return st;
  }

  override ioctl(task: Task, request: number, arg: number): number {
    const { pty } = this;
    if (!pty.masterOpen) return -EIO;
    const { user } = task;
    if (changesTerminal(request)) {
      const stopped = checkForeground(pty, task, SIGTTOU);
      if (stopped < 0) return stopped;
    }
    switch (request >>> 0) {
      case IOCTLS.TIOCINQ:
        return user.writeI32(arg, pty.discipline.available) ? 0 : -EFAULT;
      case IOCTLS.TIOCOUTQ:
        return user.writeI32(arg, pty.discipline.toMaster.length) ? 0 : -EFAULT;
      case IOCTLS.TCFLSH:
        if (arg > 2) return -EINVAL;
        if (arg !== 1) pty.discipline.flushInput();
        if (arg !== 0) pty.discipline.toMaster.clear();
        return 0;
      default:
        return pty.ioctl(task, request, arg);
    }
  }

  reopen(who: Who, flags: number): OpenFile | number {
    const task = who.tid === undefined ? undefined : who.kernel?.tasks.get(who.tid);
    return this.pty.openSlave(task, this.place, flags | O_NOCTTY);
  }

  protected override onClose(): number {
    const { pty } = this;
    if (--pty.slaves === 0) pty.masterQueue.wake(POLLHUP | POLLIN);
    return 0;
  }
}
