"""Broken rules as clients see them: typed members of a mutation's union."""

from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from billing import errors


@strawberry.interface(description="A rule that a mutation would break; nothing was changed.")
class Failure:
    message: str = strawberry.field(description="What is the matter, for people, in English.")


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


class RuleHandler:
    """Turns one exception of the domain into one type, wherever a field's union has it."""

    def __init__(self, exception_type: type[errors.RuleError], error_type: type[Failure]) -> None:
        self.exception_type = exception_type
        self.error_type = error_type

    def handle(self, exception: errors.RuleError, *, field: StrawberryField, info: Any) -> Failure:
        """Carry the message over."""
        return self.error_type(message=exception.message)


HANDLERS = [
    RuleHandler(errors.AccountExistsError, AccountExists),
    RuleHandler(errors.PlanNotOfferedError, PlanNotOffered),
    RuleHandler(errors.PriceListExistsError, PriceListExists),
    RuleHandler(errors.NothingToChangeError, NothingToChange),
    RuleHandler(errors.TermsNotAllowedError, TermsNotAllowed),
    RuleHandler(errors.AccountEndedError, AccountEnded),
]
