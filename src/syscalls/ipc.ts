/** What the System V IPC families share. */
import { EACCES, EFAULT, EINVAL } from '../abi/errno.js';
import { IPC_64 } from '../abi/ipc.js';
import type { Fields, InputsOf, Layout } from '../abi/layout.js';
import { ipcPerm } from '../abi/structs/ipc.js';
import type { IpcObject, IpcTable } from '../kernel/ipc/ids.js';
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

/** How IPC_STAT and its kin find an object: by identifier; by index; by index, even if the caller may not read it. */
export type StatKind = 'id' | 'index' | 'any';

/** What one of them is about, or -errno. */
export function statObject<T extends IpcObject>(
  task: Task,
  table: IpcTable<T>,
  id: number,
  kind: StatKind,
): T | number {
  const object = kind === 'id' ? table.find(id) : table.at(id);
  if (typeof object === 'number') return object;
  return kind !== 'any' && object.access(task.cred, 0o444) < 0 ? -EACCES : object;
}

/** What IPC_SET, IPC_RMID and their kin are about, if the caller may change it; else -errno. */
export function ownObject<T extends IpcObject>(task: Task, table: IpcTable<T>, id: number): T | number {
  const object = table.find(id);
  if (typeof object === 'number') return object;
  const refused = object.own(task.cred);
  return refused < 0 ? refused : object;
}
