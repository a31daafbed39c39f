"""Events that arrive together: what of them is taken, and what becomes of each (D12, D13).

All goes by account, of which a batch has few: what its events have in common is looked up once.
"""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from billing.account import Account, account_id_of
from billing.erasure import same
from billing.event import (
    LABELS_MAX,
    Charge,
    Event,
    EventId,
    Fact,
    Facts,
    Label,
    LabelKind,
    Message,
    Rejection,
    RejectionCode,
    SourceId,
    judge,
    taken,
)

Placed: TypeAlias = tuple[int, Event]
"""An event and its index in the request."""


@dataclass(slots=True)
class Told:
    """What became of a batch's events; `duplicates` includes `conflicts`."""

    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: list[tuple[int, Event, Rejection]] = field(default_factory=list)


class Batch:
    """Events by account, and those of them that are rejected so far."""

    def __init__(self, events: Iterable[Placed]) -> None:
        """Group events by what the platform calls their account."""
        groups: dict[str, list[Placed]] = defaultdict(list)
        for placed in events:
            groups[placed[1].external_id].append(placed)
        self._groups = {account_id_of(name): group for name, group in groups.items()}
        self._accounts: Mapping[UUID, Account] = {}
        self._rejections: dict[int, Rejection] = {}

    @property
    def account_ids(self) -> Collection[UUID]:
        """The accounts that events are of, if there are such accounts."""
        return self._groups.keys()

    def judge(self, accounts: Mapping[UUID, Account], at: datetime) -> None:
        """Reject what is not taken at `at`. Only what is no message of the usual time is asked."""
        self._accounts = accounts
        for account_id, group in self._groups.items():
            account = accounts.get(account_id)
            period = None if account is None else taken(account, at)
            for index, event in group:
                fact = event.fact
                usual = period is not None and period.start <= fact.occurred_at < period.end
                if usual and isinstance(fact, Message):
                    continue
                rejection = judge(event, account, at)
                if rejection is not None:
                    self._rejections[index] = rejection

    def labels(self) -> list[Label]:
        """Return the labels in use, by account: what appears first gets the last places."""
        labels: list[Label] = []
        for account_id, group in self._groups.items():
            facts = [event.fact for _, event in self._left(group)]
            channels = dict.fromkeys(fact.channel for fact in facts if isinstance(fact, Message))
            features = dict.fromkeys(fact.feature for fact in facts if isinstance(fact, Charge))
            labels += [Label(account_id, LabelKind.CHANNEL, name) for name in channels]
            labels += [Label(account_id, LabelKind.FEATURE, name) for name in features]
        return labels

    def refuse(self, labels: Container[Label]) -> None:
        """Reject what uses labels that their accounts may not use (D13)."""
        for group in self._groups.values():
            for index, event in self._left(group):
                if event.label in labels:
                    self._rejections[index] = _too_many(event.label)

    def facts(self) -> Facts:
        """Return what is to be stored: of several under one id, what came first.

        Accounts' ids are those that the accounts bring: the database's are compared much faster
        than those made here, and each is compared once for each of its events.
        """
        facts: dict[UUID, dict[SourceId, Fact]] = {}
        for account_id, group in self._groups.items():
            kept: dict[SourceId, Fact] = {}
            for _, event in self._left(group):
                kept.setdefault((event.source, event.id), event.fact)
            if kept:
                facts[self._accounts[account_id].id] = kept
        return facts

    def others(self, new: Facts) -> set[EventId]:
        """Return the ids of the events that are not among the `new` ones."""
        others: set[EventId] = set()
        for account_id, group in self._groups.items():
            own = new.get(account_id, {})
            if len(own) < len(group):
                others.update(
                    EventId(account_id, event.source, event.id)
                    for _, event in group
                    if (event.source, event.id) not in own
                )
        return others

    def told(self, new: Facts, known: Mapping[EventId, Fact]) -> Told:
        """Tell what became of the events: `new` was stored, and `known` is what was before."""
        told = Told()
        for account_id, group in self._groups.items():
            own = new.get(account_id, {})
            if len(own) == len(group):  # nothing came twice, and nothing was there
                told.accepted += len(group)
            else:
                self._tell(told, account_id, own, known)
        return told

    def _tell(
        self,
        told: Told,
        account_id: UUID,
        new: Mapping[SourceId, Fact],
        known: Mapping[EventId, Fact],
    ) -> None:
        """Add what became of an account's events, one by one."""
        first = set(new)
        for index, event in self._groups[account_id]:
            id_ = event.source, event.id
            kept = new.get(id_) or known.get(EventId(account_id, *id_))
            if id_ in first and index not in self._rejections:
                first.remove(id_)
                told.accepted += 1
            elif kept is not None:
                told.duplicates += 1
                told.conflicts += not same(kept, event.fact)
            else:
                told.rejected.append((index, event, self._rejections[index]))

    def _left(self, group: Iterable[Placed]) -> Iterable[Placed]:
        """Return those of a group that are not rejected."""
        if not self._rejections:
            return group
        return [placed for placed in group if placed[0] not in self._rejections]


def _too_many(label: Label) -> Rejection:
    kind = label.kind.value.lower()
    return Rejection(
        RejectionCode.TOO_MANY_CHANNELS,
        f"data.{kind}: the account uses {LABELS_MAX} {kind}s already, as many as it may.",
    )
