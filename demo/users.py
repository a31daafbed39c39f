"""The demo's users: an admin of each account, and one member, to see what members see."""

from datetime import datetime

from demo.accounts import DemoAccount, accounts
from edge.demo import DemoUsers
from resolvers.principal import Role

WITH_MEMBER = "acme-support"
"""The account that a member can be chosen of."""


def users(laid_out_at: datetime) -> tuple[DemoUsers, ...]:
    """Return the users of the accounts as they were laid out."""
    return tuple(_of(account) for account in accounts(laid_out_at))


def _of(account: DemoAccount) -> DemoUsers:
    has_member = account.external_id == WITH_MEMBER
    return DemoUsers(
        account=account.external_id,
        name=account.name,
        plan=account.plan,
        interval=None if account.interval is None else account.interval.value,
        time_zone=account.time_zone,
        roles=(Role.ADMIN, Role.MEMBER) if has_member else (Role.ADMIN,),
    )
