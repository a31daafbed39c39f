"""The command line: in a process of its own as people call it, or quickly in this one."""

import contextlib
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import server


def environment(data_dir: Path, **variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KONTINGENT_")}
    kept.pop("DATABASE_URL", None)
    return {**kept, "KONTINGENT_DATA_DIR": str(data_dir), **variables}


def command(data_dir: Path, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, as it starts and ends there."""
    return subprocess.run(
        [sys.executable, server.__file__, *args],
        env=environment(data_dir, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def called(data_dir: Path, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, which has all loaded: in a thread, for a loop of its own."""
    with (
        patch.dict(os.environ, environment(data_dir, **variables), clear=True),
        ThreadPoolExecutor(1) as thread,
    ):
        return thread.submit(_call, args).result(60)


def _call(args: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    out, err = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            server.main(args, prog_name="./dev")
        except SystemExit as ended:
            code = ended.code
            if isinstance(code, str):  # as the interpreter does
                print(code, file=err)
                code = 1
    said, complained = (each.buffer.getvalue().decode() for each in (out, err))
    return subprocess.CompletedProcess(args, int(str(code or 0)), said, complained)
