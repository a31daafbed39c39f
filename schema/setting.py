"""What an admin sets for an account, and the mutations that set it."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

import billing.setting
from billing.setting import RECIPIENTS_MAX, Language
from resolvers import access, setting
from resolvers.setting import SettingOutcome, WebhookOutcome
from schema.change import ChangeInput
from schema.columns.batch import guarded, reckoned
from schema.failures import AccountEnded, IdempotencyConflict, LimitExceeded, StaleVersion
from schema.info import Info
from schema.meter import CycleSnapshot
from schema.scalars import Money


@strawberry.type(description="Somebody who gets mails.")
class Recipient:
    email: str = strawberry.field(description="The address.")
    language: Language = strawberry.field(description="In which language.")


@strawberry.type(description="When mails tell that little balance is left, and whom.")
class LowBalanceAlert:
    threshold_micros: Money = strawberry.field(
        name="threshold", description="They are sent once the balance left is this, or below."
    )
    recipients: list[Recipient] = strawberry.field(
        description="Who gets them; where there are none, those of the reminders.",
        metadata=reckoned(RECIPIENTS_MAX),
    )


@strawberry.type(description="Balance that is added when little is left.")
class AutoRecharge:
    threshold_micros: Money = strawberry.field(
        name="threshold", description="It is added once the balance left is below this."
    )
    amount_micros: Money = strawberry.field(
        name="amount", description="How much is added at a time, as a top-up."
    )
    cycle_micros_max: Money = strawberry.field(
        name="perCycleMax", description="How much is added in a cycle at most."
    )


@strawberry.type(description="Where notices are posted to, by the rules of Standard Webhooks.")
class Webhook:
    url: str = strawberry.field(description="The URL.")


@strawberry.type(
    description="What an admin has set. Versions count how often each was set: 0 means never."
)
class AccountSettings:
    low_balance_alert: LowBalanceAlert | None = strawberry.field(
        description="The alert of a low balance; null while it is off."
    )
    low_balance_alert_version: int = strawberry.field(description="Its version.")
    auto_recharge: AutoRecharge | None = strawberry.field(
        description="The automatic recharge; null while it is off."
    )
    auto_recharge_version: int = strawberry.field(description="Its version.")
    reminder_recipients: list[Recipient] = strawberry.field(
        description="Who is reminded of usage; nobody while it is empty.",
        metadata=reckoned(RECIPIENTS_MAX),
    )
    reminder_recipients_version: int = strawberry.field(description="The version of this list.")
    webhook: Webhook | None = strawberry.field(description="The webhook; null while it is off.")
    webhook_version: int = strawberry.field(description="Its version.")


@strawberry.input(description="Somebody to send mails to.")
class RecipientInput:
    email: str = strawberry.field(
        description="One address such as anna@example.com, in ASCII, without quotes: at most 64 "
        "characters before the @ and 254 in all."
    )
    language: Language = strawberry.field(description="In which language.")

    def recipient(self) -> billing.setting.Recipient:
        return billing.setting.Recipient(self.email, self.language)


@strawberry.input(description="An alert of a low balance.")
class SetLowBalanceAlertInput(ChangeInput):
    threshold: Money | None = strawberry.field(
        default=None,
        description="The balance left at which it is sent, 0 to a billion; null, or nothing, "
        "turns it off.",
    )
    recipients: list[RecipientInput] = strawberry.field(
        default_factory=list,
        description="Who gets it, at most 20 and nobody twice; where there are none, the "
        "recipients of the reminders.",
    )


@strawberry.type(description="What every reply to a change of a setting says.")
class _SettingChanged:
    version: int = strawberry.field(description="The setting's version after the change.")
    recorded_at: datetime = strawberry.field(description="The instant of the change.")
    cycle: CycleSnapshot = strawberry.field(
        description="The current cycle with both meters, or the first one where it has not started."
    )


@strawberry.type(
    description="The alert was set, now or when its idempotency key was first sent: the same key "
    "gives the same answer."
)
class LowBalanceAlertChanged(_SettingChanged):
    low_balance_alert: LowBalanceAlert | None = strawberry.field(
        description="The alert; null if it is off."
    )

    @classmethod
    def of(cls, outcome: SettingOutcome) -> "LowBalanceAlertChanged":
        return cls(
            low_balance_alert=cast(LowBalanceAlert | None, outcome.settings.low_balance_alert),
            version=outcome.settings.low_balance_alert_version,
            recorded_at=outcome.recorded_at,
            cycle=cast(CycleSnapshot, outcome.cycle),
        )


SetLowBalanceAlertResult = Annotated[
    LowBalanceAlertChanged | StaleVersion | IdempotencyConflict | AccountEnded,
    strawberry.union("SetLowBalanceAlertResult", description="The alert, or why it was not set."),
]


@guarded(
    access.admin_or_operator,
    description="Set at which balance left mails are sent, and to whom. If so little is left "
    "already, they are sent now.",
)
async def set_low_balance_alert(
    info: Info,
    input: Annotated[SetLowBalanceAlertInput, strawberry.argument(description="The alert.")],
) -> SetLowBalanceAlertResult:
    """Set the alert."""
    return LowBalanceAlertChanged.of(
        await setting.set_low_balance_alert(
            info.context,
            input.request(),
            threshold_micros=input.threshold,
            recipients=[each.recipient() for each in input.recipients],
        )
    )


@strawberry.input(description="When to add balance, and how much.")
class AutoRechargeInput:
    threshold: Money = strawberry.field(
        description="Balance is added once less than this is left, 0 to a billion."
    )
    amount: Money = strawberry.field(
        description="How much at a time: more than 0; for customers as a top-up, from 1 to 1,000 "
        "unless the plan says otherwise."
    )
    per_cycle_max: Money = strawberry.field(
        description="How much in a cycle at most: from the amount to 1,000 times the amount."
    )

    def rules(self) -> billing.setting.AutoRecharge:
        """Return what the input says as the domain's setting."""
        return billing.setting.AutoRecharge(
            threshold_micros=self.threshold,
            amount_micros=self.amount,
            cycle_micros_max=self.per_cycle_max,
        )


@strawberry.input(description="The automatic recharge.")
class SetAutoRechargeInput(ChangeInput):
    auto_recharge: AutoRechargeInput | None = strawberry.field(
        default=None, description="When and how much; null, or nothing, turns it off."
    )


@strawberry.type(
    description="The recharge was set, now or when its idempotency key was first sent: the same "
    "key gives the same answer."
)
class AutoRechargeChanged(_SettingChanged):
    auto_recharge: AutoRecharge | None = strawberry.field(
        description="The recharge; null if it is off."
    )

    @classmethod
    def of(cls, outcome: SettingOutcome) -> "AutoRechargeChanged":
        return cls(
            auto_recharge=cast(AutoRecharge | None, outcome.settings.auto_recharge),
            version=outcome.settings.auto_recharge_version,
            recorded_at=outcome.recorded_at,
            cycle=cast(CycleSnapshot, outcome.cycle),
        )


SetAutoRechargeResult = Annotated[
    AutoRechargeChanged | LimitExceeded | StaleVersion | IdempotencyConflict | AccountEnded,
    strawberry.union("SetAutoRechargeResult", description="The recharge, or why it was not set."),
]


@guarded(
    access.admin_or_operator,
    description="Set when balance is added automatically, and how much. Like a top-up it needs a "
    "commitment. If so little is left already, it is added now.",
)
async def set_auto_recharge(
    info: Info,
    input: Annotated[SetAutoRechargeInput, strawberry.argument(description="The recharge.")],
) -> SetAutoRechargeResult:
    """Set the recharge."""
    wanted = None if input.auto_recharge is None else input.auto_recharge.rules()
    return AutoRechargeChanged.of(
        await setting.set_auto_recharge(info.context, input.request(), wanted)
    )


@strawberry.input(description="Who is reminded of usage.")
class SetReminderRecipientsInput(ChangeInput):
    recipients: list[RecipientInput] = strawberry.field(
        description="All of them, at most 20 and nobody twice; an empty list turns reminders by "
        "mail off."
    )


@strawberry.type(
    description="The recipients were set, now or when their idempotency key was first sent: the "
    "same key gives the same answer."
)
class ReminderRecipientsChanged(_SettingChanged):
    reminder_recipients: list[Recipient] = strawberry.field(
        description="All of them.", metadata=reckoned(RECIPIENTS_MAX)
    )

    @classmethod
    def of(cls, outcome: SettingOutcome) -> "ReminderRecipientsChanged":
        return cls(
            reminder_recipients=cast(list[Recipient], outcome.settings.reminder_recipients),
            version=outcome.settings.reminder_recipients_version,
            recorded_at=outcome.recorded_at,
            cycle=cast(CycleSnapshot, outcome.cycle),
        )


SetReminderRecipientsResult = Annotated[
    ReminderRecipientsChanged | StaleVersion | IdempotencyConflict | AccountEnded,
    strawberry.union(
        "SetReminderRecipientsResult", description="The recipients, or why they were not set."
    ),
]


@guarded(access.admin_or_operator, description="Set who is reminded of usage by mail.")
async def set_reminder_recipients(
    info: Info,
    input: Annotated[
        SetReminderRecipientsInput, strawberry.argument(description="The recipients.")
    ],
) -> SetReminderRecipientsResult:
    """Set the recipients."""
    return ReminderRecipientsChanged.of(
        await setting.set_reminder_recipients(
            info.context, input.request(), [each.recipient() for each in input.recipients]
        )
    )


@strawberry.input(description="A webhook.")
class SetWebhookInput(ChangeInput):
    url: str | None = strawberry.field(
        default=None,
        description="Where to post to; null, or nothing, turns it off. In ASCII, at most 2,000 "
        "characters, https, port 443 or 1024 to 65535, without user and fragment; its host is a "
        "public address, or a name with a dot that is not one of a private network.",
    )
    rotate_secret: bool = strawberry.field(
        default=False, description="Whether it gets a new secret. It always does if it was off."
    )


@strawberry.type(
    description="The webhook was set, now or when its idempotency key was first sent: the same key "
    "gives the same answer."
)
class WebhookChanged(_SettingChanged):
    webhook: Webhook | None = strawberry.field(description="The webhook; null if it is off.")
    secret: str | None = strawberry.field(
        description="What its messages are signed with, where that is new: it is shown this once."
    )

    @classmethod
    def of(cls, result: WebhookOutcome) -> "WebhookChanged":
        return cls(
            webhook=cast(Webhook | None, result.outcome.settings.webhook),
            version=result.outcome.settings.webhook_version,
            recorded_at=result.outcome.recorded_at,
            cycle=cast(CycleSnapshot, result.outcome.cycle),
            secret=result.secret,
        )


SetWebhookResult = Annotated[
    WebhookChanged | StaleVersion | IdempotencyConflict | AccountEnded,
    strawberry.union("SetWebhookResult", description="The webhook, or why it was not set."),
]


@guarded(
    access.admin_or_operator,
    description="Set where notices are posted to. Only a new secret is shown.",
)
async def set_webhook(
    info: Info, input: Annotated[SetWebhookInput, strawberry.argument(description="The webhook.")]
) -> SetWebhookResult:
    """Set the webhook."""
    return WebhookChanged.of(
        await setting.set_webhook(
            info.context,
            input.request(),
            url=input.url,
            rotate_secret=input.rotate_secret,
        )
    )
