/** What the System V IPC families share. */
import { EFAULT, EINVAL } from '../abi/errno.js';
import { IPC_64 } from '../abi/ipc.js';
import type { Fields, InputsOf, Layout } from '../abi/layout.js';
import { ipcPerm } from '../abi/structs/ipc.js';
import type { IpcObject } from '../kernel/ipc/ids.js';
import type { Task } from '../kernel/task.js';

/** The command without what ARM's C libraries add to it; the structs of before Linux 2.4 are not known here. */
export function ipcCommand(task: Task, command: number): number {
  if (task.abi.isa !== 'arm') return command;
  return (command & IPC_64) !== 0 ? command & ~IPC_64 : -EINVAL;
}

export function permOf(task: Task, object: IpcObject): InputsOf<ReturnType<typeof ipcPerm.fieldsFor>> {
  const { key, uid, gid, cuid, cgid, mode, sequence } = object;
  const layout = ipcPerm.for(task.abi);
  const place = layout.offset.mode < 0 ? { mode16: mode } : { mode };
  return { key, uid, gid, cuid, cgid, seq: sequence, ...place };
}

export interface NewOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** What IPC_SET takes from the perm that begins each of the structs; -EFAULT. */
export function readOwner(task: Task, addr: number): NewOwner | number {
  const given = task.user.get(ipcPerm.for(task.abi), addr);
  if (given === undefined) return -EFAULT;
  const { uid, gid } = given;
  const mode = (given as { mode?: number }).mode ?? given.mode16;
  return { uid, gid, mode };
}

/** Stores a struct and answers `result`, or -EFAULT. */
export function putBytes<F extends Fields>(
  task: Task,
  layout: Layout<F>,
  addr: number,
  result: number,
  values: InputsOf<F>,
): number {
  return task.user.put(layout, addr, values) ? result : -EFAULT;
}
