"""What a change or a send would do, told before anybody does it (R11, D5, D9, D15)."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from billing.account import Account, AccountAt
from billing.carrier import carrier_balance
from billing.commitment import ChangeKind, GrantKind, Meter, MeterChange
from billing.conversation import conversation_usage
from billing.cost import cycle_cost
from billing.cycle import Cycle, current_cycle, next_cycle
from billing.figures import Figures
from billing.meter import MeterState
from billing.plan import BLOCK_SIZE
from billing.snapshot import CycleSnapshot, snapshot
from billing.terms import Terms
from billing.terms_change import TermsChange
from billing.view import Sums, seen, whole
from billing.window import WINDOW


@dataclass(frozen=True, slots=True)
class Side:
    """An account and its cycles' sums on one side of a change: before it, or after."""

    account: Account
    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class LapsedCommitment:
    """A scheduled commitment that will not come: blocks, or micro-euros."""

    meter: Meter
    amount: int
    effective_at: datetime
    effective_on: date

    @property
    def blocks(self) -> int | None:
        """Blocks, of conversations."""
        return self.amount if self.meter is Meter.CONVERSATIONS else None

    @property
    def amount_micros(self) -> int | None:
        """Micro-euros, of carrier costs."""
        return self.amount if self.meter is Meter.CARRIER else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What a change makes expire, and what was scheduled and will not come because of it."""

    conversations: int = 0
    balance_micros: int = 0
    scheduled_commitments: tuple[LapsedCommitment, ...] = ()
    scheduled_terms: Terms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCover:
    """The conversations that land in the cycle to come already, and what covers them there.

    `quota` is what the cycle has with the change, before blocks are added for it.
    """

    cycle_number: int
    conversations: int
    quota: int
    automatic_blocks: int
    automatic_price_micros: int

    @property
    def covered(self) -> bool:
        """Whether the quota holds them as it is."""
        return self.conversations <= self.quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a change would do.

    `before` and `after` are the cycle that holds the instant of its effect, without it and
    with it, as `seen`. `pending` is None where no cycle follows.
    """

    cycle_number: int
    price_micros: int
    effective_at: datetime
    effective_on: date
    computed_at: datetime
    before: CycleSnapshot
    after: CycleSnapshot
    lost: Losses
    pending: PendingCover | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterPreview(Preview):
    """What a change to a meter would do."""

    kind: ChangeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocksPreview(MeterPreview):
    """What buying blocks would do, and until when what opens lands in their cycle."""

    covers_until: datetime
    covers_new_conversations: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsPreview(Preview):
    """What a change of terms would do."""

    terms: Terms
    cancelled_scheduled: bool


def meter_preview(
    state: MeterState, change: MeterChange, before: Sums, after: Sums, *, effective_on: date
) -> MeterPreview:
    """Return what a change to a meter does, of the sums of its cycles around it."""
    current, following = state.current, state.following
    cycle = current if current is not None and change.cycle == current.number else following
    assert cycle is not None
    held = seen(cycle)
    return MeterPreview(
        kind=change.kind,
        cycle_number=change.cycle,
        price_micros=change.price_micros,
        effective_at=change.effective_at,
        effective_on=effective_on,
        computed_at=cycle.computed_at,
        before=snapshot(held, before[held]),
        after=snapshot(held, after[held]),
        lost=Losses(
            scheduled_commitments=_lapses(current, following, before[held], after[held]),
        ),
        pending=None if following is None else _pending_cover(following, following, before, after),
    )


def blocks_preview(preview: MeterPreview) -> BlocksPreview:
    """Say until when what opens lands in the cycle for which blocks are bought (D9, R11)."""
    covers_until = preview.after.ends_at - WINDOW
    return BlocksPreview(
        **{field.name: getattr(preview, field.name) for field in fields(preview)},
        covers_until=covers_until,
        covers_new_conversations=preview.computed_at < covers_until,
    )


def coming_cycle(account: Account, at: datetime) -> Cycle | None:
    """Return the cycle after the current one, also where the account ends before it would start.

    What was added to that one before stays with its number, and its number is all it has then.
    """
    current, following = current_cycle(account, at), next_cycle(account, at)
    if following is not None or current is None:
        return following
    return replace(current, id=f"{account.id}:{current.number + 1}", number=current.number + 1)


def ended_cycle(account: Account, change: TermsChange, at: datetime) -> Cycle | None:
    """Return the cycle that a change of terms ends at once; None where it ends none.

    `account` has the new terms.
    """
    if change.effective_at != at or change.terms.first_cycle == 0:
        return None
    return Cycle.of(account, change.terms.first_cycle - 1, at)


def terms_preview(before: Side, after: Side, change: TermsChange, *, at: datetime) -> TermsPreview:
    """Return what a change of terms does, of the account on both sides of it."""
    current, following = current_cycle(before.account, at), next_cycle(before.account, at)
    coming, ended = coming_cycle(before.account, at), ended_cycle(after.account, change, at)
    new = Cycle.of(after.account, change.terms.first_cycle, at)
    cycle = following if ended is None else current
    assert cycle is not None
    assert coming is not None
    held, new_held = seen(cycle), seen(new)
    sums, sums_after = before.sums[held], after.sums[new_held]
    scheduled = AccountAt(before.account, at).scheduled_change
    stays = scheduled is not None and change.terms.continues(scheduled)
    expired = Losses() if ended is None else _expired(ended, after.sums[ended])
    blocks_micros = cycle_cost(new_held, sums_after).commitment_micros
    return TermsPreview(
        terms=change.terms,
        cancelled_scheduled=change.cancels,
        cycle_number=new.number,
        price_micros=blocks_micros + sums_after.committed(Meter.CARRIER, new.number),
        effective_at=change.effective_at,
        effective_on=change.terms.starts_on,
        computed_at=at,
        before=snapshot(held, sums),
        after=snapshot(new_held, sums_after),
        lost=replace(
            expired,
            scheduled_commitments=_lapses(current, following, sums, sums_after),
            scheduled_terms=None if stays else scheduled,
        ),
        pending=_pending_cover(coming, new, before.sums, after.sums),
    )


def _lapses(
    current: Cycle | None, following: Cycle | None, before: Figures, after: Figures
) -> tuple[LapsedCommitment, ...]:
    """Return what was scheduled on the meters before a change, and no longer is after it."""
    if current is None or following is None:
        return ()
    return tuple(
        LapsedCommitment(
            meter=meter,
            amount=before.committed(meter, following.number),
            effective_at=following.starts_at,
            effective_on=following.starts_on,
        )
        for meter in Meter
        if before.committed(meter, following.number)
        not in (before.committed(meter, current.number), after.committed(meter, following.number))
    )


def _expired(ended: Cycle, figures: Figures) -> Losses:
    """Return what is left of a cycle that has just ended."""
    left = conversation_usage(ended, figures).left
    balance = carrier_balance(ended, figures)
    assert left is not None
    assert balance is not None
    return Losses(conversations=left, balance_micros=balance.left_micros)


def _pending_cover(cycle: Cycle, new: Cycle, sums: Sums, sums_after: Sums) -> PendingCover:
    """Return what awaits the cycle to come, which a change may have made a `new` one."""
    before, after = sums[whole(cycle)], sums_after[whole(new)]
    usage = conversation_usage(seen(new), after)
    assert usage.used is not None
    assert usage.quota is not None
    kind = GrantKind.AUTOMATIC_BLOCKS
    added = after.granted[kind] - before.granted[kind]
    return PendingCover(
        cycle_number=new.number,
        conversations=usage.used,
        quota=usage.quota - BLOCK_SIZE * added,
        automatic_blocks=added,
        automatic_price_micros=after.grant_prices_micros[kind] - before.grant_prices_micros[kind],
    )
