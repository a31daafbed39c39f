"""The parts that cycles' quotas and balances are made of."""

from collections.abc import Awaitable, Sequence

from billing.commitment import Meter
from billing.cycle import Cycle
from billing.errors import BadInputError
from billing.figures import Figures
from billing.grant import Grant, grants
from resolvers.context import Context
from resolvers.page import PAGE_DEFAULT, Paged, cursor_of, page_size, read_cursor
from resolvers.usage import of_cycles


def pages_of_cycles(
    ctx: Context, cycles: Sequence[Cycle], first: int = PAGE_DEFAULT, after: str | None = None
) -> Awaitable[list[Paged[Grant] | BadInputError]]:
    """Return a page of each cycle's grants, in the order in which they are filled.

    How far one is filled depends on all before it, so that all are loaded: there are few.

    Raises:
        BadInputError: `first` or `after` is none that the list takes.
    """
    size = page_size(first)
    beyond = None if after is None else str(read_cursor(after, str, field="after")[0])

    def page(cycle: Cycle, sums: Figures) -> Paged[Grant] | BadInputError:
        return _page(grants(cycle, sums), size, beyond)

    return of_cycles(ctx, cycles, page, *Meter, grants=True)


def _page(found: Sequence[Grant], size: int, beyond: str | None) -> Paged[Grant] | BadInputError:
    """Return the page of `size` after the grant `beyond`; the first one, where that is None."""
    start = 0
    if beyond is not None:
        ids = [grant.id for grant in found]
        if beyond not in ids:
            return BadInputError("It is not a cursor of this list.", field="after")
        start = ids.index(beyond) + 1
    return Paged.of(
        found[start : start + size],
        lambda grant: cursor_of(grant.id),
        previous=start > 0,
        following=start + size < len(found),
    )
