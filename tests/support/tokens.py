"""Tokens for tests, made by hand: no library signs what these may say."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.jwks import InvalidTokenError
from edge.token import TokenVerifier

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
SECRET = b"0123456789abcdef0123456789abcdef"
CLAIMS = {
    "iss": "kontingent",
    "aud": "kontingent",
    "sub": "u-1",
    "role": "admin",
    "account": "acme",
    "iat": NOW,
    "exp": NOW + 600,
}
MISSING = object()
RSA, OTHER_RSA, WEAK_RSA = (rsa.generate_private_key(65537, bits) for bits in (2048, 2048, 1024))
EC = ec.generate_private_key(ec.SECP256R1())
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
WRONG_ALGORITHM = "The token's algorithm is not allowed."
WRONG_SIGNATURE = "The token's signature is wrong."
EXPIRED = "The token has expired."
MALFORMED = "The token is malformed."


def part(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def hs256(
    claims: Any = CLAIMS, *, header: Any = None, key: bytes = SECRET, payload: bytes | None = None
) -> str:
    """Sign with HMAC-SHA256 whatever header and claims say: no library refuses to."""
    head = {"alg": "HS256", "typ": "JWT"} if header is None else header
    body = json.dumps(claims).encode() if payload is None else payload
    text = f"{part(json.dumps(head).encode())}.{part(body)}"
    return f"{text}.{part(hmac.digest(key, text.encode(), 'sha256'))}"


def claims_with(**changes: object) -> dict[str, object]:
    return {name: value for name, value in (CLAIMS | changes).items() if value is not MISSING}


async def refusal(verifier: TokenVerifier, token: str, at: datetime = AT) -> str:
    with pytest.raises(InvalidTokenError) as caught:
        await verifier.verify(token, at=at)
    assert caught.value.__cause__ is None
    return str(caught.value)
