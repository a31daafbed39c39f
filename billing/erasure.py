"""Contacts that were erased: a random mark stands in the place of their identifier.

The mark groups a contact's messages as its identifier did, so that no count changes, and leads
nowhere: nothing is kept that joins the two. So a later message of the same contact is one of a
contact that nobody knows yet, and opens a conversation of its own.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from billing.errors import BadInputError
from billing.event import PLAIN, TEXT_MAX, Fact, Message
from billing.reversal import check_reason

_MARK = re.compile(r"erased:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """A contact that is no more: `mark` stands in its place in so many messages and windows."""

    mark: str
    messages: int
    conversations: int
    erased_at: datetime


def mark_of(erasure_id: UUID) -> str:
    """Return what stands in the place of an erased contact's identifier."""
    return f"erased:{erasure_id}"


def is_mark(contact: str) -> bool:
    """Tell whether a contact's identifier is the mark of an erased one: no event may bring one."""
    return _MARK.fullmatch(contact) is not None


def same(kept: Fact, sent: Fact) -> bool:
    """Tell whether a fact that was kept and one sent under the same id are one event (D12).

    Of an erased contact's message all but the contact is compared: who it was nobody knows.
    """
    if isinstance(kept, Message) and isinstance(sent, Message) and is_mark(kept.contact):
        return kept == replace(sent, contact=kept.contact)
    return kept == sent


def check(contact: str, reason: str) -> None:
    """Refuse to erase what can be no contact, and a reason that would keep its identifier.

    Raises:
        BadInputError: one of the two is malformed, or the reason names the contact.
    """
    if not (len(contact) <= TEXT_MAX and PLAIN.fullmatch(contact)) or is_mark(contact):
        raise BadInputError(
            f"It must be a contact's identifier, of 1 to {TEXT_MAX} characters.", field="contact"
        )
    check_reason(reason)
    if re.search(rf"(?<!\w){re.escape(contact)}(?!\w)", reason, re.IGNORECASE):
        raise BadInputError("It must not name the contact: it is kept.", field="reason")
