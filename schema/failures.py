"""Broken rules as clients see them: typed members of a mutation's union."""

from dataclasses import fields
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from billing import errors
from schema.scalars import Money


@strawberry.interface(description="A rule that a mutation would break; nothing was changed.")
class Failure:
    message: str = strawberry.field(description="What is the matter, for people, in English.")
    field: str | None = strawberry.field(description="The input to blame, where it is one.")


@strawberry.type(description="There is an account with this external id already.")
class AccountExists(Failure):
    pass


@strawberry.type(description="No price list of this plan and interval is in force by then.")
class PlanNotOffered(Failure):
    pass


@strawberry.type(description="The plan has a price list for that interval and instant already.")
class PriceListExists(Failure):
    pass


@strawberry.type(description="What was asked for holds already, and nothing is scheduled.")
class NothingToChange(Failure):
    pass


@strawberry.type(description="The terms asked for cannot follow the ones in force.")
class TermsNotAllowed(Failure):
    pass


@strawberry.type(description="The account has ended.")
class AccountEnded(Failure):
    pass


@strawberry.type(description="The account's first cycle has not started.")
class NoCurrentCycle(Failure):
    pass


@strawberry.type(
    description="More, or less, than the plan lets customers do by themselves: the limits are of "
    "blocks, or of an amount."
)
class LimitExceeded(Failure):
    blocks_max: int | None = strawberry.field(description="The most blocks that can be asked for.")
    amount_micros_min: Money | None = strawberry.field(
        name="amountMin", description="The least amount; a commitment may also be 0."
    )
    amount_micros_max: Money | None = strawberry.field(
        name="amountMax", description="The largest amount."
    )


@strawberry.type(description="A top-up needs a commitment.")
class CommitmentNeeded(Failure):
    pass


@strawberry.type(description="What was to be changed has changed since: look again, then decide.")
class StaleVersion(Failure):
    version: int = strawberry.field(description="Its version now.")


@strawberry.type(description="The idempotency key was used for something else.")
class IdempotencyConflict(Failure):
    pass


@strawberry.type(description="The original was reversed before.")
class AlreadyReversed(Failure):
    pass


@strawberry.type(description="The delivery was not given up, or is tried again already.")
class NotDead(Failure):
    pass


@strawberry.type(
    description="The account has no message of this contact: it never had one, or it was erased."
)
class ContactUnknown(Failure):
    pass


class RuleHandler:
    """Turns one exception of the domain into one type, wherever a field's union has it."""

    def __init__(self, exception_type: type[errors.RuleError], error_type: type[Failure]) -> None:
        self.exception_type = exception_type
        self.error_type = error_type
        self._names = [field.name for field in fields(error_type)]

    def handle(self, exception: errors.RuleError, *, field: StrawberryField, info: Any) -> Failure:
        """Carry over what the type tells."""
        return self.error_type(**{name: getattr(exception, name) for name in self._names})


HANDLERS = [
    RuleHandler(errors.AccountExistsError, AccountExists),
    RuleHandler(errors.PlanNotOfferedError, PlanNotOffered),
    RuleHandler(errors.PriceListExistsError, PriceListExists),
    RuleHandler(errors.NothingToChangeError, NothingToChange),
    RuleHandler(errors.TermsNotAllowedError, TermsNotAllowed),
    RuleHandler(errors.AccountEndedError, AccountEnded),
    RuleHandler(errors.NoCurrentCycleError, NoCurrentCycle),
    RuleHandler(errors.LimitExceededError, LimitExceeded),
    RuleHandler(errors.CommitmentNeededError, CommitmentNeeded),
    RuleHandler(errors.StaleVersionError, StaleVersion),
    RuleHandler(errors.IdempotencyConflictError, IdempotencyConflict),
    RuleHandler(errors.AlreadyReversedError, AlreadyReversed),
    RuleHandler(errors.NotDeadError, NotDead),
    RuleHandler(errors.ContactUnknownError, ContactUnknown),
]
