/** System V message queues. */
import { EFAULT, EINVAL, EPERM } from '../../abi/errno.js';
import { IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT, MSG_INFO, MSG_STAT, MSG_STAT_ANY } from '../../abi/ipc.js';
import { msginfo, msqidDs } from '../../abi/structs/ipc.js';
import { type MessageQueue, checkReceive, msgget, queueFor } from '../../kernel/ipc/msg.js';
import type { Task } from '../../kernel/task.js';
import type { Blocking } from '../../kernel/wait.js';
import { ipcCommand, ownObject, permOf, putBytes, readOwner, statObject } from '../ipc.js';
import { sys } from '../row.js';

function readLong(task: Task, addr: number): number | undefined {
  return task.abi.wordSize === 8 ? task.user.readI64(addr) : task.user.readI32(addr);
}

function sysMsgsnd(task: Task, id: number, addr: number, size: number, flags: number): number | Blocking {
  const type = readLong(task, addr);
  if (type === undefined) return -EFAULT;
  if (size > task.kernel.ipc.limits.msgmax || id < 0 || type < 1) return -EINVAL;
  const text = task.user.copyIn(addr + task.abi.wordSize, size);
  if (text === undefined) return -EFAULT;
  const queue = queueFor(task, id, 0o222);
  return typeof queue === 'number' ? queue : queue.send(task, { type, text }, flags);
}

function sysMsgrcv(
  task: Task,
  id: number,
  addr: number,
  size: number,
  type: number,
  flags: number,
): number | Blocking {
  const { user, abi } = task;
  // A size_t that is negative as a long.
  if (id < 0 || size >= 2 ** (abi.wordSize * 8 - 1)) return -EINVAL;
  const bad = checkReceive(flags);
  if (bad < 0) return bad;
  const queue = queueFor(task, id, 0o444);
  if (typeof queue === 'number') return queue;
  return queue.receive(task, type, size, flags, (message) => {
    const text = message.text.subarray(0, size);
    const ok = user.writeWord(addr, message.type) && user.copyOut(addr + abi.wordSize, text);
    return ok ? text.length : -EFAULT;
  });
}

function putQueue(task: Task, addr: number, queue: MessageQueue, result: number): number {
  return putBytes(task, msqidDs.for(task.abi), addr, result, {
    msg_perm: permOf(task, queue),
    msg_stime: queue.stime,
    msg_rtime: queue.rtime,
    msg_ctime: queue.ctime,
    msg_cbytes: queue.bytes,
    msg_qnum: queue.messages.length,
    msg_qbytes: queue.maxBytes,
    msg_lspid: queue.lspid,
    msg_lrpid: queue.lrpid,
  });
}

/** IPC_INFO and MSG_INFO; what the former says of the pool nobody keeps (msgctl(2)). */
function about(task: Task, addr: number, used: boolean): number {
  const { limits, queues } = task.kernel.ipc;
  const { msgmax, msgmnb, msgmni } = limits;
  const all = queues.list();
  return putBytes(task, msginfo.for(task.abi), addr, queues.highest, {
    msgmni,
    msgmax,
    msgmnb,
    msgssz: 16,
    msgseg: 0xffff,
    msgpool: used ? queues.count : (msgmni * msgmnb) / 1024,
    msgmap: used ? all.reduce((sum, queue) => sum + queue.messages.length, 0) : msgmnb,
    msgtql: used ? all.reduce((sum, queue) => sum + queue.bytes, 0) : msgmnb,
  });
}

function setQueue(task: Task, queue: MessageQueue, addr: number): number {
  const owner = readOwner(task, addr);
  const layout = msqidDs.for(task.abi);
  const maxBytes = task.user.readWord(addr + layout.offset.msg_qbytes);
  if (typeof owner === 'number' || maxBytes === undefined) return -EFAULT;
  const { ipc } = task.kernel;
  if (maxBytes > ipc.limits.msgmnb && !task.cred.privileged) return -EPERM;
  queue.maxBytes = maxBytes;
  queue.setOwner(owner.uid, owner.gid, owner.mode, ipc.now());
  queue.changed();
  return 0;
}

function sysMsgctl(task: Task, id: number, given: number, addr: number): number {
  const command = ipcCommand(task, given);
  if (command < 0 || id < 0) return -EINVAL;
  const { queues } = task.kernel.ipc;
  switch (command) {
    case IPC_INFO:
    case MSG_INFO:
      return about(task, addr, command === MSG_INFO);
    case IPC_STAT: {
      const queue = statObject(task, queues, id, 'id');
      return typeof queue === 'number' ? queue : putQueue(task, addr, queue, 0);
    }
    case MSG_STAT:
    case MSG_STAT_ANY: {
      const queue = statObject(task, queues, id, command === MSG_STAT ? 'index' : 'any');
      return typeof queue === 'number' ? queue : putQueue(task, addr, queue, queue.id);
    }
    case IPC_SET:
    case IPC_RMID: {
      if (command === IPC_SET && task.user.readable(addr, msqidDs.for(task.abi).size) === undefined)
        return -EFAULT;
      const queue = ownObject(task, queues, id);
      if (typeof queue === 'number') return queue;
      if (command === IPC_SET) return setQueue(task, queue, addr);
      queue.remove();
      return 0;
    }
    default:
      return -EINVAL;
  }
}

export const messages = {
  msgget: sys(['key: int', 'msgflg: int'], 'int', msgget),
  msgsnd: sys(['msqid: int', 'msgp: in data', 'msgsz: size', 'msgflg: int'], 'int', sysMsgsnd),
  msgrcv: sys(
    ['msqid: int', 'msgp: out data', 'msgsz: size', 'msgtyp: long', 'msgflg: int'],
    'size',
    sysMsgrcv,
  ),
  msgctl: sys(['msqid: int', 'cmd: int', 'buf: inout msqidDs'], 'int', sysMsgctl),
};
