"""The instants as of which a cycle is looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from billing.cycle import Cycle, CycleState
from billing.event import AHEAD
from billing.figures import Figures
from billing.instant import TICK

Sums: TypeAlias = Mapping[Cycle, Figures]
"""The sums of cycles, by views of them."""


def seen(cycle: Cycle) -> Cycle:
    """Return a cycle as it stands; one to come as it will at its start, of what is known now."""
    if cycle.state is CycleState.FUTURE:
        return replace(cycle, computed_at=cycle.starts_at)
    return cycle


def whole(cycle: Cycle) -> Cycle:
    """Return a cycle as it stands once all that is stored counts, also what is dated ahead."""
    return replace(cycle, computed_at=cycle.computed_at + AHEAD + TICK)


def views(cycles: Iterable[Cycle | None]) -> list[Cycle]:
    """Return how previews look at cycles: each as `seen` and `whole`."""
    return [view for cycle in cycles if cycle is not None for view in (seen(cycle), whole(cycle))]
