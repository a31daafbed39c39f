"""Who asks: nobody, a person with a token, or a service with a key (D1)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias
from uuid import UUID


class Role(Enum):
    """What a token makes of a person."""

    ADMIN = "admin"
    """Sees the account's usage and changes its commitments (R1)."""

    MEMBER = "member"
    """Belongs to the account and sees nothing here."""

    OPERATOR = "operator"
    """The platform's staff: any account, beyond customers' limits."""


class Scope(Enum):
    """What a key lets a service do."""

    INGEST = "ingest"
    """Bring events in."""

    SEND = "send"
    """Ask whether paid messages may be sent."""


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody: the request names no caller."""


@dataclass(frozen=True, slots=True)
class User:
    """A person, as a verified token names them.

    `account_id` is None only for operators. From `expires_at` on the token is no good; long-lived
    sockets close then.
    """

    subject: str
    role: Role
    account_id: UUID | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Service:
    """One of the platform's services, known by its key."""

    key_prefix: str
    scopes: frozenset[Scope]


Principal: TypeAlias = Anonymous | User | Service
