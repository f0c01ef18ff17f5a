/** pidfd: a descriptor that stands for a process and becomes readable when it ends (pidfd_open(2)). */
import { O_RDWR } from '../abi/fcntl.js';
import { anonStat } from './anon.js';
import { OpenFile, POLLHUP, POLLIN, POLLRDNORM } from './file.js';
import type { FileStat } from './host/stat.js';
import type { Process } from './process.js';
import type { WaitQueue } from './wait.js';

export class PidFile extends OpenFile {
  readonly name = 'anon_inode:[pidfd]';
  readonly process: Process;

  constructor(process: Process, flags = 0) {
    super(O_RDWR | flags);
    this.process = process;
  }

  override get queue(): WaitQueue {
    return this.process.exitQueue;
  }

  override poll(): number {
    if (this.process.state === 'alive') return 0;
    return this.process.state === 'reaped' ? POLLIN | POLLRDNORM | POLLHUP : POLLIN | POLLRDNORM;
  }

  override get details(): string {
    const { state, pid } = this.process;
    const id = state === 'reaped' ? -1 : pid;
    return `Pid:\t${id}\nNSpid:\t${id}\n`;
  }

  stat(): FileStat {
    return anonStat();
  }
}
