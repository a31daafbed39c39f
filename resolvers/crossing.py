"""What happens when usage reaches what was bought, in the transaction that makes it so.

Blocks are added to a quota (D14, D15), balance is recharged (R16), and notices are written
of the marks that were reached (R17, D25). For a cycle to come all that is written at once
and takes effect with its start, so that nothing has to wake up then.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from billing import reminder, surcharge
from billing.commitment import ChangeKind, GrantKind, Meter
from billing.cycle import Cycle, CycleState
from billing.event import AHEAD
from billing.figures import Figures
from billing.instant import TICK
from billing.notice import Notice, NoticeKind
from billing.recharge import recharge
from billing.reminder import LOW_BALANCE, RECHARGE_FAILED, Standing, standing
from billing.setting import NOTHING_SET, Settings
from db import automatic_grant, outbox, setting, usage
from db import reminder as kept
from db.automatic_grant import AutomaticGrant
from db.outbox import Queued
from db.pool import Connection
from db.reminder import Marks, Metered


@dataclass(slots=True)
class _Crossing:
    """A meter of a cycle as it is stored, and what follows from that.

    `figures` have all that is stored, also what events dated ahead will bring in a moment.
    `marks` are those reached now; `recharge_failure` is why balance could not be added.
    """

    cycle: Cycle
    meter: Meter
    figures: Figures
    settings: Settings
    effective_at: datetime
    grants: list[AutomaticGrant] = field(default_factory=list)
    recharge_failure: str | None = None

    @property
    def place(self) -> Metered:
        """What its marks are kept under."""
        return Metered(self.cycle.account.id, self.meter, self.cycle.number)

    @property
    def standing(self) -> Standing:
        """Where the meter stands, with what was granted just now."""
        return standing(self.cycle, self.figures, self.meter)

    @property
    def marks(self) -> list[str]:
        """The marks reached now."""
        found = reminder.marks(self.cycle, self.meter, self.standing, self.settings)
        return found if self.recharge_failure is None else [*found, RECHARGE_FAILED]

    @property
    def recharged_micros(self) -> int:
        """What was added to the balance just now."""
        return sum(grant.amount for grant in self.grants if grant.kind is ChangeKind.TOP_UP)


async def check(
    conn: Connection,
    changed: Mapping[Meter, Collection[Cycle]],
    *,
    at: datetime,
    lifted: bool = False,
    set_anew: bool = False,
) -> None:
    """Do what follows from a change at `at` to meters of cycles that are not closed.

    Their accounts must be locked. Where more was bought, marks may be `lifted` above the
    usage that had reached them: they are armed again. Where an admin has `set_anew` when a
    balance is low, only those of a low balance are.
    """
    crossings = await _crossings(conn, changed, at)
    for crossing in crossings:
        if crossing.meter is Meter.CONVERSATIONS:
            _add_blocks(crossing)
        else:
            _recharge(crossing)
    grants = [grant for crossing in crossings for grant in crossing.grants]
    await automatic_grant.insert(conn, grants, recorded_at=at)
    await _remind(conn, crossings, at=at, lifted=lifted, set_anew=set_anew)


async def confirm(conn: Connection, notice: Notice, cycle: Cycle) -> tuple[Notice, Standing] | None:
    """Ask again whether a notice of `cycle` still holds as that stands; None if it does not.

    Otherwise returns what it says now, and where its meter stands.
    """
    [figures] = await usage.of_cycles(
        conn, [_seen(cycle, cycle.computed_at)], meters=frozenset({notice.meter})
    )
    place = Metered(cycle.account.id, notice.meter, cycle.number)
    known = await kept.of_cycles(conn, [place])
    stands = standing(cycle, figures, notice.meter)
    holding = reminder.confirmed(notice, stands, known.get(place, {}))
    return None if holding is None else (holding, stands)


async def _crossings(
    conn: Connection, changed: Mapping[Meter, Collection[Cycle]], at: datetime
) -> list[_Crossing]:
    """Read what is stored of the cycles, in one statement, and what their admins have set."""
    cycles = list(dict.fromkeys(cycle for some in changed.values() for cycle in some))
    if not cycles:
        return []
    meters = frozenset(meter for meter, some in changed.items() if some)
    seen = [_seen(cycle, at) for cycle in cycles]
    figures = dict(zip(cycles, await usage.of_cycles(conn, seen, meters=meters), strict=True))
    settings: Mapping[UUID, Settings] = {}
    if balances := changed.get(Meter.CARRIER):
        settings = await setting.of_accounts(conn, {cycle.account.id for cycle in balances})
    return [
        _Crossing(
            cycle,
            meter,
            figures[cycle],
            settings.get(cycle.account.id, NOTHING_SET),
            effective_at=max(at, cycle.period.start),
        )
        for meter, some in changed.items()
        for cycle in some
    ]


def _seen(cycle: Cycle, at: datetime) -> Cycle:
    """Return a cycle as it will be when events dated ahead of `at` have come to be."""
    return replace(cycle, computed_at=at + AHEAD + TICK)


def _add_blocks(crossing: _Crossing) -> None:
    """Add the blocks that the quota lacks."""
    if not surcharge.applies(crossing.cycle):
        return
    for step in surcharge.steps(crossing.cycle, crossing.figures):
        _grant(
            crossing,
            ChangeKind.BLOCKS,
            step.blocks,
            price_micros=step.price_micros,
            reason="The quota was used up.",
        )


def _recharge(crossing: _Crossing) -> None:
    """Add balance where the admin wants it so, or note why it cannot be added."""
    wanted = crossing.settings.auto_recharge
    if wanted is None or crossing.cycle.state is not CycleState.CURRENT:
        return
    result = recharge(
        wanted,
        crossing.standing,
        committed_micros=crossing.figures.committed(Meter.CARRIER, crossing.cycle.number),
        commitment_micros_min=crossing.cycle.price_list.limits.carrier_commitment_micros_min,
    )
    for amount in result.amounts_micros:
        _grant(
            crossing, ChangeKind.TOP_UP, amount, price_micros=amount, reason="Automatic recharge."
        )
    crossing.recharge_failure = result.failure


def _grant(
    crossing: _Crossing, kind: ChangeKind, amount: int, *, price_micros: int, reason: str
) -> None:
    """Add a grant, and count it at once."""
    crossing.figures.granted[GrantKind(f"AUTOMATIC_{kind.value}")] += amount
    crossing.grants.append(
        AutomaticGrant(
            account_id=crossing.cycle.account.id,
            grant_id=uuid4(),
            kind=kind,
            cycle=crossing.cycle.number,
            amount=amount,
            price_micros=price_micros,
            effective_at=crossing.effective_at,
            reason=reason,
        )
    )


async def _remind(
    conn: Connection,
    crossings: Sequence[_Crossing],
    *,
    at: datetime,
    lifted: bool,
    set_anew: bool,
) -> None:
    """Record the marks just reached and what to tell of them, and arm lifted ones again."""
    changed = lifted or set_anew
    found = [(crossing, crossing.marks) for crossing in crossings]
    watched = [
        (crossing, marks)
        for crossing, marks in found
        if changed or marks or crossing.recharged_micros
    ]
    if not watched:
        return
    known = await kept.of_cycles(conn, [crossing.place for crossing, _ in watched])
    reached: list[tuple[Metered, str, int, datetime]] = []
    rearmed: list[tuple[Metered, str, int]] = []
    queued: list[Queued] = []
    for crossing, marks in watched:
        place, before = crossing.place, known.get(crossing.place, {})
        new = reminder.newly_reached(marks, before)
        reached += [(place, mark, new[mark], crossing.effective_at) for mark in new]
        liftable = _liftable(crossing, before, lifted=lifted, set_anew=set_anew)
        again = reminder.armed_again(marks, liftable)
        rearmed += [(place, mark, arming) for mark, arming in again.items()]
        queued += [
            Queued(
                id=uuid4(),
                account_id=place.account_id,
                content=notice,
                due_at=crossing.effective_at,
            )
            for notice in _notices(crossing, new)
        ]
    await kept.insert(conn, reached, recorded_at=at)
    await kept.rearm(conn, rearmed, recorded_at=at)
    await outbox.insert(conn, queued, recorded_at=at)


def _liftable(crossing: _Crossing, known: Marks, *, lifted: bool, set_anew: bool) -> Marks:
    """Return the marks that may be armed again: a recharge lifts only those of the balance left."""
    if lifted:
        return known
    if not set_anew and not crossing.recharged_micros:
        return {}
    return {mark: known[mark] for mark in (LOW_BALANCE, RECHARGE_FAILED) if mark in known}


def _notices(crossing: _Crossing, new: Mapping[str, int]) -> list[Notice]:
    """Return what to tell, the recharge first."""
    told = reminder.notices(
        crossing.cycle,
        crossing.meter,
        new,
        crossing.settings,
        recharge_failure=crossing.recharge_failure,
    )
    if not crossing.recharged_micros:
        return told
    recharged = Notice(
        kind=NoticeKind.RECHARGED,
        meter=crossing.meter,
        cycle=crossing.cycle.number,
        amount_micros=crossing.recharged_micros,
    )
    return [recharged, *told]
