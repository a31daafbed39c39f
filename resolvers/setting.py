"""What an admin sets: low-balance alert, recharge, recipients of reminders, webhook (R16, D25)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from billing.account import Account, AccountAt
from billing.commitment import Meter
from billing.cycle import Cycle, current_cycle, next_cycle
from billing.errors import AccountEndedError, BadInputError, StaleVersionError
from billing.plan import Limits
from billing.setting import (
    AutoRecharge,
    LowBalanceAlert,
    Recipient,
    SettingKind,
    Settings,
    check_auto_recharge,
    check_low_balance_alert,
    check_recharge_limits,
    check_recipients,
)
from billing.snapshot import CycleSnapshot, snapshot
from billing.webhook import Webhook, changed_webhook, check_webhook_url
from db import setting, usage
from db.pool import Connection, acquire
from resolvers import access, crossing
from resolvers.context import Context
from resolvers.idempotency import Once, Request, change_once
from resolvers.principal import Role
from resolvers.webhook_secret import webhook_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingOutcome:
    """What came of setting something: kept, and given again to whoever sends it again.

    `cycle` is the current one, or the first where it has not started: a recharge may have
    followed at once. Of a webhook's secret is kept only that it was new.
    """

    settings: Settings
    new_secret: bool
    recorded_at: datetime
    cycle: CycleSnapshot


_OUTCOME = TypeAdapter(SettingOutcome)


@dataclass(frozen=True, slots=True)
class WebhookOutcome:
    """What came of setting a webhook, with its secret where that is new."""

    outcome: SettingOutcome
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a rule may look at, under the account's lock.

    `limits` are None for a caller whom the plan's do not bind.
    """

    conn: Connection
    settings: Settings
    limits: Limits | None


Rule = Callable[[_Found], Awaitable[object]]
"""Returns what to set."""

_OF_BALANCE = {SettingKind.LOW_BALANCE_ALERT, SettingKind.AUTO_RECHARGE}
"""What takes effect at once, if the balance is low already."""


async def settings_of_accounts(
    ctx: Context, accounts: Sequence[AccountAt]
) -> list[Settings | Exception]:
    """Return what is set for each account now."""
    refusals = [access.usage_refusal(ctx, account.account) for account in accounts]
    ids = [account.id for account, refused in zip(accounts, refusals, strict=True) if not refused]
    found: dict[UUID, Settings] = {}
    if ids:
        async with acquire(ctx.pool) as conn:
            found = await setting.of_accounts(conn, ids)
    return [
        refused or found[account.id] for account, refused in zip(accounts, refusals, strict=True)
    ]


async def set_low_balance_alert(
    ctx: Context,
    request: Request,
    *,
    threshold_micros: int | None,
    recipients: Sequence[Recipient],
) -> SettingOutcome:
    """Tell `recipients` of a balance at the threshold or below; nobody, if that is None."""
    alert = None
    if threshold_micros is not None:
        alert = LowBalanceAlert(threshold_micros=threshold_micros, recipients=tuple(recipients))
        check_low_balance_alert(alert)
    elif recipients:
        raise BadInputError("Without a threshold nobody is told.", field="recipients")
    once = _once("setLowBalanceAlert", request, threshold_micros, _listed(recipients))
    return await _set(ctx, request, SettingKind.LOW_BALANCE_ALERT, once, _always(alert))


async def set_auto_recharge(
    ctx: Context, request: Request, wanted: AutoRecharge | None
) -> SettingOutcome:
    """Recharge the balance as `wanted`; not at all, if that is None."""
    amounts = None
    if wanted is not None:
        check_auto_recharge(wanted)
        amounts = [wanted.threshold_micros, wanted.amount_micros, wanted.cycle_micros_max]

    async def rule(found: _Found) -> AutoRecharge | None:
        if wanted is not None and found.limits is not None:
            check_recharge_limits(wanted, found.limits)
        return wanted

    once = _once("setAutoRecharge", request, amounts)
    return await _set(ctx, request, SettingKind.AUTO_RECHARGE, once, rule)


async def set_reminder_recipients(
    ctx: Context, request: Request, recipients: Sequence[Recipient]
) -> SettingOutcome:
    """Remind `recipients`, and nobody else."""
    check_recipients(recipients)
    once = _once("setReminderRecipients", request, _listed(recipients))
    rule = _always(tuple(recipients))
    return await _set(ctx, request, SettingKind.REMINDER_RECIPIENTS, once, rule)


async def set_webhook(
    ctx: Context, request: Request, *, url: str | None, rotate_secret: bool
) -> WebhookOutcome:
    """Post notices to `url`, with a new secret to rotate it; not at all, if `url` is None."""
    if url is not None:
        check_webhook_url(url)
    elif rotate_secret:
        raise BadInputError("Without a URL there is no secret to rotate.", field="rotateSecret")

    account_id = access.account_id(ctx, request.account_id, field="accountId")

    async def rule(found: _Found) -> Webhook | None:
        if url is None:
            return None
        last = await setting.last_secret_number(found.conn, account_id)
        return changed_webhook(
            found.settings.webhook, url, last_secret_number=last, rotate=rotate_secret
        )

    once = _once("setWebhook", request, url, rotate_secret)
    outcome = await _set(ctx, request, SettingKind.WEBHOOK, once, rule)
    webhook, secret = outcome.settings.webhook, None
    if outcome.new_secret and webhook is not None:
        secret = webhook_secret(ctx.pepper, account_id, webhook.secret_number)
    return WebhookOutcome(outcome, secret)


def _once(mutation: str, request: Request, *arguments: object) -> Once[SettingOutcome]:
    return Once.of(
        _OUTCOME, request.idempotency_key, mutation, request.expected_version, *arguments
    )


def _listed(recipients: Sequence[Recipient]) -> list[list[str]]:
    return [[recipient.email, recipient.language.value] for recipient in recipients]


async def _set(
    ctx: Context, request: Request, kind: SettingKind, once: Once[SettingOutcome], rule: Rule
) -> SettingOutcome:
    """Set something, against the version that the caller saw.

    The order is key, version, rules (D22).

    Raises:
        NotFoundError, TrialNoAccessError: the caller may not have the account's settings.
        RuleError: what `rule` raises, a key used for something else, a stale version, an
            account that has ended.
    """
    user = access.admin_or_operator(ctx)
    account_id = access.account_id(ctx, request.account_id, field="accountId")

    async def change(conn: Connection, account: Account, at: datetime) -> SettingOutcome:
        before = (await setting.of_accounts(conn, [account_id]))[account_id]
        _check_version(before.version(kind), request.expected_version)
        cycle = _cycle(account, at)
        limits = None if user.role is Role.OPERATOR else cycle.price_list.limits
        value = await rule(_Found(conn, before, limits))
        after = before.changed(kind, value)
        await setting.insert(
            conn,
            account_id,
            kind,
            value,
            version=after.version(kind),
            recorded_at=at,
            recorded_by=user.subject,
        )
        if kind in _OF_BALANCE and at in cycle.period:
            await crossing.check(conn, {Meter.CARRIER: [cycle]}, at=at, set_anew=True)
        [figures] = await usage.of_cycles(conn, [cycle], meters=frozenset(Meter))
        return SettingOutcome(
            settings=after,
            new_secret=after.has_new_secret(before),
            recorded_at=at,
            cycle=snapshot(cycle, figures),
        )

    return await change_once(ctx, account_id, once, change)


def _always(value: object) -> Rule:
    async def rule(_found: _Found) -> object:
        return value

    return rule


def _check_version(version: int, expected: int) -> None:
    if expected != version:
        raise StaleVersionError(f"The setting is at version {version}.", version=version)


def _cycle(account: Account, at: datetime) -> Cycle:
    """Return the current cycle, or the first one where that has not started."""
    cycle = current_cycle(account, at) or next_cycle(account, at)
    if cycle is None:
        raise AccountEndedError("The account has ended.")
    return cycle
