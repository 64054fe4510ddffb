"""The limits of an inspector: what a process gives up before it opens anything that a stranger made.

Memory, processor time, files and threads by resource limits; the user `nobody` where it was started by root; and a
filter of system calls (seccomp): no network, no program, no new process, no change to any file. A denied call fails
with EPERM, so a library that tries it goes on. Linux on x86-64 and 64-bit ARM; elsewhere the resource limits alone.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
from typing import Final, NamedTuple

_NOBODY: Final = 65_534
_MAX_OPEN: Final = 64

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_MODE_FILTER: Final = 2

# struct sock_filter: code, jump if true, jump if false, constant (linux/filter.h, linux/seccomp.h)
_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_DENY: Final = 0x00050000 | 1  # SECCOMP_RET_ERRNO, EPERM
_UNKNOWN_CALL: Final = 0x00050000 | 38  # ENOSYS: glibc then takes clone instead of clone3
_KILL: Final = 0x80000000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # places in struct seccomp_data
_OTHER_ABI: Final = 0x40000000  # x32 calls on x86-64
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CLONE_THREAD: Final = 0x10000


class _Calls(NamedTuple):
    """The numbers of the system calls of a machine; `by_flags` are denied when the argument given asks to write."""

    architecture: int
    denied: tuple[int, ...]
    by_flags: dict[int, int]
    clone: int
    clone3: int


# fmt: off
_CALLS: Final = {
    "x86_64": _Calls(
        0xC000003E,
        (
            41, 42, 43, 49, 50, 53, 288,  # socket connect accept bind listen socketpair accept4
            57, 58, 59, 322, 62, 101,  # fork vfork execve execveat kill ptrace
            85, 82, 83, 84, 86, 87, 88, 90, 92, 94, 76, 133,  # creat rename mkdir rmdir link unlink symlink chmod ...
            258, 259, 260, 263, 264, 265, 266, 268, 280, 316, 437,  # the same calls by folder, renameat2, openat2
            165, 166, 155, 161, 272, 308,  # mount umount2 pivot_root chroot unshare setns
            175, 313, 246, 248, 249, 250, 321, 298, 323, 425,  # modules kexec keys bpf perf userfaultfd io_uring
            310, 311, 424, 434, 438,  # process_vm_readv process_vm_writev pidfd_send_signal pidfd_open pidfd_getfd
        ),
        {2: 1, 257: 2},  # open, openat
        56,
        435,
    ),
    "aarch64": _Calls(
        0xC00000B7,
        (
            198, 199, 200, 201, 202, 203, 242,  # socket socketpair bind listen accept connect accept4
            221, 281, 129, 117,  # execve execveat kill ptrace
            33, 34, 35, 36, 37, 38, 276, 45, 53, 54, 88, 437,  # mknodat mkdirat unlinkat symlinkat linkat ...
            39, 40, 41, 51, 97, 268,  # umount2 mount pivot_root chroot unshare setns
            105, 273, 104, 217, 218, 219, 280, 241, 282, 425,  # modules kexec keys bpf perf userfaultfd io_uring
            270, 271, 424, 434, 438,  # process_vm_readv process_vm_writev pidfd_send_signal pidfd_open pidfd_getfd
        ),
        {56: 2},  # openat
        220,
        435,
    ),
}
# fmt: on


def unfiltered() -> str:
    """Say why there is no filter of system calls here; "" where there is one."""
    machine = platform.machine()
    return "" if machine in _CALLS else f"no filter of system calls is known for {machine}"


def confine(memory: int) -> None:
    """Give up all but reading, computing and answering; `memory` is in octets.

    Raises OSError when a limit that there is cannot be set: an inspector without it must not start.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _control(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)  # without a worker there is nobody to answer
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        _control(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)  # the change of user took it away
    _control(libc, _PR_SET_DUMPABLE, 0)
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MAX_OPEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    _control(libc, _PR_SET_NO_NEW_PRIVS, 1)
    if unfiltered():
        return
    program = _program(_CALLS[platform.machine()])
    code = ctypes.create_string_buffer(program, len(program))
    filters = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    _control(libc, _PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(filters, len(filters)))


def let_compute(seconds: int) -> None:
    """Set the processor time that may be spent from now on; after it the process is killed (SIGXCPU)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def _control(libc: ctypes.CDLL, option: int, *arguments: object) -> None:
    if libc.prctl(option, *arguments, *([0] * (4 - len(arguments)))):
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def _program(calls: _Calls) -> bytes:
    """Write the filter: each rule is a comparison and what follows, so that no jump is longer than two steps."""
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, calls.architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OTHER_ABI),
        (_RETURN, 0, 0, _KILL),
        (_EQUAL, 0, 1, calls.clone3),
        (_RETURN, 0, 0, _UNKNOWN_CALL),
    ]
    for number in calls.denied:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _DENY)]
    for number, argument in calls.by_flags.items():
        steps += [
            (_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _ARGUMENTS + 8 * argument),
            (_ANY_BIT, 0, 1, _WRITING),
            (_RETURN, 0, 0, _DENY),
            (_RETURN, 0, 0, _ALLOW),
        ]
    steps += [
        (_EQUAL, 0, 3, calls.clone),
        (_LOAD, 0, 0, _ARGUMENTS),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _DENY),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join([struct.pack("HBBI", *step) for step in steps])
