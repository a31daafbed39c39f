"""What happens when usage reaches what was bought, in the transaction that makes it so.

Blocks are added to a quota (D14, D15), balance is recharged (R16), and notices are written
of the marks that were reached (R17, D25). For a cycle to come all that is written at once
and takes effect with its start, so that nothing has to wake up then.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from billing import reminder, surcharge
from billing.commitment import ChangeKind, Meter
from billing.cycle import Cycle, CycleState
from billing.figures import Figures
from billing.notice import Notice, NoticeKind
from billing.recharge import recharge
from billing.reminder import LOW_BALANCE, RECHARGE_FAILED, Standing, standing
from billing.setting import NOTHING_SET, Settings
from billing.view import whole
from db import effect, setting, usage
from db import reminder as kept
from db.automatic_grant import AutomaticGrant
from db.effect import Effects
from db.outbox import Queued
from db.pool import Connection
from db.reminder import Marks, Metered


@dataclass(slots=True)
class Crossing:
    """A meter of a cycle as it is stored, and what follows from that.

    `figures` have all that is stored, also what events dated ahead will bring in a moment; what
    is granted is added to them. `recharge_failure` is why balance could not be added.
    """

    cycle: Cycle
    meter: Meter
    figures: Figures
    settings: Settings
    grants: list[AutomaticGrant] = field(default_factory=list)
    recharge_failure: str | None = None

    @property
    def effective_at(self) -> datetime:
        """When what follows takes effect."""
        return max(self.cycle.computed_at, self.cycle.starts_at)

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
    crossings = await _crossings(conn, changed)
    grant(crossings)
    watched = [
        crossing.place
        for crossing in crossings
        if lifted or set_anew or crossing.marks or crossing.recharged_micros
    ]
    known = await kept.of_cycles(conn, watched) if watched else {}
    effects = effects_of(crossings, known, lifted=lifted, set_anew=set_anew)
    await effect.insert(conn, effects, recorded_at=at)


async def confirm(conn: Connection, notice: Notice, cycle: Cycle) -> tuple[Notice, Standing] | None:
    """Ask again whether a notice of `cycle` still holds as that stands; None if it does not.

    Otherwise returns what it says now, and where its meter stands.
    """
    [figures] = await usage.of_cycles(conn, [whole(cycle)], meters=frozenset({notice.meter}))
    place = Metered(cycle.account.id, notice.meter, cycle.number)
    known = await kept.of_cycles(conn, [place])
    stands = standing(cycle, figures, notice.meter)
    holding = reminder.confirmed(notice, stands, known.get(place, {}))
    return None if holding is None else (holding, stands)


async def _crossings(
    conn: Connection, changed: Mapping[Meter, Collection[Cycle]]
) -> list[Crossing]:
    """Read what is stored of the cycles, in one statement, and what their admins have set."""
    cycles = list(dict.fromkeys(cycle for some in changed.values() for cycle in some))
    if not cycles:
        return []
    meters = frozenset(meter for meter, some in changed.items() if some)
    found = await usage.of_cycles(conn, list(map(whole, cycles)), meters=meters)
    figures = dict(zip(cycles, found, strict=True))
    settings: Mapping[UUID, Settings] = {}
    if balances := changed.get(Meter.CARRIER):
        settings = await setting.of_accounts(conn, {cycle.account.id for cycle in balances})
    return [
        Crossing(cycle, meter, figures[cycle], settings.get(cycle.account.id, NOTHING_SET))
        for meter, some in changed.items()
        for cycle in some
    ]


def grant(crossings: Sequence[Crossing]) -> None:
    """Add the blocks that quotas lack, and the balance that admins want added."""
    for crossing in crossings:
        if crossing.meter is Meter.CONVERSATIONS:
            _add_blocks(crossing)
        else:
            _recharge(crossing)


def _add_blocks(crossing: Crossing) -> None:
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


def _recharge(crossing: Crossing) -> None:
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
    crossing: Crossing, kind: ChangeKind, amount: int, *, price_micros: int, reason: str
) -> None:
    """Add a grant, and count it at once."""
    made = AutomaticGrant(
        account_id=crossing.cycle.account.id,
        grant_id=uuid4(),
        kind=kind,
        cycle=crossing.cycle.number,
        amount=amount,
        price_micros=price_micros,
        effective_at=crossing.effective_at,
        reason=reason,
    )
    crossing.figures = crossing.figures.with_grant(made.grant_kind, amount, price_micros)
    crossing.grants.append(made)


def effects_of(
    crossings: Sequence[Crossing],
    known: Mapping[Metered, Marks],
    *,
    lifted: bool = False,
    set_anew: bool = False,
) -> Effects:
    """Return what is to be stored: grants, marks just reached and lifted ones, what to tell."""
    effects = Effects()
    for crossing in crossings:
        place, before, marks = crossing.place, known.get(crossing.place, {}), crossing.marks
        new = reminder.newly_reached(marks, before)
        liftable = _liftable(crossing, before, lifted=lifted, set_anew=set_anew)
        again = reminder.armed_again(marks, liftable)
        effects.grants += crossing.grants
        effects.reached += [(place, mark, new[mark], crossing.effective_at) for mark in new]
        effects.rearmed += [(place, mark, arming) for mark, arming in again.items()]
        effects.queued += [
            Queued(
                id=uuid4(),
                account_id=place.account_id,
                content=notice,
                due_at=crossing.effective_at,
            )
            for notice in _notices(crossing, new)
        ]
    return effects


def _liftable(crossing: Crossing, known: Marks, *, lifted: bool, set_anew: bool) -> Marks:
    """Return the marks that may be armed again: a recharge lifts only those of the balance left."""
    if lifted:
        return known
    if not set_anew and not crossing.recharged_micros:
        return {}
    return {mark: known[mark] for mark in (LOW_BALANCE, RECHARGE_FAILED) if mark in known}


def _notices(crossing: Crossing, new: Mapping[str, int]) -> list[Notice]:
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
