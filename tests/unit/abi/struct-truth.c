/*
 * The truth for struct-truth.json: sizes and offsets as Debian's cross compilers see the kernel's own headers.
 * Each S(...)/F(...) line becomes a comment in the compiler's assembly, from which struct-truth.mjs makes the JSON:
 * no program runs. Structs that are not in the exported headers (linux_dirent64, user_msghdr, rt_sigframe,
 * vfp_sigframe) are written out here as the kernel declares them.
 */
#include <stddef.h>
#include <linux/types.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/times.h>
#include <linux/timex.h>
#include <linux/utime.h>
#include <asm/stat.h>
#include <linux/stat.h>
#include <asm/statfs.h>
#include <linux/uio.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/inotify.h>
#include <linux/fs.h>
#include <linux/mqueue.h>
#include <linux/resource.h>
#include <linux/utsname.h>
#include <linux/sysinfo.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/futex.h>
#include <linux/capability.h>
#include <linux/poll.h>
#include <linux/eventpoll.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <asm/sigcontext.h>
#ifndef __arm__
#include <asm/ucontext.h>
#endif
#include <linux/signalfd.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/un.h>
#include <linux/netlink.h>

struct linux_dirent64 { __u64 d_ino; __s64 d_off; unsigned short d_reclen; unsigned char d_type; char d_name[]; };
struct user_msghdr { void *msg_name; int msg_namelen; struct iovec *msg_iov; __kernel_size_t msg_iovlen;
  void *msg_control; __kernel_size_t msg_controllen; unsigned int msg_flags; };
struct user_mmsghdr { struct user_msghdr msg_hdr; unsigned int msg_len; };
struct cmsghdr { __kernel_size_t cmsg_len; int cmsg_level; int cmsg_type; };
struct sigset_argpack { void *p; __kernel_size_t size; };
#ifdef __arm__
struct ucontext { unsigned long uc_flags; struct ucontext *uc_link; stack_t uc_stack; struct sigcontext uc_mcontext;
  unsigned long uc_sigmask[2]; int __unused[32 - 2]; unsigned long uc_regspace[128] __attribute__((__aligned__(8))); };
struct user_vfp { unsigned long long fpregs[32]; unsigned long fpscr; };
struct user_vfp_exc { unsigned long fpexc, fpinst, fpinst2; };
struct vfp_sigframe { unsigned long magic, size; struct user_vfp ufp; struct user_vfp_exc ufp_exc; }
  __attribute__((__aligned__(8)));
#endif
struct rt_sigframe { siginfo_t info; struct ucontext uc; };

#define S(name, type) __asm__("@@S " name " %c0" : : "i"(sizeof(type)));
#define F(name, type, field) __asm__("@@F " name " " #field " %c0" : : "i"(offsetof(type, field)));
#define G(name, type, field, ours) __asm__("@@F " name " " #ours " %c0" : : "i"(offsetof(type, field)));

void truth(void) {
  S("timespec", struct __kernel_old_timespec) F("timespec", struct __kernel_old_timespec, tv_nsec)
  S("timespec64", struct __kernel_timespec) F("timespec64", struct __kernel_timespec, tv_nsec)
  S("itimerspec64", struct __kernel_itimerspec) F("itimerspec64", struct __kernel_itimerspec, it_value)
  S("timeval", struct __kernel_old_timeval) F("timeval", struct __kernel_old_timeval, tv_usec)
  S("itimerval", struct __kernel_old_itimerval) F("itimerval", struct __kernel_old_itimerval, it_value)
  S("tms", struct tms) F("tms", struct tms, tms_cstime)
  S("utimbuf", struct utimbuf)
#ifndef NO_LIBC_TIMEX
  S("timex", struct timex) F("timex", struct timex, maxerror) F("timex", struct timex, constant)
  F("timex", struct timex, time) F("timex", struct timex, tick) F("timex", struct timex, stbcnt)
  F("timex", struct timex, tai)
#endif
#if !defined(__arm__)
#if __SIZEOF_LONG__ == 8
  S("statGeneric", struct stat)
  F("statGeneric", struct stat, st_mode) F("statGeneric", struct stat, st_rdev) F("statGeneric", struct stat, st_size)
  F("statGeneric", struct stat, st_blksize) F("statGeneric", struct stat, st_blocks)
  F("statGeneric", struct stat, st_atime) F("statGeneric", struct stat, st_ctime_nsec)
#else
  S("stat64Generic", struct stat64)
  F("stat64Generic", struct stat64, st_mode) F("stat64Generic", struct stat64, st_size)
  F("stat64Generic", struct stat64, st_blocks) F("stat64Generic", struct stat64, st_atime)
#endif
#else
  S("stat64Arm", struct stat64)
  F("stat64Arm", struct stat64, __st_ino) F("stat64Arm", struct stat64, st_mode) F("stat64Arm", struct stat64, st_rdev)
  F("stat64Arm", struct stat64, st_size) F("stat64Arm", struct stat64, st_blksize)
  F("stat64Arm", struct stat64, st_blocks) F("stat64Arm", struct stat64, st_atime) F("stat64Arm", struct stat64, st_ino)
  S("statOldArm", struct stat) F("statOldArm", struct stat, st_ino) F("statOldArm", struct stat, st_mode)
  F("statOldArm", struct stat, st_rdev) F("statOldArm", struct stat, st_size) F("statOldArm", struct stat, st_atime)
#endif
  S("statx", struct statx) F("statx", struct statx, stx_mode) F("statx", struct statx, stx_ino)
  F("statx", struct statx, stx_atime) F("statx", struct statx, stx_mtime) F("statx", struct statx, stx_rdev_major)
  F("statx", struct statx, stx_mnt_id)
  S("statfs", struct statfs) F("statfs", struct statfs, f_blocks) F("statfs", struct statfs, f_fsid)
  F("statfs", struct statfs, f_namelen) F("statfs", struct statfs, f_flags)
#if __SIZEOF_LONG__ == 4
  F("statfs64", struct statfs64, f_blocks) F("statfs64", struct statfs64, f_fsid)
  F("statfs64", struct statfs64, f_namelen) F("statfs64", struct statfs64, f_flags)
#if !defined(__arm__)
  S("statfs64", struct statfs64)
#endif
#endif
  S("iovec", struct iovec) F("iovec", struct iovec, iov_len)
  S("flock", struct flock) F("flock", struct flock, l_start) F("flock", struct flock, l_len) F("flock", struct flock, l_pid)
#if __SIZEOF_LONG__ == 4
  S("flock64", struct flock64) F("flock64", struct flock64, l_start) F("flock64", struct flock64, l_pid)
#endif
  F("dirent64", struct linux_dirent64, d_off) F("dirent64", struct linux_dirent64, d_reclen)
  F("dirent64", struct linux_dirent64, d_type)
  S("openHow", struct open_how) F("openHow", struct open_how, resolve)
  S("inotifyEvent", struct inotify_event)
  S("fileCloneRange", struct file_clone_range)
  S("mqAttr", struct mq_attr)
  S("rusage", struct rusage) F("rusage", struct rusage, ru_maxrss) F("rusage", struct rusage, ru_nivcsw)
  S("rlimit", struct rlimit) S("rlimit64", struct rlimit64)
  S("utsname", struct new_utsname) F("utsname", struct new_utsname, machine)
  S("sysinfo", struct sysinfo) F("sysinfo", struct sysinfo, procs) F("sysinfo", struct sysinfo, totalhigh)
  F("sysinfo", struct sysinfo, mem_unit)
  S("cloneArgs", struct clone_args) F("cloneArgs", struct clone_args, tls)
  S("schedAttr", struct sched_attr) F("schedAttr", struct sched_attr, sched_runtime)
  S("robustListHead", struct robust_list_head)
  G("robustListHead", struct robust_list_head, futex_offset, futex_offset)
  S("futexWaitv", struct futex_waitv)
  S("capHeader", struct __user_cap_header_struct) S("capData", struct __user_cap_data_struct)
  S("pollfd", struct pollfd) F("pollfd", struct pollfd, revents)
  S("epollEvent", struct epoll_event)
  S("termios", struct termios) F("termios", struct termios, c_line) F("termios", struct termios, c_cc)
  S("termios2", struct termios2) F("termios2", struct termios2, c_ispeed)
  S("winsize", struct winsize)
  S("signalfdSiginfo", struct signalfd_siginfo) F("signalfdSiginfo", struct signalfd_siginfo, ssi_addr)
  F("signalfdSiginfo", struct signalfd_siginfo, ssi_arch)
/* ARM exports the historical order for user space; the kernel's own is handler, flags, restorer, mask. */
#if !defined(__arm__)
#if defined(__riscv)
#define ACTION "sigaction"
#else
#define ACTION "sigactionRestorer"
  F(ACTION, struct sigaction, sa_restorer)
#endif
  S(ACTION, struct sigaction) F(ACTION, struct sigaction, sa_flags) F(ACTION, struct sigaction, sa_mask)
#endif
  S("stackT", stack_t) F("stackT", stack_t, ss_size)
  S("siginfo", siginfo_t) G("siginfo", siginfo_t, _sifields, fields)
  G("siginfo", siginfo_t, _sifields._sigchld._utime, fields.chld.si_utime)
  G("siginfo", siginfo_t, _sifields._sigchld._stime, fields.chld.si_stime)
  G("siginfo", siginfo_t, _sifields._timer._sigval, fields.timer.si_value)
  G("siginfo", siginfo_t, _sifields._rt._sigval, fields.rt.si_value)
  G("siginfo", siginfo_t, _sifields._sigfault._addr_lsb, fields.fault.si_addr_lsb)
  G("siginfo", siginfo_t, _sifields._sigpoll._fd, fields.poll.si_fd)
  G("siginfo", siginfo_t, _sifields._sigsys._arch, fields.sys.si_arch)
  S("sigevent", struct sigevent) G("sigevent", struct sigevent, _sigev_un._tid, sigev_tid)
  S("msghdr", struct user_msghdr) F("msghdr", struct user_msghdr, msg_iov) F("msghdr", struct user_msghdr, msg_flags)
  S("mmsghdr", struct user_mmsghdr) F("mmsghdr", struct user_mmsghdr, msg_len)
  S("cmsghdr", struct cmsghdr) F("cmsghdr", struct cmsghdr, cmsg_level)
  S("sockaddrIn", struct sockaddr_in) F("sockaddrIn", struct sockaddr_in, sin_addr)
  S("sockaddrIn6", struct sockaddr_in6) F("sockaddrIn6", struct sockaddr_in6, sin6_addr)
  S("sockaddrUn", struct sockaddr_un) F("sockaddrUn", struct sockaddr_un, sun_path)
  S("sockaddrNl", struct sockaddr_nl)
  S("sigsetArgpack", struct sigset_argpack)
#if defined(__riscv)
#define UC "ucontextRiscv"
  S("sigcontextRiscv", struct sigcontext) G("sigcontextRiscv", struct sigcontext, sc_fpregs, fregs)
  G("sigcontextRiscv", struct sigcontext, sc_fpregs.d.fcsr, fcsr)
  S("rtSigframeRiscv", struct rt_sigframe) F("rtSigframeRiscv", struct rt_sigframe, uc)
#elif defined(__aarch64__)
#define UC "ucontextAarch64"
  S("sigcontextAarch64", struct sigcontext) F("sigcontextAarch64", struct sigcontext, pc)
  F("sigcontextAarch64", struct sigcontext, __reserved)
  S("fpsimdContext", struct fpsimd_context) F("fpsimdContext", struct fpsimd_context, vregs)
  S("esrContext", struct esr_context)
  S("rtSigframeAarch64", struct rt_sigframe) F("rtSigframeAarch64", struct rt_sigframe, uc)
#else
#define UC "ucontextArm"
  S("sigcontextArm", struct sigcontext) F("sigcontextArm", struct sigcontext, arm_cpsr)
  G("sigcontextArm", struct sigcontext, arm_r0, regs)
  F("sigcontextArm", struct sigcontext, fault_address)
  F("ucontextArm", struct ucontext, uc_regspace)
  S("vfpSigframeArm", struct vfp_sigframe) G("vfpSigframeArm", struct vfp_sigframe, ufp.fpscr, fpscr)
  G("vfpSigframeArm", struct vfp_sigframe, ufp_exc.fpexc, fpexc)
#endif
  F(UC, struct ucontext, uc_stack) F(UC, struct ucontext, uc_sigmask) F(UC, struct ucontext, uc_mcontext)
  S(UC, struct ucontext)
}
