"""Expected failures of the billing domain.

Hierarchy:

* BillingError                  carries `code`, and `field` where one input is to blame
  x AccessError                 refused access: always a GraphQL error
    x UnauthenticatedError      UNAUTHENTICATED
    x AdminOnlyError            ADMIN_ONLY
    x OperatorOnlyError         OPERATOR_ONLY
    x ScopeMissingError         SCOPE_MISSING
    x TrialNoAccessError        TRIAL_NO_ACCESS
    x NotFoundError             NOT_FOUND, also for what belongs to somebody else
  x BadInputError               BAD_USER_INPUT
  x CycleOutOfRangeError        CYCLE_OUT_OF_RANGE
  x RuleError                   a broken rule: a typed member of a mutation's union
    x AccountExistsError        ACCOUNT_EXISTS
    x PlanNotOfferedError       PLAN_NOT_OFFERED
    x PriceListExistsError      PRICE_LIST_EXISTS
    x NothingToChangeError      NOTHING_TO_CHANGE
    x TermsNotAllowedError      TERMS_NOT_ALLOWED
    x AccountEndedError         ACCOUNT_ENDED
    x NoCurrentCycleError       NO_CURRENT_CYCLE
    x LimitExceededError        LIMIT_EXCEEDED
    x CommitmentNeededError     COMMITMENT_NEEDED
    x StaleVersionError         STALE_VERSION
    x IdempotencyConflictError  IDEMPOTENCY_CONFLICT
    x AlreadyReversedError      ALREADY_REVERSED
    x NotDeadError              NOT_DEAD
    x ContactUnknownError       CONTACT_UNKNOWN
"""

from typing import ClassVar


class BillingError(Exception):
    """A failure the caller can act on; its message is written for the client."""

    code: ClassVar[str]

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class AccessError(BillingError):
    """The caller may not have what was asked for."""


class UnauthenticatedError(AccessError):
    """The field needs a caller and the request names none."""

    code = "UNAUTHENTICATED"


class AdminOnlyError(AccessError):
    """Only an admin of the account sees usage or changes commitments (R1)."""

    code = "ADMIN_ONLY"


class OperatorOnlyError(AccessError):
    """Only the platform's staff may do this (D1)."""

    code = "OPERATOR_ONLY"


class ScopeMissingError(AccessError):
    """Only a service whose key has the scope may do this (D1)."""

    code = "SCOPE_MISSING"


class TrialNoAccessError(AccessError):
    """An account in the free trial has no usage overview (R2)."""

    code = "TRIAL_NO_ACCESS"


class NotFoundError(AccessError):
    """The thing named does not exist, or belongs to somebody else (D2)."""

    code = "NOT_FOUND"


class BadInputError(BillingError):
    """An argument is malformed or outside its limits; `field` names it."""

    code = "BAD_USER_INPUT"


class CycleOutOfRangeError(BillingError):
    """Before cycle 0, after the one future cycle, or after the account's end (R4)."""

    code = "CYCLE_OUT_OF_RANGE"


class RuleError(BillingError):
    """A mutation would break a rule; nothing was changed."""


class AccountExistsError(RuleError):
    """There is an account with this external id already."""

    code = "ACCOUNT_EXISTS"


class PlanNotOfferedError(RuleError):
    """No price list of this plan and interval is in force at the instant asked for."""

    code = "PLAN_NOT_OFFERED"


class PriceListExistsError(RuleError):
    """The plan has a price list from this date on already."""

    code = "PRICE_LIST_EXISTS"


class NothingToChangeError(RuleError):
    """What was asked for holds already and nothing is scheduled."""

    code = "NOTHING_TO_CHANGE"


class TermsNotAllowedError(RuleError):
    """The terms asked for cannot follow the ones in force (D5)."""

    code = "TERMS_NOT_ALLOWED"


class AccountEndedError(RuleError):
    """The account has ended; its past stays readable, nothing new is taken (D6)."""

    code = "ACCOUNT_ENDED"


class NoCurrentCycleError(RuleError):
    """The account's first cycle has not started."""

    code = "NO_CURRENT_CYCLE"


class LimitExceededError(RuleError):
    """More, or less, than the plan lets customers do by themselves (D20).

    Of blocks there is a most, of micro-euros a least and a most.
    """

    code = "LIMIT_EXCEEDED"

    def __init__(
        self,
        message: str,
        *,
        field: str,
        blocks_max: int | None = None,
        amount_micros: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message, field=field)
        self.blocks_max = blocks_max
        self.amount_micros_min = amount_micros and amount_micros[0]
        self.amount_micros_max = amount_micros and amount_micros[1]


class CommitmentNeededError(RuleError):
    """A top-up needs a commitment (R15)."""

    code = "COMMITMENT_NEEDED"


class StaleVersionError(RuleError):
    """Meter or setting has changed since the caller saw it (D23); `version` is the current one."""

    code = "STALE_VERSION"

    def __init__(self, message: str, *, version: int) -> None:
        super().__init__(message, field="expectedVersion")
        self.version = version


class IdempotencyConflictError(RuleError):
    """The idempotency key was used for something else (D22)."""

    code = "IDEMPOTENCY_CONFLICT"


class NotDeadError(RuleError):
    """The delivery was not given up, so that nobody has to have it tried again."""

    code = "NOT_DEAD"


class AlreadyReversedError(RuleError):
    """The original was reversed before, and is at most once (D24)."""

    code = "ALREADY_REVERSED"


class ContactUnknownError(RuleError):
    """The account has no message of the contact: it never had, or the contact was erased."""

    code = "CONTACT_UNKNOWN"
