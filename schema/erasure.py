"""The mutation with which operators erase a contact."""

from datetime import datetime
from typing import Annotated

import strawberry

from billing.erasure import Erased
from resolvers import access, erasure
from resolvers.erasure import Request
from schema.columns.batch import guarded
from schema.failures import ContactUnknown
from schema.info import Info


@strawberry.type(
    description="The contact was erased. Nothing that is stored leads from the mark to it."
)
class ContactErased:
    mark: str = strawberry.field(
        description="What stands in the place of the contact's identifier: random."
    )
    messages: int = strawberry.field(description="In how many messages, of whatever kind.")
    conversations: int = strawberry.field(description="In how many conversations.")
    erased_at: datetime = strawberry.field(description="The instant of the erasure.")

    @classmethod
    def of(cls, erased: Erased) -> "ContactErased":
        return cls(
            mark=erased.mark,
            messages=erased.messages,
            conversations=erased.conversations,
            erased_at=erased.erased_at,
        )


@strawberry.input(description="Whom to erase, and why.")
class EraseContactInput:
    account_id: strawberry.ID = strawberry.field(description="The account's id.")
    contact: str = strawberry.field(
        description="The contact's identifier, as events name it: 1 to 256 characters, none of "
        "them a control character."
    )
    reason: str = strawberry.field(
        description="For people, and kept: 1 to 500 printable characters, which must not name the "
        "contact."
    )

    def request(self) -> Request:
        return Request(account_id=self.account_id, contact=self.contact, reason=self.reason)


EraseContactResult = Annotated[
    ContactErased | ContactUnknown,
    strawberry.union("EraseContactResult", description="The erasure, or why there is none."),
]


@guarded(
    access.operator,
    description="Erase a contact of an account: a random mark takes the place of its identifier in "
    "its messages and conversations; every count, open conversation and statement stays as it "
    "is. Who did it, when and why is kept, the identifier is not, nor a hash of it. A message that "
    "is sent again stays a duplicate; a new one of the same contact is one of a contact that "
    "nobody knows, and opens a conversation of its own. It needs no idempotency key: done again, "
    "it is ContactUnknown.",
)
async def erase_contact(
    info: Info,
    input: Annotated[EraseContactInput, strawberry.argument(description="Whom, and why.")],
) -> EraseContactResult:
    """Erase a contact."""
    return ContactErased.of(await erasure.erase_contact(info.context, input.request()))
