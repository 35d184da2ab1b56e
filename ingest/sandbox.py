"""What the Linux kernel refuses a parser, native code included: files by Landlock, system calls by seccomp.

Both are asked for with plain system calls, since no library that does it is part of the install. Where the kernel or
the machine lacks one of them, the caller's other means still hold.

Source: linux/landlock.h, linux/seccomp.h, linux/filter.h, asm/unistd_64.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SIGKILL = 9
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights to files each version of Landlock knows."""
_TCP, _SCOPES = 0b11, 0b11

_X86_64 = 0xC000003E
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE, _CLONE3, _CLONE_THREAD = 56, 435, 0x10000
_DENIED = (
    *(41, 42, 43, 44, 49, 50, 53, 288),  # socket, connect, accept, sendto, bind, listen, socketpair, accept4
    *(57, 58, 59, 322),  # fork, vfork, execve, execveat
    *(62, 101, 310, 311, 424, 438),  # kill, ptrace, process_vm_readv and _writev, pidfd_send_signal, pidfd_getfd
    *(165, 166, 272, 308, 428, 442),  # mount, umount2, unshare, setns, open_tree, mount_setattr
    *(248, 249, 250, 298, 321, 323, 425),  # keys, perf_event_open, bpf, userfaultfd, io_uring_setup
)


def close_doors(readable: Iterable[Path]) -> None:
    """Give up network, other files, new processes and outliving the parent, as far as this kernel lets us.

    Args:
        readable: Folders whose files may still be read.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = _libc()
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _restrict_files(libc, readable, version=landlock_version())
    if filters_calls():
        _restrict_calls(libc)


def landlock_version() -> int:
    """Tell which version of Landlock the kernel has; 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, 0, _VERSION)))


def filters_calls() -> bool:
    """Tell whether system calls can be filtered: the table of their numbers is for x86-64."""
    return sys.platform.startswith("linux") and platform.machine() == "x86_64"


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _restrict_files(libc: ctypes.CDLL, readable: Iterable[Path], *, version: int) -> None:
    if version == 0:
        return
    rights = (1 << _FILE_RIGHTS.get(version, _FILE_RIGHTS[5])) - 1
    fields = [rights, *([_TCP] if version >= 4 else []), *([_SCOPES] if version >= 6 else [])]
    wanted = struct.pack(f"={len(fields)}Q", *fields)
    rules = libc.syscall(_CREATE_RULESET, wanted, len(wanted), 0)
    if rules < 0:
        return
    for folder in readable:
        try:
            descriptor = os.open(folder, os.O_PATH)
        except OSError:  # One of Python's search paths that is not there.
            continue
        allowed = _READ_FILE | (_READ_DIR if folder.is_dir() else 0)
        libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", allowed, descriptor), 0)
        os.close(descriptor)
    libc.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _restrict_calls(libc: ctypes.CDLL) -> None:
    """Let the denied calls fail with EPERM. A new thread may still be made, a new process not."""
    refused = _ERROR | errno.EPERM
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, _X86_64),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, refused),
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERROR | errno.ENOSYS),  # The C library then takes clone, whose flags can be looked at.
    ]
    for number in _DENIED:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, refused)]
    program += [
        (_EQUAL, 0, 3, _CLONE),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, refused),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    libc.prctl(_PR_SET_SECCOMP, 2, head, 0, 0)
