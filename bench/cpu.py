"""The processor's time that processes have taken, as Linux counts it."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_CHILDREN = slice(13, 15)  # of a process's times: those of children that ended


def of_process(pid: int) -> float:
    """Return the seconds that a process has taken, with all of its threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


def of_postgres(pid: int) -> float:
    """Return the seconds of a PostgreSQL: its postmaster's, its processes' and the ended ones'."""
    return of_process(pid) + sum(map(_of_child, _children(pid))) + _of_ended(pid)


def resident_bytes(pid: int) -> int:
    """Return the memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def _of_child(pid: int) -> float:
    try:
        return of_process(pid)
    except FileNotFoundError:  # it has ended, and is counted there
        return 0.0


def _of_ended(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, after_name[_CHILDREN])) / _TICKS
