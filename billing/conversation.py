"""Standard conversations: one cycle's usage against its quota (R8 to R12, D10, D14, D16)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from billing.commitment import Adjustment, GrantKind, Meter
from billing.cycle import Cycle, CycleState
from billing.figures import Figures
from billing.instant import local
from billing.plan import BLOCK_SIZE
from billing.scheduled import ScheduledAmount, scheduled_amount
from billing.window import WINDOW


@dataclass(slots=True, unsafe_hash=True)  # not frozen, as a Cycle is not
class ChannelUsage:
    """One channel's conversations: `used` in past and current cycles, `pending` in the future."""

    channel: str
    used: int | None
    pending: int | None


@dataclass(slots=True, unsafe_hash=True, kw_only=True)
class ConversationNumbers:
    """What a cycle's conversations come to; quota and usage are None in the future cycle.

    All numbers count conversations. ``commitment = included + committed`` and
    ``quota = commitment + purchased + automatic`` (D14).
    """

    version: int = 0
    included: int | None = None
    committed: int | None = None
    commitment: int | None = None
    purchased: int | None = None
    automatic: int | None = None
    quota: int | None = None
    used: int | None = None
    completed: int | None = None
    in_progress: int | None = None
    pending: int = 0
    left: int | None = None
    over: int | None = None
    percent_of_commitment: int | None = None
    percent_of_quota: int | None = None
    by_channel: tuple[ChannelUsage, ...]
    adjustments: tuple[Adjustment, ...] = ()
    scheduled_change: ScheduledAmount | None = None


@dataclass(slots=True, unsafe_hash=True, kw_only=True)
class ConversationUsage(ConversationNumbers):
    """The same with the cycle, from which the conversations behind the numbers are found."""

    cycle: Cycle = field(repr=False)


def conversation_usage(cycle: Cycle, figures: Figures) -> ConversationUsage:
    """Apply the table of D10 and the quota of D14 to a cycle's sums."""
    if cycle.state is CycleState.FUTURE:
        return _pending(cycle, figures)
    by_channel = figures.used_by_channel()
    used = sum(by_channel.values())
    in_progress = sum(figures.conversations.values()) - figures.completed
    included = cycle.price_list.included
    committed = BLOCK_SIZE * figures.committed(Meter.CONVERSATIONS, cycle.number)
    purchased = BLOCK_SIZE * figures.granted[GrantKind.BLOCKS]
    automatic = BLOCK_SIZE * figures.granted[GrantKind.AUTOMATIC_BLOCKS]
    commitment = included + committed
    quota = commitment + purchased + automatic
    return ConversationUsage(
        cycle=cycle,
        version=figures.versions[Meter.CONVERSATIONS],
        scheduled_change=scheduled_amount(cycle, figures, Meter.CONVERSATIONS),
        included=included,
        committed=committed,
        commitment=commitment,
        purchased=purchased,
        automatic=automatic,
        quota=quota,
        used=used,
        completed=used - in_progress,
        in_progress=in_progress,
        left=max(0, quota - used),
        over=max(0, used - quota),
        percent_of_commitment=percent(used, commitment),
        percent_of_quota=percent(used, quota),
        by_channel=tuple(
            [ChannelUsage(channel, count, None) for channel, count in sorted(by_channel.items())]
        ),
        adjustments=tuple([each for each in figures.booked if each.meter is Meter.CONVERSATIONS]),
    )


def _pending(cycle: Cycle, figures: Figures) -> ConversationUsage:
    """Show the future cycle: only the conversations carried over into it (R7)."""
    by_channel = {channel: count for channel, count in figures.conversations.items() if count}
    return ConversationUsage(
        cycle=cycle,
        version=figures.versions[Meter.CONVERSATIONS],
        pending=sum(by_channel.values()),
        by_channel=tuple(
            [ChannelUsage(channel, None, count) for channel, count in sorted(by_channel.items())]
        ),
    )


def percent(part: int, whole: int) -> int | None:
    """Return the percentage, rounded down and not capped; None of nothing (D16)."""
    return None if whole <= 0 else part * 100 // whole


class ConversationState(Enum):
    """Whether the window still lasts."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One window, the message that opened it, and the cycle it lands in (D9).

    `opened_source` and `opened_id` name the opening message. Where that came when the cycle
    was closed and added to it, `booked_cycle` is the one that carries it (D11).
    """

    cycle: Cycle = field(repr=False)
    contact: str
    channel: str
    closes_at: datetime
    opened_source: str
    opened_id: str
    booked_cycle: int | None

    @property
    def opened_at(self) -> datetime:
        """The instant of the opening message."""
        return self.closes_at - WINDOW

    @property
    def state(self) -> ConversationState:
        """Whether the window still lasts at the operation's instant."""
        open_ = self.cycle.computed_at < self.closes_at
        return ConversationState.OPEN if open_ else ConversationState.CLOSED

    @property
    def late(self) -> bool:
        """Whether it came when the cycle was closed, which kept its number."""
        return self.booked_cycle is not None

    @property
    def counts_in_cycle(self) -> int:
        """The number of the cycle whose usage has it."""
        return self.cycle.number if self.booked_cycle is None else self.booked_cycle

    @property
    def why(self) -> str:
        """Why it counts where it does, for people."""
        zone, number = self.cycle.time_zone, self.cycle.number
        reason = (
            f"Opened by {self.opened_id} on {local(zone, self.opened_at):%Y-%m-%d %H:%M}; its "
            f"7 days end on {local(zone, self.closes_at):%Y-%m-%d %H:%M} ({zone}), "
            f"in cycle {number}."
        )
        if not self.late:
            return reason
        return (
            f"{reason} The message arrived when cycle {number} was closed, so that the change is "
            f"booked as an adjustment in cycle {self.counts_in_cycle}."
        )
