/**
 * What only the administrator of a machine may do. The guest's root is none: it gets what root gets in a container, where
 * the kernel has taken the capability away.
 */
import { EPERM } from '../../abi/errno.js';
import { partial, sys } from '../row.js';

const REFUSED = partial('always EPERM');
const refuse = (): number => -EPERM;

export const administration = {
  mount: sys(
    ['source: ptr', 'target: ptr', 'filesystemtype: ptr', 'mountflags: hex', 'data: ptr'],
    'int',
    refuse,
    REFUSED,
  ),
  umount2: sys(['target: ptr', 'flags: hex32'], 'int', refuse, REFUSED),
  pivot_root: sys(['new_root: ptr', 'put_old: ptr'], 'int', refuse, REFUSED),
  swapon: sys(['path: ptr', 'swapflags: hex32'], 'int', refuse, REFUSED),
  swapoff: sys(['path: ptr'], 'int', refuse, REFUSED),
  reboot: sys(['magic: int', 'magic2: int', 'cmd: uint', 'arg: ptr'], 'int', refuse, REFUSED),
  acct: sys(['filename: ptr'], 'int', refuse, REFUSED),
  vhangup: sys([], 'int', refuse, REFUSED),
  settimeofday: sys(['tv: ptr', 'tz: ptr'], 'int', refuse, REFUSED),
  init_module: sys(['module_image: ptr', 'len: ulong', 'param_values: ptr'], 'int', refuse, REFUSED),
  finit_module: sys(['fd: fd', 'param_values: ptr', 'flags: int'], 'int', refuse, REFUSED),
  delete_module: sys(['name: ptr', 'flags: uint'], 'int', refuse, REFUSED),
};
