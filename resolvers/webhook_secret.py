"""The secrets that webhooks are signed with: derived whenever they are needed, never stored."""

import hmac
from base64 import b64encode
from uuid import UUID


def webhook_secret(pepper: bytes, account_id: UUID, number: int) -> str:
    """Return the account's secret of this number, as Standard Webhooks writes one."""
    message = b"webhook:" + account_id.bytes + b":" + str(number).encode()
    return f"whsec_{b64encode(hmac.digest(pepper, message, 'sha256')).decode()}"
