/** Sockets (include/uapi/linux/{socket,in,in6,un,netlink,if_packet}.h, net/sock). Address bytes are in network order. */
import { chars, struct } from '../layout.js';

/** `struct user_msghdr`. */
export const msghdr = struct('msghdr', {
  msg_name: 'ptr',
  msg_namelen: 'i32',
  msg_iov: 'ptr',
  msg_iovlen: 'ulong',
  msg_control: 'ptr',
  msg_controllen: 'ulong',
  msg_flags: 'u32',
});
export const mmsghdr = struct('mmsghdr', { msg_hdr: msghdr, msg_len: 'u32' });
/** Data follow the head; each message is padded to the word size (CMSG_ALIGN). */
export const cmsghdr = struct('cmsghdr', { cmsg_len: 'ulong', cmsg_level: 'i32', cmsg_type: 'i32' });

/** Head of any address; the family is in the guest's byte order. */
export const sockaddr = struct('sockaddr', { sa_family: 'u16', sa_data: chars(14) });
/** Port and address are big-endian bytes whatever the guest. */
export const sockaddrIn = struct('sockaddr_in', {
  sin_family: 'u16',
  sin_port: chars(2),
  sin_addr: chars(4),
  __pad: chars(8),
});
export const sockaddrIn6 = struct('sockaddr_in6', {
  sin6_family: 'u16',
  sin6_port: chars(2),
  sin6_flowinfo: chars(4),
  sin6_addr: chars(16),
  sin6_scope_id: 'u32',
});
export const sockaddrUn = struct('sockaddr_un', { sun_family: 'u16', sun_path: chars(108) });
export const sockaddrNl = struct('sockaddr_nl', {
  nl_family: 'u16',
  nl_pad: 'u16',
  nl_pid: 'u32',
  nl_groups: 'u32',
});
export const ucred = struct('ucred', { pid: 'i32', uid: 'u32', gid: 'u32' });
export const linger = struct('linger', { l_onoff: 'i32', l_linger: 'i32' });
