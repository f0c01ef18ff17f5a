/**
 * The standard line discipline (drivers/tty/n_tty.c, termios(3)): editing and signals on the way in, newline and tab
 * handling on the way out. Bytes come from a master and go back to it; a reader takes lines or raw bytes.
 */
import { CC, CFLAGS, IFLAGS, LFLAGS, OFLAGS } from '../../abi/terminal.js';
import { SIGINT, SIGQUIT, SIGTSTP } from '../../abi/signals.js';
import { standardTermios, type Termios } from '../host/tty.js';
import { ByteQueue } from './byte-queue.js';

/** Bytes a line or the raw buffer holds (N_TTY_BUF_SIZE). */
const BUFFER = 4096;
/** Bytes towards the master before a writer has to wait. */
const OUTPUT = 8192;
/** VDISABLE: the function is off. */
const DISABLED = 0;
const TAB_STOP = 8;
const [BS, TAB, NL, CR, SPACE, BEL, DEL] = [8, 9, 10, 13, 32, 7, 127];
const TABDLY = 0o14000;
const XTABS = 0o14000;

export interface DisciplineEvents {
  /** A character asks for a signal to the foreground group. */
  signal(signo: number): void;
  /** There is something to read, or what was read made room. */
  input(): void;
  /** Output for the master has come, or stopped output goes on. */
  output(): void;
}

export class LineDiscipline {
  termios: Termios = standardTermios();
  readonly #events: DisciplineEvents;
  /** Complete lines (canonical) or all input (raw). */
  readonly #ready = new ByteQueue();
  /** Lengths of the lines in `#ready`; a line ended by EOF does not hold that character. */
  #lines: number[] = [];
  /** The line being edited. */
  readonly #line = new ByteQueue();
  readonly toMaster = new ByteQueue();
  #column = 0;
  /** Column at which the line being edited began. */
  #lineColumn = 0;
  #literal = false;
  /** Output is stopped by ^S (or TCOOFF). */
  stopped = false;

  constructor(events: DisciplineEvents) {
    this.#events = events;
  }

  #isCanonical(): boolean {
    return (this.termios.lflag & LFLAGS.ICANON) !== 0;
  }

  #is(which: keyof typeof CC, byte: number): boolean {
    return byte !== DISABLED && this.termios.cc[CC[which]] === byte;
  }

  // ---- towards the program ----

  /** Bytes that `receive` would take now. */
  get inputRoom(): number {
    return this.#isCanonical() && this.#ready.length === 0
      ? BUFFER
      : Math.max(0, BUFFER - this.#ready.length);
  }

  /** Typed bytes. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#receiveByte(byte);
    this.#events.input();
    if (this.toMaster.length > 0) this.#events.output();
  }

  #receiveByte(typed: number): void {
    const { iflag, lflag } = this.termios;
    let byte = (iflag & IFLAGS.ISTRIP) !== 0 ? typed & 0x7f : typed;
    if (this.#literal) {
      this.#literal = false;
      this.#store(byte);
      return;
    }
    if ((iflag & IFLAGS.IXON) !== 0 && this.#flowControl(byte)) return;
    if ((lflag & LFLAGS.ISIG) !== 0 && this.#signalChar(byte)) return;
    if (byte === CR) {
      if ((iflag & IFLAGS.IGNCR) !== 0) return;
      if ((iflag & IFLAGS.ICRNL) !== 0) byte = NL;
    } else if (byte === NL && (iflag & IFLAGS.INLCR) !== 0) byte = CR;
    if (this.#isCanonical()) this.#edit(byte);
    else this.#store(byte);
  }

  #flowControl(byte: number): boolean {
    if (this.#is('VSTART', byte)) {
      this.stopped = false;
      this.#events.output();
      return true;
    }
    if (this.#is('VSTOP', byte)) {
      this.stopped = true;
      return true;
    }
    if (this.stopped && (this.termios.iflag & IFLAGS.IXANY) !== 0) {
      this.stopped = false;
      this.#events.output();
    }
    return false;
  }

  #signalChar(byte: number): boolean {
    let signo: number;
    if (this.#is('VINTR', byte)) signo = SIGINT;
    else if (this.#is('VQUIT', byte)) signo = SIGQUIT;
    else if (this.#is('VSUSP', byte)) signo = SIGTSTP;
    else return false;
    if ((this.termios.lflag & LFLAGS.NOFLSH) === 0) {
      this.flushInput();
      this.toMaster.clear();
    }
    this.stopped = false;
    if ((this.termios.lflag & LFLAGS.ECHO) !== 0) this.#echo(byte);
    this.#events.signal(signo);
    return true;
  }

  #edit(byte: number): void {
    const { lflag } = this.termios;
    const extended = (lflag & LFLAGS.IEXTEN) !== 0;
    if (this.#is('VERASE', byte)) this.#erase('char');
    else if (this.#is('VKILL', byte)) this.#erase('line');
    else if (extended && this.#is('VWERASE', byte)) this.#erase('word');
    else if (extended && this.#is('VLNEXT', byte)) {
      this.#literal = true;
      if ((lflag & LFLAGS.ECHO) !== 0 && (lflag & LFLAGS.ECHOCTL) !== 0) {
        this.#raw(0x5e);
        this.#raw(BS);
      }
    } else if (extended && this.#is('VREPRINT', byte)) this.#reprint(byte);
    else if (byte === NL) {
      if ((lflag & (LFLAGS.ECHO | LFLAGS.ECHONL)) !== 0) this.#put(NL);
      this.#line.push(NL);
      this.#finishLine();
    } else if (this.#is('VEOF', byte)) this.#finishLine();
    else if (this.#is('VEOL', byte) || (extended && this.#is('VEOL2', byte))) {
      if ((lflag & LFLAGS.ECHO) !== 0) this.#echo(byte);
      this.#line.push(byte);
      this.#finishLine();
    } else this.#store(byte);
  }

  #finishLine(): void {
    const bytes = new Uint8Array(this.#line.length);
    this.#line.take(bytes);
    this.#ready.append(bytes);
    this.#lines.push(bytes.length);
  }

  /** A plain byte of input. */
  #store(byte: number): void {
    const { lflag, iflag } = this.termios;
    if (this.#isCanonical()) {
      if (this.#line.length >= BUFFER - 1) {
        if ((iflag & IFLAGS.IMAXBEL) !== 0) this.#raw(BEL);
        return;
      }
      if (this.#line.length === 0) this.#lineColumn = this.#column;
      this.#line.push(byte);
    } else {
      if (this.#ready.length >= BUFFER) return;
      this.#ready.push(byte);
    }
    if ((lflag & LFLAGS.ECHO) !== 0) this.#echo(byte);
    else if (byte === NL && (lflag & LFLAGS.ECHONL) !== 0 && this.#isCanonical()) this.#put(NL);
  }

  /** ^X for control characters where ECHOCTL says so, else the byte itself. */
  #echo(byte: number): void {
    const control = byte < SPACE ? byte !== TAB && byte !== NL : byte === DEL;
    if (control && (this.termios.lflag & LFLAGS.ECHOCTL) !== 0) {
      this.#put(0x5e);
      this.#put(byte ^ 0x40);
    } else this.#put(byte);
  }

  /** Columns the last character of the line takes. */
  #width(index: number): number {
    const byte = this.#line.at(index);
    if (byte === TAB) {
      let column = this.#lineColumn;
      for (let i = 0; i < index; i++)
        column += this.#line.at(i) === TAB ? TAB_STOP - (column % TAB_STOP) : this.#width(i);
      return TAB_STOP - (column % TAB_STOP);
    }
    if (byte < SPACE || byte === DEL) return (this.termios.lflag & LFLAGS.ECHOCTL) !== 0 ? 2 : 0;
    return this.#isContinuation(byte) ? 0 : 1;
  }

  #isContinuation(byte: number): boolean {
    return (this.termios.iflag & IFLAGS.IUTF8) !== 0 && (byte & 0xc0) === 0x80;
  }

  #erase(what: 'char' | 'word' | 'line'): void {
    const line = this.#line;
    const { lflag } = this.termios;
    const echo = (lflag & LFLAGS.ECHO) !== 0;
    if (what === 'line' && (lflag & LFLAGS.ECHOKE) === 0) {
      line.clear();
      if (echo) {
        this.#echo(this.termios.cc[CC.VKILL] as number);
        if ((lflag & LFLAGS.ECHOK) !== 0) this.#put(NL);
      }
      return;
    }
    let seenWord = false;
    while (line.length > 0) {
      let last = line.length - 1;
      while (last > 0 && this.#isContinuation(line.at(last))) last--;
      const byte = line.at(last);
      if (what === 'word') {
        const inWord = byte >= 0x80 || /[A-Za-z0-9_]/.test(String.fromCharCode(byte));
        if (seenWord && !inWord) break;
        seenWord ||= inWord;
      }
      const width = this.#width(last);
      while (line.length > last) line.pop();
      if (echo) {
        if ((lflag & LFLAGS.ECHOE) !== 0)
          for (let i = 0; i < width; i++) for (const b of [BS, SPACE, BS]) this.#raw(b);
        else this.#echo(this.termios.cc[CC.VERASE] as number);
      }
      if (what === 'char') break;
    }
  }

  #reprint(byte: number): void {
    if ((this.termios.lflag & LFLAGS.ECHO) === 0) return;
    this.#echo(byte);
    this.#put(NL);
    for (let i = 0; i < this.#line.length; i++) this.#echo(this.#line.at(i));
  }

  /** Bytes a raw read waits for: VMIN, or 1 where a timer runs between bytes. */
  get #minimum(): number {
    return this.termios.cc[CC.VTIME] === 0 ? Math.max(1, this.termios.cc[CC.VMIN] as number) : 1;
  }

  /** A read would answer at once with data. */
  get readable(): boolean {
    if (this.#isCanonical()) return this.#lines.length > 0 || this.#ready.length > 0;
    return this.#ready.length + this.#line.length >= this.#minimum;
  }

  /** Bytes that can be read at once (FIONREAD). */
  get available(): number {
    return this.#isCanonical() ? (this.#lines[0] ?? this.#ready.length) : this.#ready.length;
  }

  /** How long a raw read may wait, in nanoseconds: VTIME where VMIN is 0. */
  get patience(): number {
    if (this.#isCanonical() || this.termios.cc[CC.VMIN] !== 0) return Infinity;
    return (this.termios.cc[CC.VTIME] as number) * 1e8;
  }

  /** @returns bytes (0 is end of file), or -1 when there is nothing yet */
  read(dst: Uint8Array): number {
    if (!this.readable) return this.patience === 0 ? 0 : -1;
    if (!this.#isCanonical()) {
      const n = this.#ready.take(dst);
      this.#lines = [];
      return n;
    }
    const length = this.#lines[0] ?? this.#ready.length;
    const n = this.#ready.take(dst.subarray(0, Math.min(dst.length, length)));
    if (n === length) this.#lines.shift();
    else this.#lines[0] = length - n;
    return n;
  }

  /** Forgets input that nobody has read (TCIFLUSH). */
  flushInput(): void {
    this.#ready.clear();
    this.#line.clear();
    this.#lines = [];
  }

  setTermios(termios: Termios): void {
    const wasCanonical = this.#isCanonical();
    this.termios = termios;
    if (wasCanonical && !this.#isCanonical()) {
      // What was typed of a line is input now.
      const rest = new Uint8Array(this.#line.length);
      this.#line.take(rest);
      this.#ready.append(rest);
      this.#lines = [];
    } else if (!wasCanonical && this.#isCanonical() && this.#ready.length > 0)
      this.#lines = [this.#ready.length];
    if ((termios.iflag & IFLAGS.IXON) === 0) this.stopped = false;
    this.#events.input();
  }

  // ---- towards the master ----

  get outputRoom(): number {
    return this.stopped ? 0 : Math.max(0, OUTPUT - this.toMaster.length);
  }

  /** Output of a program. @returns bytes taken */
  write(src: Uint8Array): number {
    let done = 0;
    if ((this.termios.oflag & OFLAGS.OPOST) === 0) {
      done = Math.min(src.length, this.outputRoom);
      this.toMaster.append(src.subarray(0, done));
    } else while (done < src.length && this.outputRoom > 0) this.#put(src[done++] as number);
    if (done > 0) this.#events.output();
    return done;
  }

  #raw(byte: number): void {
    this.toMaster.push(byte);
    if (byte === BS && this.#column > 0) this.#column--;
    else if (byte >= SPACE && byte !== DEL) this.#column++;
  }

  /** One byte through output processing (do_output_char). */
  #put(byte: number): void {
    const { oflag } = this.termios;
    if ((oflag & OFLAGS.OPOST) === 0) {
      this.toMaster.push(byte);
      return;
    }
    switch (byte) {
      case NL:
        if ((oflag & OFLAGS.ONLRET) !== 0) this.#column = 0;
        if ((oflag & OFLAGS.ONLCR) !== 0) {
          this.#column = 0;
          this.toMaster.push(CR);
        }
        this.toMaster.push(NL);
        return;
      case CR:
        if ((oflag & OFLAGS.ONOCR) !== 0 && this.#column === 0) return;
        if ((oflag & OFLAGS.OCRNL) !== 0) {
          this.toMaster.push(NL);
          return;
        }
        this.#column = 0;
        this.toMaster.push(CR);
        return;
      case TAB: {
        const width = TAB_STOP - (this.#column % TAB_STOP);
        this.#column += width;
        if ((oflag & TABDLY) === XTABS) for (let i = 0; i < width; i++) this.toMaster.push(SPACE);
        else this.toMaster.push(TAB);
        return;
      }
      default:
        if ((oflag & OFLAGS.OLCUC) !== 0 && byte >= 0x61 && byte <= 0x7a) this.#raw(byte - 32);
        else this.#raw(byte);
    }
  }

  /** HUPCL and the like need a modem; kept for programs that look at them. */
  get hangsUp(): boolean {
    return (this.termios.cflag & CFLAGS.HUPCL) !== 0;
  }
}
