"""Meters, quotas and ledgers in plain dictionaries: what a random walk is compared with.

It shares nothing with the product: bounds come from the tests' own calendar, amounts are
summed over lists, steps are added one by one.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

WINDOW = timedelta(hours=168)
CLOSING = timedelta(hours=72)
EUR = 1_000_000
BLOCK_PRICE = 18 * EUR
SURCHARGED_PRICE = 21_600_000
BLOCKS, BALANCE = "CONVERSATIONS", "CARRIER"


@dataclass(frozen=True)
class Row:
    """One row of the ledger."""

    meter: str
    version: int
    kind: str
    cycle: int
    amount: int
    price: int
    effective_at: datetime
    recorded_at: datetime
    reason: str


@dataclass
class Model:
    """A monthly account of a plan that includes `included` conversations."""

    bounds: Sequence[datetime]
    included: int
    rows: list[Row] = field(default_factory=list)
    used: Counter[int] = field(default_factory=Counter)
    spent: Counter[int] = field(default_factory=Counter)
    automatic: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    reversed: list[tuple[str, int, int]] = field(default_factory=list)

    def number(self, at: datetime) -> int:
        return sum(bound <= at for bound in self.bounds) - 1

    def version(self, meter: str) -> int:
        return sum(row.meter == meter for row in self.rows)

    def committed(self, meter: str, cycle: int) -> int:
        amount = 0
        for row in self.rows:
            if (row.meter, row.kind) == (meter, "COMMITMENT") and row.cycle <= cycle:
                amount = row.amount
        return amount

    def once(self, kind: str, cycle: int) -> int:
        bought = sum(row.amount for row in self.rows if (row.kind, row.cycle) == (kind, cycle))
        return bought - sum(
            amount for kind_, cycle_, amount in self.reversed if (kind_, cycle_) == (kind, cycle)
        )

    def quota(self, cycle: int) -> int:
        blocks = self.committed(BLOCKS, cycle) + self.once("BLOCKS", cycle)
        return self.included + 100 * (blocks + sum(self.automatic[cycle]))

    def scheduled(self, meter: str, cycle: int) -> int | None:
        now, then = self.committed(meter, cycle), self.committed(meter, cycle + 1)
        return None if now == then else then

    # --- what is done

    def commit(self, meter: str, amount: int, at: datetime, reason: str) -> str:
        cycle = self.number(at)
        now = self.committed(meter, cycle)
        if amount == now and self.scheduled(meter, cycle) is None:
            return "NothingToChange"
        allowed = range(101) if meter == BLOCKS else range(25 * EUR, 1_000 * EUR + 1)
        if amount not in (0, now) and amount not in allowed:
            return "LimitExceeded"
        if now or not amount:
            cycle += 1
        self._add(meter, "COMMITMENT", cycle, amount, at=at, reason=reason)
        if meter == BLOCKS:
            self._cover(self.number(at) + 1)
        return "MeterChanged"

    def buy(self, blocks: int, ahead: int, at: datetime) -> str:
        if blocks > 100:
            return "LimitExceeded"
        cycle = self.number(at) + ahead
        self._add(BLOCKS, "BLOCKS", cycle, blocks, at=at, reason="addConversationBlocks")
        return "MeterChanged"

    def top_up(self, amount: int, at: datetime) -> str:
        cycle = self.number(at)
        if self.committed(BALANCE, cycle) < 25 * EUR:
            return "CommitmentNeeded"
        if not EUR <= amount <= 1_000 * EUR:
            return "LimitExceeded"
        self._add(BALANCE, "TOP_UP", cycle, amount, at=at, reason="topUpCarrierBalance")
        return "MeterChanged"

    def cancel(self, meter: str, at: datetime) -> str:
        now = self.committed(meter, self.number(at))
        return self.commit(meter, now, at, "cancelScheduledChange")

    def open(self, openings: Sequence[datetime], at: datetime) -> None:
        """Count conversations of contacts that have no other."""
        grown = set()
        for opening in openings:
            if opening >= self.bounds[0]:
                cycle = self._counting(opening + WINDOW, at)
                self.used[cycle] += 1
                grown.add(cycle)
        for cycle in grown:
            self._cover(cycle)

    def charge(self, occurred_at: datetime, amount: int, at: datetime) -> int | None:
        """Count a charge, and return in which cycle."""
        if occurred_at < self.bounds[0]:
            return None
        cycle = self._counting(occurred_at, at)
        self.spent[cycle] += amount
        return cycle

    def reverse_purchase(self, row: Row, at: datetime) -> None:
        cycle = self._open(row.cycle, at)
        self.reversed.append((row.kind, cycle, row.amount))
        if row.kind == "BLOCKS":
            self._cover(cycle)

    def reverse_conversation(self, opening: datetime, at: datetime) -> None:
        if opening >= self.bounds[0]:
            self.used[self._counting(opening + WINDOW, at)] -= 1

    def reverse_charge(self, cycle: int | None, amount: int, at: datetime) -> None:
        """Take a charge off the cycle that it counts in."""
        if cycle is not None:
            self.spent[self._open(cycle, at)] -= amount

    def _counting(self, instant: datetime, at: datetime) -> int:
        """Return the cycle that contains an instant, the current one where that is closed."""
        return self._open(self.number(instant), at)

    def _open(self, cycle: int, at: datetime) -> int:
        """Return a cycle, the current one where it is closed."""
        return self.number(at) if at >= self.bounds[cycle + 1] + CLOSING else cycle

    def _cover(self, cycle: int) -> None:
        commitment = self.included + 100 * self.committed(BLOCKS, cycle)
        while self.used[cycle] > self.quota(cycle):
            self.automatic[cycle].append(max(1, (commitment + 999) // 1_000))

    def _add(  # noqa: PLR0913 (a row's columns)
        self, meter: str, kind: str, cycle: int, amount: int, *, at: datetime, reason: str
    ) -> None:
        price = amount * (BLOCK_PRICE if meter == BLOCKS else 1)
        version, effective_at = self.version(meter) + 1, max(at, self.bounds[cycle])
        self.rows.append(Row(meter, version, kind, cycle, amount, price, effective_at, at, reason))

    # --- what is seen

    def replaced_by(self, row: Row) -> int | None:
        for later in self.rows:
            if (
                (later.meter, later.kind) == (row.meter, row.kind) == (row.meter, "COMMITMENT")
                and later.version > row.version
                and later.cycle <= row.cycle
                and later.recorded_at < row.effective_at
            ):
                return later.version
        return None

    def ledger(self) -> list[dict[str, Any]]:
        """Return the rows, newest first, as the API shows them."""
        ordered = sorted(
            self.rows, key=lambda row: (row.recorded_at, row.meter, row.version), reverse=True
        )
        return [
            {
                "meter": row.meter,
                "version": row.version,
                "kind": row.kind,
                "cycleNumber": row.cycle,
                "blocks": row.amount if row.meter == BLOCKS else None,
                "amount": money(row.amount) if row.meter == BALANCE else None,
                "price": money(row.price),
                "effectiveAt": zulu(row.effective_at),
                "recordedAt": zulu(row.recorded_at),
                "reason": row.reason,
                "replacedByVersion": self.replaced_by(row),
            }
            for row in ordered
        ]

    def cycle(self, number: int, *, current: bool) -> dict[str, Any]:
        """Return a cycle that has begun as the API shows it."""
        used, quota = self.used[number], self.quota(number)
        limit = self.committed(BALANCE, number) + self.once("TOP_UP", number)
        spent = self.spent[number]
        blocks = self.scheduled(BLOCKS, number) if current else None
        balance = self.scheduled(BALANCE, number) if current else None
        return {
            "number": number,
            "startsAt": zulu(self.bounds[number]),
            "conversationUsage": {
                "version": self.version(BLOCKS),
                "committed": 100 * self.committed(BLOCKS, number),
                "purchased": 100 * self.once("BLOCKS", number),
                "automatic": 100 * sum(self.automatic[number]),
                "quota": quota,
                "used": used,
                "left": max(0, quota - used),
                "over": max(0, used - quota),
                "scheduledChange": None if blocks is None else {"blocks": blocks},
            },
            "carrierBalance": {
                "version": self.version(BALANCE),
                "commitment": money(self.committed(BALANCE, number)),
                "toppedUp": money(self.once("TOP_UP", number)),
                "limit": money(limit),
                "spent": money(spent),
                "left": money(max(0, limit - spent)),
                "overspent": money(max(0, spent - limit)),
                "scheduledChange": None if balance is None else {"amount": money(balance)},
            },
            "cost": self.cost(number),
        }

    def cost(self, number: int) -> dict[str, str]:
        commitment = BLOCK_PRICE * self.committed(BLOCKS, number)
        blocks = BLOCK_PRICE * self.once("BLOCKS", number)
        automatic = SURCHARGED_PRICE * sum(self.automatic[number])
        carrier = self.committed(BALANCE, number) + self.once("TOP_UP", number)
        return {
            "commitment": money(commitment),
            "blocks": money(blocks),
            "automatic": money(automatic),
            "carrier": money(carrier),
            "total": money(commitment + blocks + automatic + carrier),
        }


def money(micros: int) -> str:
    """Write an amount with 2 to 6 digits after the point."""
    if micros < 0:
        return f"-{money(-micros)}"
    text = f"{micros // EUR}.{micros % EUR:06}"
    return text.rstrip("0") if not text.endswith("0000") else text[:-4]


def zulu(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
