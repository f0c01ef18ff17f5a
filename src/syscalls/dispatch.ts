/** From a call number to its handler. */
import type { Abi } from '../abi/abi.js';
import { ENOSYS } from '../abi/errno.js';
import type { SyscallPort } from '../kernel/scheduler.js';
import type { Task } from '../kernel/task.js';
import type { Blocking } from '../kernel/wait.js';
import type { Row, Rows } from './row.js';
import { makeThunk, type Thunk } from './thunk.js';

export interface SyscallTable {
  readonly abi: Abi;
  /** Thunks by number, made at the first call; ARM's private numbers (0x0f0000 and up) are in `far`. */
  readonly near: (Thunk | undefined)[];
  readonly far: Map<number, Thunk>;
  /** Word of the CPU block that holds the number. */
  readonly numberWord: number;
}

const NEAR = 1024;

export class Dispatcher implements SyscallPort {
  readonly rows: Rows;
  readonly #tables = new Map<Abi, SyscallTable>();
  #last: SyscallTable | undefined;
  /** Calls made, for --stats. */
  calls = 0;

  constructor(rows: Rows) {
    this.rows = rows;
  }

  call(task: Task): number | Blocking {
    this.calls++;
    const table = this.#last?.abi === task.abi ? this.#last : this.#tableOf(task.abi);
    const number = (task.cpu.r[table.numberWord] as number) >>> 0;
    const thunk = number < NEAR ? table.near[number] : table.far.get(number);
    return thunk === undefined ? this.#first(task, table, number) : thunk(task);
  }

  /** Row of a call number, undefined when it is not implemented (or does not exist). */
  rowOf(abi: Abi, number: number): Row | undefined {
    const name = abi.syscallName(number);
    return name === undefined ? undefined : this.rows[name];
  }

  #tableOf(abi: Abi): SyscallTable {
    let table = this.#tables.get(abi);
    if (table === undefined) {
      const near = new Array<Thunk | undefined>(NEAR).fill(undefined);
      table = { abi, near, far: new Map<number, Thunk>(), numberWord: abi.registers.number * 2 };
      this.#tables.set(abi, table);
    }
    this.#last = table;
    return table;
  }

  #first(task: Task, { abi, near, far }: SyscallTable, number: number): number | Blocking {
    const row = this.rowOf(abi, number);
    if (row === undefined) return -ENOSYS;
    const thunk = makeThunk(row, abi);
    if (number < NEAR) near[number] = thunk;
    else far.set(number, thunk);
    return thunk(task);
  }
}
