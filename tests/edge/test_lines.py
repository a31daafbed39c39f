"""A stream is cut into the same lines however it is cut into chunks, in constant memory."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lines import LINE_BYTES_MAX, Lines

LONGEST = b"x" * LINE_BYTES_MAX


def lines(*chunks: bytes) -> list[tuple[int, bytes | None]]:
    cut = Lines()
    found = [line for chunk in chunks for line in cut.feed(chunk)]
    return found + list(cut.finish())


def pieces(stream: bytes, size: int) -> Iterable[bytes]:
    return (stream[n : n + size] for n in range(0, len(stream), size))


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        pytest.param((), [], id="nothing"),
        pytest.param((b"",), [], id="an_empty_chunk"),
        pytest.param((b"\n",), [], id="a_blank_line"),
        pytest.param((b"a\nb\n",), [(0, b"a"), (1, b"b")], id="two"),
        pytest.param((b"a\nb",), [(0, b"a"), (1, b"b")], id="no_end_of_the_last"),
        pytest.param((b"a", b"b\n", b"c"), [(0, b"ab"), (1, b"c")], id="over_chunks"),
        pytest.param((b"a", b"\n", b"\n", b"b"), [(0, b"a"), (2, b"b")], id="blank_ones_count"),
        pytest.param((b"a\n  \t\r\nb\n \n",), [(0, b"a"), (2, b"b")], id="white_ones_are_blank"),
        pytest.param((b"a\r", b"\nb\r\n"), [(0, b"a\r"), (1, b"b\r")], id="crlf_is_white_space"),
        pytest.param((b"a\rb",), [(0, b"a\rb")], id="cr_alone_ends_nothing"),
        pytest.param((b"a\x00b\n\x00\n",), [(0, b"a\x00b"), (1, b"\x00")], id="nul"),
        pytest.param(("a\u2028b\x85c\n".encode(),), [(0, "a\u2028b\x85c".encode())], id="unicode"),
        pytest.param((b"\xff\n",), [(0, b"\xff")], id="not_utf_8"),
    ],
)
def test_lines(chunks: tuple[bytes, ...], expected: list[tuple[int, bytes | None]]) -> None:
    assert lines(*chunks) == expected


@pytest.mark.parametrize("size", [1_000, 63_999, 64_000, 64_001, 65_536, 200_000])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_the_longest_line_and_one_byte_more(size: int, end: bytes) -> None:
    assert lines(*pieces(b"a\n" + LONGEST + end, size)) == [(0, b"a"), (1, LONGEST)]
    assert lines(*pieces(b"a\n" + LONGEST + b"x" + end, size)) == [(0, b"a"), (1, None)]


@pytest.mark.parametrize("size", [7_919, 64_000, 1_000_000])
def test_after_a_line_that_is_too_long_the_rest_goes_on(size: int) -> None:
    stream = b"a\n" + 5 * LONGEST + b"\nb\n\n" + LONGEST + b"x\n" + LONGEST + b"\nc"
    expected = [(0, b"a"), (1, None), (2, b"b"), (4, None), (5, LONGEST), (6, b"c")]
    assert lines(*pieces(stream, size)) == expected


def test_blank_bytes_that_are_too_many_are_a_line_too_long() -> None:
    assert lines(b" " * LINE_BYTES_MAX + b"\n") == []
    assert lines(b" " * LINE_BYTES_MAX + b" \n") == [(0, None)]


def test_a_line_without_end_is_not_kept() -> None:
    cut = Lines()
    for _ in range(1_000):
        assert list(cut.feed(b"x" * 1_000)) == []
        assert len(vars(cut)["_rest"]) <= LINE_BYTES_MAX
    assert list(cut.feed(b"\nb\n")) == [(0, None), (1, b"b")]


@given(st.lists(st.sampled_from((b"a", b"bc", b"\n", b"\r", b" ", b"\x00"))), st.data())
def test_chunks_make_no_difference(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert lines(*chunks) == [
        (n, line) for n, line in enumerate(stream.split(b"\n")) if line.strip()
    ]
