"""Deliveries of notices that were given up, for operators."""

from datetime import datetime
from typing import Annotated

import strawberry

from billing.notice import NoticeKind
from resolvers import access, outbox
from schema.columns.batch import guarded
from schema.failures import NotDead
from schema.info import Info


@strawberry.type(description="A mail, or a post to a webhook, that was given up.")
class DeadLetter:
    id: strawberry.ID = strawberry.field(
        description="Its id: the one in a mail's Message-ID, and a post's webhook-id."
    )
    account_id: strawberry.ID = strawberry.field(description="Of which account it tells.")
    kind: NoticeKind = strawberry.field(description="What it is about.")
    target: str | None = strawberry.field(
        description="The address of e-mail, or scheme and host of the webhook, where it should "
        "have gone; null if it was given up before there were any letters."
    )
    attempts: int = strawberry.field(description="How often it was tried.")
    last_error: str = strawberry.field(description="Why the last attempt failed, in English.")
    recorded_at: datetime = strawberry.field(description="When it was written.")
    died_at: datetime = strawberry.field(description="When it was given up.")


@strawberry.input(description="Which delivery to try again.")
class ReplayDeliveryInput:
    id: strawberry.ID = strawberry.field(description="The id of a dead letter.")


@strawberry.type(description="The delivery is tried again, with as many attempts as a new one.")
class ReplayDeliverySuccess:
    id: strawberry.ID = strawberry.field(description="Its id, which is still the same.")
    due_at: datetime = strawberry.field(description="From when on it is tried.")


ReplayDeliveryResult = Annotated[
    ReplayDeliverySuccess | NotDead,
    strawberry.union(
        "ReplayDeliveryResult", description="When the delivery is due, or why it is not tried."
    ),
]


@guarded(
    access.operator,
    description="Try a delivery again that was given up. NOT_FOUND if there is none of this id.",
)
async def replay_delivery(
    info: Info,
    input: Annotated[ReplayDeliveryInput, strawberry.argument(description="Which one.")],
) -> ReplayDeliveryResult:
    """Try a delivery again."""
    replayed = await outbox.replay(info.context, input.id)
    return ReplayDeliverySuccess(id=strawberry.ID(str(replayed.id)), due_at=replayed.due_at)
