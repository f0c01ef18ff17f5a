/**
 * What this Linux says it is: uname(2), /proc/version, /proc/sys/kernel/osrelease. The release is that of the kernel
 * whose behaviour the system calls follow.
 */
export const UTS_SYSNAME = 'Linux';
export const UTS_RELEASE = '6.12.0';
export const UTS_VERSION = '#1 SMP PREEMPT_DYNAMIC sojourn';
