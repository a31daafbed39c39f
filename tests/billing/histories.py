"""Accounts' terms at random: any anchor, zone and interval, changed any number of times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import strategies as st

from billing.instant import TICK
from billing.plan import Interval
from billing.schedule import Schedule
from billing.terms import Terms, in_force
from tests.billing.oracle import Stretch, first_instant, walk

ODD_ZONES = (
    "Africa/Cairo",  # no midnight where summer time begins
    "America/Havana",  # two where it ends
    "America/St_Johns",  # until 2011 at 00:01, so that an hour of two days is lived twice
    "Asia/Kathmandu",  # UTC+05:45
    "Australia/Lord_Howe",  # clocks move by half an hour
    "Europe/Amsterdam",
    "Pacific/Apia",  # left out 2011-12-30
    "Pacific/Kiritimati",  # UTC+14
    "UTC",
)
ZONES = st.sampled_from(ODD_ZONES) | st.sampled_from(
    sorted(available_timezones() - {"Factory", "localtime"})
)
ANCHORS = st.one_of(
    st.dates(date(2000, 1, 1), date(2100, 12, 31)),
    st.builds(
        date, st.integers(2009, 2027), st.sampled_from((1, 3, 5, 8, 12)), st.integers(29, 31)
    ),
    st.sampled_from((date(2011, 11, 30), date(2024, 2, 29), date(2009, 10, 1), date(2025, 10, 2))),
)
NEAR_ANCHORS = st.integers(-800, 800)
"""In days from the start of the cycle from which on the anchor holds."""
INSTANTS = st.integers(0, 37_000 * 24)
"""In hours from 2000-01-03 on."""
FRACTIONS = st.integers(0, 1_000)
"""In thousandths of a stretch of time."""


@dataclass(frozen=True)
class History:
    """A schedule, the starts of its cycles 0 to n as walked, and what holds in each cycle."""

    schedule: Schedule
    bounds: Sequence[datetime]
    stretches: Sequence[Stretch]

    def stretch(self, number: int) -> Stretch:
        return [s for s in self.stretches if s.first_cycle <= number][-1]

    def instant(self, thousandths: int) -> datetime:
        """Return the instant that far from the first bound to the last, which is left out."""
        return min(
            self.bounds[0] + (self.bounds[-1] - self.bounds[0]) * thousandths / 1_000,
            self.bounds[-1] - TICK,
        )


@st.composite
def histories(draw: st.DrawFn) -> History:
    anchor, zone = draw(ANCHORS), draw(ZONES)
    interval = draw(st.sampled_from(Interval))
    stretches = [Stretch(0, interval.months, anchor, zone)]
    rows = [Terms(0, 0, first_instant(zone, anchor), "Boost", interval, anchor, zone)]
    for seq in range(1, 1 + draw(st.integers(0, 4))):
        number = rows[-1].first_cycle + draw(st.integers(1, 4))
        start, end = walk(stretches, number)[-2:]
        before, interval = interval, draw(st.sampled_from(Interval))
        near = end.date() + timedelta(days=draw(NEAR_ANCHORS))
        anchor = draw(st.sampled_from((anchor, near)) | ANCHORS)
        zone = draw(st.just(zone) | ZONES)
        cut_at = None
        if (before, interval) == (Interval.MONTHLY, Interval.YEARLY) and draw(st.booleans()):
            cut_at = min(start + TICK + (end - start) * draw(FRACTIONS) / 1_000, end - TICK)
        starts_at = end if cut_at is None else cut_at
        stretches.append(Stretch(number, interval.months, anchor, zone, cut_at))
        rows.append(Terms(seq, number, starts_at, "Boost", interval, anchor, zone))
    bounds = walk(stretches, rows[-1].first_cycle + 4)
    return History(Schedule(in_force(rows)), bounds, stretches)
