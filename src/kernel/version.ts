/** What uname and /proc/version claim to be: the Linux whose behaviour is described here. */
export const KERNEL_RELEASE = '6.12.0';
export const KERNEL_VERSION = '#1 SMP PREEMPT_DYNAMIC sojourn';
