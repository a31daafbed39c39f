"""What all changes by admins have in common."""

import strawberry

from resolvers.idempotency import Request


@strawberry.input(description="What every change by an admin says.")
class ChangeInput:
    idempotency_key: str = strawberry.field(
        description="Names this change, 1 to 128 visible ASCII characters, unique in the account: "
        "however often it is sent, it is done once."
    )
    expected_version: int = strawberry.field(
        description="The version, of what is changed, that this was decided on; STALE_VERSION "
        "otherwise."
    )
    account_id: strawberry.ID | None = strawberry.field(
        default=None, description="The account; the caller's own unless given."
    )

    def request(self) -> Request:
        return Request(
            account_id=self.account_id,
            idempotency_key=self.idempotency_key,
            expected_version=self.expected_version,
        )
