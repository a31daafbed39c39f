"""Cutting a stream of bytes into lines, in constant memory."""

from collections.abc import Iterator

LINE_BYTES_MAX = 64_000
"""The longest line taken; a longer one is dropped up to its end."""


class Lines:
    """Takes chunks of a stream and gives its lines, numbered from 0.

    A blank line is numbered but not given; one that is too long is given as None.
    """

    def __init__(self) -> None:
        self._count = 0
        self._rest = b""
        self._too_long = False

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Yield the lines that `chunk` completes."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            yield from self._line(line)
        if len(rest) > LINE_BYTES_MAX:
            self._too_long, rest = True, b""
        self._rest = rest

    def finish(self) -> Iterator[tuple[int, bytes | None]]:
        """Yield the last line where the stream did not end with a line's end."""
        if self._rest or self._too_long:
            yield from self._line(self._rest)

    def _line(self, line: bytes) -> Iterator[tuple[int, bytes | None]]:
        too_long = self._too_long or len(line) > LINE_BYTES_MAX
        if too_long or line.strip():
            yield self._count, None if too_long else line
        self._count += 1
        self._too_long = False
