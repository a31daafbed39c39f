"""Columns of texts arrive as they were sent."""

import pytest

from db.pool import acquire
from db.texts import columns_joined
from tests.support.world import World

UNNEST = r"""SELECT n, said, meant
  FROM unnest($1::integer[], string_to_array($2, E'\x1f'), string_to_array($3, E'\x1f', ''))
       AS r (n, said, meant)"""


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="none"),
        pytest.param([(1, "a", None)], id="one"),
        pytest.param([(1, "a", None), (2, "b", None)], id="nothing_in_a_column"),
        pytest.param([(1, "{,\"'}\\", "x"), (2, "NULL", None), (3, " ü😀 ", "\\x1f")], id="odd"),
    ],
)
async def test_what_is_joined_is_taken_apart(
    world: World, rows: list[tuple[int, str, str | None]]
) -> None:
    async with acquire(world.pool) as conn:
        found = await conn.fetch(UNNEST, *columns_joined(rows, width=3, texts={1, 2}))
    assert [tuple(row) for row in found] == rows


def test_a_text_with_the_separator_is_never_sent() -> None:
    with pytest.raises(AssertionError):
        columns_joined([(1, "a\x1fb"), (2, "c")], width=2, texts={1})
