/** System V semaphores. */
import { E2BIG, EACCES, EFAULT, EINVAL, ERANGE } from '../../abi/errno.js';
import {
  GETALL,
  GETNCNT,
  GETPID,
  GETVAL,
  GETZCNT,
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SEMVMX,
  SEM_INFO,
  SEM_STAT,
  SEM_STAT_ANY,
  SETALL,
  SETVAL,
} from '../../abi/ipc.js';
import { sembuf, semidDs, seminfo } from '../../abi/structs/ipc.js';
import { type SemOperation, type SemaphoreSet, semget, semop } from '../../kernel/ipc/sem.js';
import type { Task } from '../../kernel/task.js';
import type { Blocking } from '../../kernel/wait.js';
import { ipcCommand, ownObject, permOf, putBytes, readOwner, statObject } from '../ipc.js';
import { sys } from '../row.js';
import { readDeadline } from '../times.js';

function semtimedop(
  task: Task,
  id: number,
  addr: number,
  count: number,
  timeout: number,
  wide: boolean,
): number | Blocking {
  if (count < 1 || id < 0) return -EINVAL;
  if (count > task.kernel.ipc.limits.semopm) return -E2BIG;
  const layout = sembuf.for(task.abi);
  const operations: SemOperation[] = [];
  for (let i = 0; i < count; i++) {
    const given = task.user.get(layout, addr + i * layout.size);
    if (given === undefined) return -EFAULT;
    operations.push({ number: given.sem_num, change: given.sem_op, flags: given.sem_flg });
  }
  const deadline = readDeadline(task, timeout, wide);
  return deadline < 0 ? deadline : semop(task, id, operations, deadline);
}

function putSet(task: Task, addr: number, set: SemaphoreSet, result: number): number {
  return putBytes(task, semidDs.for(task.abi), addr, result, {
    sem_perm: permOf(task, set),
    sem_otime: set.otime,
    sem_ctime: set.ctime,
    sem_nsems: set.values.length,
  });
}

/** IPC_INFO and SEM_INFO: the latter tells what is in use where the former has limits nobody keeps. */
function about(task: Task, addr: number, used: boolean): number {
  const { ipc } = task.kernel;
  const { semmsl, semmns, semmni, semopm } = ipc.limits;
  return putBytes(task, seminfo.for(task.abi), addr, ipc.semaphores.highest, {
    semmap: semmns,
    semmni,
    semmns,
    semmnu: semmns,
    semmsl,
    semopm,
    semume: semopm,
    semusz: used ? ipc.semaphores.count : 20,
    semvmx: SEMVMX,
    semaem: used ? ipc.semaphoreCount : SEMVMX,
  });
}

function getAll(task: Task, set: SemaphoreSet, addr: number): number {
  return set.values.every((value, i) => task.user.writeU16(addr + 2 * i, value)) ? 0 : -EFAULT;
}

function setAll(task: Task, set: SemaphoreSet, addr: number): number {
  const values: number[] = [];
  for (let i = 0; i < set.values.length; i++) {
    const value = task.user.readU16(addr + 2 * i);
    if (value === undefined) return -EFAULT;
    if (value > SEMVMX) return -ERANGE;
    values.push(value);
  }
  set.assign(0, values, task.process.pid);
  return 0;
}

/** The commands that are about one semaphore. */
function one(task: Task, set: SemaphoreSet, number: number, command: number, value: number): number {
  if (number < 0 || number >= set.values.length) return -EINVAL;
  switch (command) {
    case GETVAL:
      return set.values[number] as number;
    case GETPID:
      return set.pids[number] as number;
    case GETNCNT:
      return set.waiting(number, false);
    case GETZCNT:
      return set.waiting(number, true);
    default:
      set.assign(number, [value], task.process.pid);
      return 0;
  }
}

/** The int of union semun: the first bytes of the word it is passed in. */
function intOf(task: Task, argument: number): number {
  const first = !task.abi.littleEndian && task.abi.wordSize === 8;
  return (first ? Math.floor(argument / 0x1_0000_0000) : argument % 0x1_0000_0000) | 0;
}

function sysSemctl(task: Task, id: number, number: number, given: number, argument: number): number {
  const command = ipcCommand(task, given);
  if (command < 0 || id < 0) return -EINVAL;
  const { ipc } = task.kernel;
  const { semaphores } = ipc;
  switch (command) {
    case IPC_INFO:
    case SEM_INFO:
      return about(task, argument, command === SEM_INFO);
    case IPC_STAT: {
      const set = statObject(task, semaphores, id, 'id');
      return typeof set === 'number' ? set : putSet(task, argument, set, 0);
    }
    case SEM_STAT:
    case SEM_STAT_ANY: {
      const set = statObject(task, semaphores, id, command === SEM_STAT ? 'index' : 'any');
      return typeof set === 'number' ? set : putSet(task, argument, set, set.id);
    }
    case IPC_SET:
    case IPC_RMID: {
      const owner = command === IPC_SET ? readOwner(task, argument) : undefined;
      if (owner === -EFAULT) return -EFAULT;
      const set = ownObject(task, semaphores, id);
      if (typeof set === 'number') return set;
      if (typeof owner === 'object') set.setOwner(owner.uid, owner.gid, owner.mode, ipc.now());
      else set.remove();
      return 0;
    }
    case GETALL:
    case SETALL:
    case GETVAL:
    case GETPID:
    case GETNCNT:
    case GETZCNT:
    case SETVAL: {
      const value = intOf(task, argument);
      if (command === SETVAL && (value < 0 || value > SEMVMX)) return -ERANGE;
      const set = semaphores.find(id);
      if (typeof set === 'number') return set;
      const writes = command === SETALL || command === SETVAL;
      if (command === SETVAL && (number < 0 || number >= set.values.length)) return -EINVAL;
      if (set.access(task.cred, writes ? 0o222 : 0o444) < 0) return -EACCES;
      if (command === GETALL) return getAll(task, set, argument);
      if (command === SETALL) return setAll(task, set, argument);
      return one(task, set, number, command, value);
    }
    default:
      return -EINVAL;
  }
}

export const semaphores = {
  semget: sys(['key: int', 'nsems: int', 'semflg: int'], 'int', semget),
  semop: sys(['semid: int', 'sops: in sembuf', 'nsops: uint'], 'int', (t, id, at, count) =>
    semtimedop(t, id, at, count, 0, false),
  ),
  semtimedop: sys(
    ['semid: int', 'sops: in sembuf', 'nsops: uint', 'timeout: in timespec'],
    'int',
    (t, id, at, count, timeout) => semtimedop(t, id, at, count, timeout, false),
  ),
  semtimedop_time64: sys(
    ['semid: int', 'sops: in sembuf', 'nsops: uint', 'timeout: in timespec64'],
    'int',
    (t, id, at, count, timeout) => semtimedop(t, id, at, count, timeout, true),
  ),
  semctl: sys(['semid: int', 'semnum: int', 'cmd: int', 'arg: long'], 'int', sysSemctl),
};
