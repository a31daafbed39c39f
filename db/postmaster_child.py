"""Turns a fresh process into PostgreSQL: a program of its own, run before `exec`.

``python -I -S postmaster_child.py PARENT_PID DATA_DIR SOCKET_DIR COMMAND…``

It leaves root, which PostgreSQL refuses to run as, and asks the kernel to end the command when its
parent dies. A program instead of ``preexec_fn``, since the parent has threads.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

NOBODY = 65534

_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT = 1, 28, 47
_SECBIT_NO_SETUID_FIXUP = 4  # else setuid() takes capabilities away, and access() ignores them
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522
_CLONE_NEWUSER = 0x10000000


def main(parent_pid: str, data_dir: str, socket_dir: str, *command: str) -> None:
    """Become `command`, with both folders its own, unless the parent is gone already."""
    libc = ctypes.CDLL(None)
    if os.geteuid() == 0:
        try:
            become_owner(libc, Path(data_dir), Path(socket_dir))
        except OSError:  # a container may know no user but root
            become_nobody_by_name(libc)
    if sys.platform == "linux":
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)  # last: a change of user clears it
    if os.getppid() == int(parent_pid):
        os.execv(command[0], command)  # noqa: S606 - there is no shell to want


def become_owner(libc: ctypes.CDLL, data_dir: Path, socket_dir: Path) -> None:
    """Become the owner of `data_dir`; if that is root, nobody, who is given both folders first.

    Keeps the right to pass through any folder and to read, not to write: the checkout and the
    data may lie where only root can go.

    Raises:
        OSError: it is not allowed.
    """
    os.setgroups([])
    owner = data_dir.stat()
    uid, gid = owner.st_uid or NOBODY, owner.st_gid or NOBODY
    if owner.st_uid == 0:
        for parent, folders, files in os.walk(data_dir):
            for name in (".", *folders, *files):
                os.chown(Path(parent, name), uid, gid, follow_symlinks=False)
    os.chown(socket_dir, uid, gid)
    libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgid(gid)
    os.setuid(uid)
    kept = 1 << _CAP_DAC_READ_SEARCH
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0))
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_READ_SEARCH, 0, 0)


def become_nobody_by_name(libc: ctypes.CDLL) -> None:
    """Enter a user namespace in which root's files and root itself are nobody's.

    Raises:
        OSError: it is not allowed.
    """
    gid = os.getgid()
    if libc.unshare(_CLONE_NEWUSER):
        raise OSError("PostgreSQL refuses to run as root, and root may not become another user")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1", encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
