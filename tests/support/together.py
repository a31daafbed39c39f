"""Which tests run in the same process where there are several: those that share what is slow."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parents[1]

SHARING = ("tests/faults/", "tests/fuzz/", "tests/web/")
"""Folders whose files have a server in common."""

SLOW = ("tests/test_server.py", *SHARING, "tests/test_dev.py", "tests/test_bench.py")
"""What takes longest: it begins first, so that no process ends long after the others."""


class Together(LoadScopeScheduling):
    """Keeps the tests of a file together, and those of a folder that shares."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False  # they are in order
        super().__init__(config, log)
        named = "\n".join(config.args)
        self._sharing = [folder for folder in SHARING if folder.rstrip("/") not in named]

    @override
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in self._sharing if file.startswith(folder)), file)


def slow_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests in the order in which they are to begin."""

    def is_quick(item: pytest.Item) -> bool:
        return not f"tests/{item.path.relative_to(TESTS).as_posix()}".startswith(SLOW)

    return sorted(items, key=is_quick)
