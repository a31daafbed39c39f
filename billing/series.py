"""Usage over time: a cycle in steps that add up to its numbers."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from itertools import accumulate, pairwise

from billing.commitment import Meter
from billing.cycle import Cycle
from billing.instant import TICK, local
from billing.period import Period

POINTS_MAX = 380
"""Steps of the longest cycle: of a year of 366 days after 14 that were too few for a cycle, the
first of them begun (D5)."""


class SeriesStep(Enum):
    """What a cycle is divided into."""

    DAY = "DAY"
    MONTH = "MONTH"


@dataclass(slots=True)
class SeriesFigures:
    """What is stored of a cycle's usage by time, all of one snapshot.

    `days` are conversations, or micro-euros, by the start of the local day or of the piece of
    one that they are of. `adjusted` is what adjustments add to the cycle, or take off it. `stated`
    is what the statement of a closed cycle says; None where there is none yet.
    """

    days: dict[Meter, Counter[datetime]] = field(
        default_factory=lambda: {meter: Counter() for meter in Meter}
    )
    adjusted: Counter[Meter] = field(default_factory=Counter)
    stated: dict[Meter, int] | None = None

    def beyond_days(self, meter: Meter) -> int:
        """Return what the cycle's number has that no day has; negative where it lacks some."""
        if self.stated is None:
            return self.adjusted[meter]
        return self.stated[meter] - self.days[meter].total()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePoint:
    """One step of a cycle: what it adds, and what the cycle has come to by its end."""

    time_zone: str = field(repr=False)
    period: Period
    conversations: int
    conversations_total: int
    spent_micros: int
    spent_total_micros: int

    @property
    def starts_at(self) -> datetime:
        """The first instant inside."""
        return self.period.start

    @property
    def ends_at(self) -> datetime:
        """The first instant after."""
        return self.period.end

    @property
    def starts_on(self) -> date:
        """The local day of the first instant inside."""
        return local(self.time_zone, self.period.start).date()

    @property
    def ends_on(self) -> date:
        """The last local day inside."""
        return local(self.time_zone, self.period.end - TICK).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSeries:
    """A cycle's usage step by step; with what is adjusted, it adds up to `used` and `spent`."""

    cycle: Cycle = field(repr=False)
    by: SeriesStep
    points: tuple[UsagePoint, ...]
    adjusted_conversations: int
    adjusted_spent_micros: int

    @property
    def computed_at(self) -> datetime:
        """The instant of which all numbers are."""
        return self.cycle.computed_at


def steps_of(cycle: Cycle, by: SeriesStep) -> list[Period]:
    """Return the steps that tile a cycle: whole local days, or months from its anchor (D3).

    The first and the last are shorter where the cycle begins or ends inside one.
    """
    period = cycle.period
    if by is SeriesStep.DAY:
        return cycle.schedule.days(period.start, period.end)
    months = cycle.schedule.terms_of(cycle.number).months(period)
    return [Period(*step) for step in pairwise((period.start, *months, period.end))]


def usage_series(cycle: Cycle, by: SeriesStep, figures: SeriesFigures) -> UsageSeries:
    """Lay what is stored of a cycle out over its steps.

    Conversations are where they close, so that the steps to come show those in progress.
    """
    steps = steps_of(cycle, by)
    conversations = _by_step(steps, figures.days[Meter.CONVERSATIONS])
    spent = _by_step(steps, figures.days[Meter.CARRIER])
    columns = zip(
        steps, conversations, accumulate(conversations), spent, accumulate(spent), strict=True
    )
    return UsageSeries(
        cycle=cycle,
        by=by,
        points=tuple(
            UsagePoint(
                time_zone=cycle.time_zone,
                period=step,
                conversations=closing,
                conversations_total=closed,
                spent_micros=cost,
                spent_total_micros=costs,
            )
            for step, closing, closed, cost, costs in columns
        ),
        adjusted_conversations=figures.beyond_days(Meter.CONVERSATIONS),
        adjusted_spent_micros=figures.beyond_days(Meter.CARRIER),
    )


def _by_step(steps: Sequence[Period], days: Mapping[datetime, int]) -> list[int]:
    """Add days up by the step that holds them: a step is a whole number of days."""
    starts = [step.start for step in steps]
    sums = [0] * len(steps)
    for day, amount in days.items():
        sums[bisect_right(starts, day) - 1] += amount
    return sums
