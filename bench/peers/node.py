"""The peers as programs: installed by npm into a folder, once."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from bench import floor, operation
from bench.data import NOW
from bench.servers import Program, ServerError

NAMES = ("postgraphile", "mercurius-jit")

POOL_SIZE = 10
"""Connections of each, as the product has."""

_SOURCES = Path(__file__).parent
_FILES = ("package.json", "package-lock.json", "common.js", *(f"{name}.js" for name in NAMES))
_PRODUCTION = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}


def install(folder: Path, say: Callable[[str], None]) -> None:
    """Install them in `folder`, unless they are there.

    Raises:
        ServerError: that is not possible.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(_SOURCES / name, folder / name)
    lock = (_SOURCES / "package-lock.json").read_bytes()
    installed = folder / "node_modules" / "installed"  # npm begins by removing all there is
    if not (installed.exists() and installed.read_bytes() == lock):
        _run_npm(folder, say)
        installed.write_bytes(lock)


def _run_npm(folder: Path, say: Callable[[str], None]) -> None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise ServerError("The peers need npm and Node, which are not installed.")
    say("Installing the peers: once")
    with (folder / "npm.log").open("wb") as output:
        done = subprocess.run(  # noqa: S603 (the words are ours)
            [npm, "ci", "--ignore-scripts"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise ServerError(f"{folder / 'npm.log'}: npm cannot install the peers.")


def programs(folder: Path, dsn: str) -> list[Program]:
    """Return how they are started.

    Raises:
        ServerError: npm has no Node for this machine.
    """
    node = next(folder.glob("node_modules/node-linux-*/bin/node"), None)
    if node is None:
        raise ServerError("npm has no Node for this machine, so the peers cannot run.")
    told = {
        "database": dsn,
        "session": " ".join(f"-c {name}={value}" for name, value in floor.SESSION.items()),
        "poolSize": POOL_SIZE,
        "secret": operation.SECRET.decode(),
        "issuer": operation.ISSUER,
        "now": int(NOW.timestamp() * 1000),
    }
    return [
        Program(name, (str(node), str(folder / f"{name}.js")), told, _PRODUCTION, only_reads=True)
        for name in NAMES
    ]
