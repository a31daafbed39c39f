"""What figures were measured on, and when."""

import os
import platform
import re
import time
from pathlib import Path


def described() -> str:
    """Name the day, the machine and the version of Python."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    system = f"{platform.system()} {platform.release()}"
    return f"{day}, {os.cpu_count()} x {_processor()}, {system}, Python {platform.python_version()}"


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()
