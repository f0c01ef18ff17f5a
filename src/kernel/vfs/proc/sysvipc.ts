/** /proc/sysvipc (proc(5), ipcs(1)), and the limits of IPC in /proc/sys. */
import { EINVAL, EPERM } from '../../../abi/errno.js';
import { PAGE_SIZE } from '../../../mmap/layout.js';
import type { IpcObject } from '../../ipc/ids.js';
import type { Ipc, IpcLimits } from '../../ipc/ipc.js';
import type { Who } from '../file-system.js';
import { directory, text, type VirtualFile } from '../virtual.js';
import { taskOf } from './pid.js';

type Cell = readonly [value: number, width: number];
const cells = (row: readonly Cell[]): string =>
  row.map(([value, width]) => String(value).padStart(width)).join(' ');

const head = ({ key, id }: IpcObject): string =>
  cells([
    [key, 10],
    [id, 10],
  ]);
const permissions = ({ mode }: IpcObject): string => mode.toString(8).padStart(4);
const owners = ({ uid, gid, cuid, cgid }: IpcObject): Cell[] => [
  [uid, 5],
  [gid, 5],
  [cuid, 5],
  [cgid, 5],
];

const SHM_HEAD = {
  8: '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n',
  4: '       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime        rss       swap\n',
};

function shm(ipc: Ipc, wordSize: 4 | 8): string {
  const wide = wordSize === 8 ? 21 : 10;
  let out = SHM_HEAD[wordSize];
  for (const one of ipc.segments.list()) {
    const { cpid, lpid, atime, dtime, ctime } = one;
    out += `${head(one)}  ${permissions(one)} ${cells([
      [one.size, wide],
      [cpid, 5],
      [lpid, 5],
    ])}  `;
    out += `${cells([[one.object.uses, 5], ...owners(one), [atime, 10], [dtime, 10], [ctime, 10]])} `;
    out += `${cells([
      [one.resident * PAGE_SIZE, wide],
      [0, wide],
    ])}\n`;
  }
  return out;
}

function sem(ipc: Ipc): string {
  let out = '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n';
  for (const one of ipc.semaphores.list()) {
    const row: Cell[] = [[one.values.length, 10], ...owners(one), [one.otime, 10], [one.ctime, 10]];
    out += `${head(one)}  ${permissions(one)} ${cells(row)}\n`;
  }
  return out;
}

function msg(ipc: Ipc): string {
  let out =
    '       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n';
  for (const one of ipc.queues.list()) {
    const { bytes, messages, lspid, lrpid, stime, rtime, ctime } = one;
    const row: Cell[] = [[bytes, 10], [messages.length, 10], [lspid, 5], [lrpid, 5], ...owners(one)];
    out += `${head(one)}  ${permissions(one)}  ${cells([...row, [stime, 10], [rtime, 10], [ctime, 10]])}\n`;
  }
  return out;
}

const of = (make: (ipc: Ipc, who: Who) => string): VirtualFile =>
  text((who) => (who.kernel === undefined ? '' : make(who.kernel.ipc, who)));

export const SYSVIPC = directory({
  msg: of(msg),
  sem: of(sem),
  shm: of((ipc, who) => shm(ipc, taskOf(who)?.abi.wordSize ?? 8)),
});

/** Past 2^53 a number is rounded; the default of shmmax, ULONG_MAX - 2^24, upward by one. */
const decimal = (value: number): string =>
  value > Number.MAX_SAFE_INTEGER ? (BigInt(value) - 1n).toString() : String(value);

/** What a write of several numbers, or one, sets. */
function limits(...names: readonly (keyof IpcLimits)[]): VirtualFile {
  return {
    kind: 'file',
    mode: 0o644,
    read: (who) => {
      const values = who.kernel?.ipc.limits;
      return `${names.map((name) => decimal(values?.[name] ?? 0)).join('\t')}\n`;
    },
    write: (who, bytes) => {
      if (taskOf(who)?.cred.privileged !== true || who.kernel === undefined) return -EPERM;
      const words = String.fromCharCode(...bytes.subarray(0, 256))
        .trim()
        .split(/\s+/);
      if (words.length > names.length || words.some((word) => !/^\d+$/.test(word))) return -EINVAL;
      const { ipc } = who.kernel;
      words.forEach((word, i) => {
        const name = names[i];
        if (name !== undefined) ipc.limits[name] = Number(word);
      });
      ipc.limitsChanged();
      return bytes.length;
    },
  };
}

/** Entries of /proc/sys/kernel. */
export const IPC_SETTINGS = {
  shmmax: limits('shmmax'),
  shmall: limits('shmall'),
  shmmni: limits('shmmni'),
  msgmax: limits('msgmax'),
  msgmnb: limits('msgmnb'),
  msgmni: limits('msgmni'),
  sem: limits('semmsl', 'semmns', 'semopm', 'semmni'),
};

/** /proc/sys/fs/mqueue */
export const MQUEUE_SETTINGS = directory({
  msg_max: limits('mqMessages'),
  msg_default: limits('mqMessagesDefault'),
  msgsize_max: limits('mqSize'),
  msgsize_default: limits('mqSizeDefault'),
  queues_max: limits('mqQueues'),
});
