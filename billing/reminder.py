"""Marks that a cycle's usage reaches, and when somebody is told of them (R16, R17, D16, D25).

A mark is reached once for each arming. Arming goes up when a change of what was bought
lifts the mark above the usage that had reached it, for a low balance also when another
threshold does; usage that falls does not.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from billing.commitment import GrantKind, Meter
from billing.cycle import Cycle, CycleState
from billing.figures import Figures
from billing.notice import Notice, NoticeKind
from billing.plan import BLOCK_SIZE
from billing.setting import Settings

LOW_BALANCE = "LOW_BALANCE"
"""The mark of a balance at its alert's threshold."""

RECHARGE_FAILED = "RECHARGE_FAILED"
"""The mark of a balance that automatic recharge could not lift to its threshold."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A meter in a cycle: conversations or micro-euros.

    Percentages are of `base`, which is what was committed to and bought; `limit` has what
    was added automatically too.
    """

    used: int
    base: int
    limit: int

    @property
    def left(self) -> int:
        """What the limit still holds, at least 0."""
        return max(0, self.limit - self.used)

    def reached(self, percents: Iterable[int]) -> list[int]:
        """Return the percentages of the base that usage has reached, by whole numbers (D16)."""
        if self.base <= 0:
            return []
        return [percent for percent in percents if self.used * 100 >= percent * self.base]


@dataclass(frozen=True, slots=True)
class Armed:
    """A mark that was reached before: at which arming last, and its arming now."""

    reached: int
    arming: int

    @property
    def armed(self) -> bool:
        """Whether it can be reached again."""
        return self.reached < self.arming


def standing(cycle: Cycle, figures: Figures, meter: Meter) -> Standing:
    """Return where a meter stands in a cycle, whatever the cycle's state."""
    granted, committed = figures.granted, figures.committed(meter, cycle.number)
    if meter is Meter.CARRIER:
        spent = sum(charge.amount_micros for charge in figures.charged_by_feature().values())
        base = committed + granted[GrantKind.TOP_UP]
        return Standing(spent, base, base + granted[GrantKind.AUTOMATIC_TOP_UP])
    base = cycle.price_list.included + BLOCK_SIZE * (committed + granted[GrantKind.BLOCKS])
    automatic = BLOCK_SIZE * granted[GrantKind.AUTOMATIC_BLOCKS]
    return Standing(sum(figures.used_by_channel().values()), base, base + automatic)


def marks(cycle: Cycle, meter: Meter, stands: Standing, settings: Settings) -> list[str]:
    """Return the marks that the meter has reached now: none in a past cycle.

    A balance is low in the current cycle only: another one's will be what is committed to.
    """
    if cycle.state not in (CycleState.CURRENT, CycleState.FUTURE):
        return []
    found = [str(percent) for percent in stands.reached(cycle.price_list.reminder_percents)]
    alert = settings.low_balance_alert
    if meter is Meter.CARRIER and alert is not None and cycle.state is CycleState.CURRENT:
        found += [LOW_BALANCE] if stands.left <= alert.threshold_micros else []
    return found


def newly_reached(reached: Iterable[str], known: Mapping[str, Armed]) -> dict[str, int]:
    """Return the marks that nobody was told of yet, with their armings."""
    return {
        mark: known[mark].arming if mark in known else 0
        for mark in reached
        if mark not in known or known[mark].armed
    }


def armed_again(reached: Iterable[str], known: Mapping[str, Armed]) -> dict[str, int]:
    """Return the marks that were reached and are not any more, with their new armings."""
    gone = known.keys() - set(reached)
    return {mark: known[mark].arming + 1 for mark in sorted(gone) if not known[mark].armed}


def notices(
    cycle: Cycle,
    meter: Meter,
    new: Mapping[str, int],
    settings: Settings,
    *,
    recharge_failure: str | None = None,
) -> list[Notice]:
    """Return what to tell of marks just reached, given with their armings.

    Of several percentages only the highest is told.
    """
    notice = Notice(kind=NoticeKind.REMINDER, meter=meter, cycle=cycle.number)
    made = []
    percents = {mark: arming for mark, arming in new.items() if mark.isdigit()}
    if percents:
        made.append(replace(notice, armings=percents, percent=max(map(int, percents))))
    alert, recharge = settings.low_balance_alert, settings.auto_recharge
    if LOW_BALANCE in new and alert is not None:
        made.append(
            replace(
                notice,
                kind=NoticeKind.LOW_BALANCE,
                armings={LOW_BALANCE: new[LOW_BALANCE]},
                threshold_micros=alert.threshold_micros,
            )
        )
    if RECHARGE_FAILED in new and recharge is not None:
        made.append(
            replace(
                notice,
                kind=NoticeKind.RECHARGE_FAILED,
                armings={RECHARGE_FAILED: new[RECHARGE_FAILED]},
                threshold_micros=recharge.threshold_micros,
                amount_micros=recharge.amount_micros,
                reason=recharge_failure,
            )
        )
    return made


def confirmed(notice: Notice, stands: Standing, known: Mapping[str, Armed]) -> Notice | None:
    """Ask again whether a notice still holds, and what it says now; None if it does not.

    `known` are the marks of its cycle and meter. A mark that was armed again since is the
    matter of another notice, if it was reached again.
    """
    if notice.kind is NoticeKind.RECHARGED:
        return notice
    current = {
        mark
        for mark, arming in notice.armings.items()
        if mark in known and known[mark].arming == arming
    }
    if notice.kind is NoticeKind.REMINDER:
        return _confirmed_reminder(notice, current, stands, known)
    assert notice.threshold_micros is not None
    missing = notice.threshold_micros - (stands.limit - stands.used)
    low = missing >= 0 if notice.kind is NoticeKind.LOW_BALANCE else missing > 0
    return notice if current and low else None


def _confirmed_reminder(
    notice: Notice, current: Collection[str], stands: Standing, known: Mapping[str, Armed]
) -> Notice | None:
    """Return what a reminder says now; None where a later one names a higher percentage.

    So what was reached step by step before a cycle has begun is told once, when it does.
    """
    told = [mark for mark in known if mark.isdigit() and not known[mark].armed]
    holding = stands.reached(sorted(int(mark) for mark in told))
    if not holding or str(holding[-1]) not in current:
        return None
    return replace(notice, percent=holding[-1])
