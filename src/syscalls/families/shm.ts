/** System V shared memory. */
import { EFAULT, EINVAL } from '../../abi/errno.js';
import {
  IPC_INFO,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  SHM_INFO,
  SHM_LOCK,
  SHM_LOCKED,
  SHM_STAT,
  SHM_STAT_ANY,
  SHM_UNLOCK,
} from '../../abi/ipc.js';
import { shmInfo, shmidDs, shminfo } from '../../abi/structs/ipc.js';
import { type Segment, shmat, shmdt, shmget } from '../../kernel/ipc/shm.js';
import type { Task } from '../../kernel/task.js';
import { ipcCommand, ownObject, permOf, putBytes, readOwner, statObject } from '../ipc.js';
import { sys } from '../row.js';

function putSegment(task: Task, addr: number, segment: Segment, result: number): number {
  return putBytes(task, shmidDs.for(task.abi), addr, result, {
    shm_perm: permOf(task, segment),
    shm_segsz: segment.size,
    shm_atime: segment.atime,
    shm_dtime: segment.dtime,
    shm_ctime: segment.ctime,
    shm_cpid: segment.cpid,
    shm_lpid: segment.lpid,
    shm_nattch: segment.object.uses,
  });
}

function sysShmctl(task: Task, id: number, given: number, addr: number): number {
  const command = ipcCommand(task, given);
  if (command < 0 || id < 0) return -EINVAL;
  const { ipc } = task.kernel;
  const { limits, segments } = ipc;
  switch (command) {
    case IPC_INFO:
      return putBytes(task, shminfo.for(task.abi), addr, segments.highest, {
        shmmax: limits.shmmax,
        shmmin: 1,
        shmmni: limits.shmmni,
        shmseg: limits.shmmni,
        shmall: limits.shmall,
      });
    case SHM_INFO: {
      const resident = segments.list().reduce((sum, segment) => sum + segment.resident, 0);
      const values = { used_ids: segments.count, shm_tot: ipc.pages, shm_rss: resident };
      return putBytes(task, shmInfo.for(task.abi), addr, segments.highest, values);
    }
    case IPC_STAT: {
      const segment = statObject(task, segments, id, 'id');
      return typeof segment === 'number' ? segment : putSegment(task, addr, segment, 0);
    }
    case SHM_STAT:
    case SHM_STAT_ANY: {
      const segment = statObject(task, segments, id, command === SHM_STAT ? 'index' : 'any');
      return typeof segment === 'number' ? segment : putSegment(task, addr, segment, segment.id);
    }
    case IPC_SET:
    case IPC_RMID: {
      const owner = command === IPC_SET ? readOwner(task, addr) : undefined;
      if (owner === -EFAULT) return -EFAULT;
      const segment = ownObject(task, segments, id);
      if (typeof segment === 'number') return segment;
      if (typeof owner === 'object') segment.setOwner(owner.uid, owner.gid, owner.mode, ipc.now());
      else segment.removeLater();
      return 0;
    }
    case SHM_LOCK:
    case SHM_UNLOCK: {
      const segment = ownObject(task, segments, id);
      if (typeof segment === 'number') return segment;
      segment.mode = command === SHM_LOCK ? segment.mode | SHM_LOCKED : segment.mode & ~SHM_LOCKED;
      return 0;
    }
    default:
      return -EINVAL;
  }
}

export const sharedMemory = {
  shmget: sys(['key: int', 'size: size', 'shmflg: int'], 'int', shmget),
  shmat: sys(['shmid: int', 'shmaddr: ptr', 'shmflg: int'], 'ptr', shmat),
  shmdt: sys(['shmaddr: ptr'], 'int', shmdt),
  shmctl: sys(['shmid: int', 'cmd: int', 'buf: inout shmidDs'], 'int', sysShmctl),
};
