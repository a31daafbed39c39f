"""The one place that decides who may do what (R1, R2, D1, D2)."""

from uuid import UUID

from billing.account import Account
from billing.errors import (
    AdminOnlyError,
    BadInputError,
    NotFoundError,
    OperatorOnlyError,
    ScopeMissingError,
    TrialNoAccessError,
    UnauthenticatedError,
)
from resolvers.context import Context
from resolvers.principal import Anonymous, Role, Scope, Service, User


def admin_or_operator(ctx: Context) -> User:
    """Return the caller who may read an account.

    Raises:
        UnauthenticatedError: nobody is calling.
        AdminOnlyError: the caller is a member, or a service.
    """
    if isinstance(ctx.principal, Anonymous):
        raise UnauthenticatedError("This needs a token.")
    if not isinstance(ctx.principal, User) or ctx.principal.role is Role.MEMBER:
        raise AdminOnlyError("Only an admin of the account may see this.")
    return ctx.principal


def operator(ctx: Context) -> User:
    """Return the caller who may manage plans and accounts.

    Raises:
        UnauthenticatedError: nobody is calling.
        OperatorOnlyError: the caller is not the platform's staff.
    """
    if isinstance(ctx.principal, Anonymous):
        raise UnauthenticatedError("This needs a token.")
    if not isinstance(ctx.principal, User) or ctx.principal.role is not Role.OPERATOR:
        raise OperatorOnlyError("Only an operator may do this.")
    return ctx.principal


def sender(ctx: Context) -> Service | User:
    """Return the caller who may ask whether to send: a service that sends, or an operator.

    Raises:
        UnauthenticatedError: nobody is calling.
        ScopeMissingError: the caller is another service, or a customer.
    """
    if isinstance(ctx.principal, Anonymous):
        raise UnauthenticatedError("This needs a service key.")
    if not _has_scope(ctx.principal, Scope.SEND):
        raise ScopeMissingError("Only a service whose key has the scope send may ask this.")
    return ctx.principal


def _has_scope(principal: Service | User, scope: Scope) -> bool:
    """Tell whether a caller has a scope; the platform's staff has all."""
    if isinstance(principal, Service):
        return scope in principal.scopes
    return principal.role is Role.OPERATOR


def account_id(ctx: Context, id: str | None, *, field: str = "id") -> UUID:
    """Return the account that the caller means by `id`, which may be none for its own.

    `field` is what the input calls the id.

    Another tenant's account is refused before it is looked for, so that it cannot be
    told from one that does not exist.

    Raises:
        BadInputError: an operator names no account, or `id` is no id at all.
        NotFoundError: it is not the caller's.
    """
    user = admin_or_operator(ctx)
    if id is None:
        if user.account_id is None:
            raise BadInputError("An operator has no account: name one.", field=field)
        return user.account_id
    wanted = uuid_of(id)
    if wanted is None:
        raise BadInputError("It is not an account's id.", field=field)
    if user.role is not Role.OPERATOR and wanted != user.account_id:
        raise account_not_found()
    return wanted


def uuid_of(text: str) -> UUID | None:
    """Read an id in the one form in which ids are given out; None for any other text."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def account_not_found() -> NotFoundError:
    """Return the one answer for what does not exist and for what is somebody else's."""
    return NotFoundError("There is no such account.")


def usage_refusal(ctx: Context, account: Account) -> TrialNoAccessError | None:
    """Return why the account's cycles are not shown; None if they are (R2)."""
    if account.in_trial(ctx.now):
        return TrialNoAccessError("An account in the free trial has no usage overview.")
    return None
