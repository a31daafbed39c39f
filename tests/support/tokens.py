"""Tokens for tests, made by hand: no library signs what these may say."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
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


def bad_claims(now: int) -> dict[str, dict[str, Any]]:
    """Return claims that each differ in one thing from good ones of `now`."""
    good = {**CLAIMS, "iat": now, "exp": now + 600}
    odd: Sequence[Any] = (MISSING, None, "", 5.5, True, [], {}, "\0", -1)
    changes: dict[str, dict[str, Any]] = {
        **{f"odd {name} {number}": {name: v} for name in good for number, v in enumerate(odd)},
        "another issuer": {"iss": "kontingent2"},
        "another audience": {"aud": ["other", "kontingent2"]},
        "another role": {"role": "root"},
        "expired": {"exp": now - 60},
        "not yet": {"nbf": now + 60},
        "issued later": {"iat": now + 60},
        "too long": {"pad": "x" * 4_096},
    }
    return {
        name: {key: value for key, value in (good | changed).items() if value is not MISSING}
        for name, changed in changes.items()
    }


def forgeries(secret: bytes, now: int) -> dict[str, str]:
    """Return tokens that each differ in one thing from a good one that `secret` signs at `now`."""
    good = {**CLAIMS, "iat": now, "exp": now + 600}

    def signed(header: object = None, key: bytes = secret, claims: object = good) -> str:
        return hs256(claims, header={"alg": "HS256"} if header is None else header, key=key)

    algorithms: Sequence[object] = (
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        None,
        [],
        "HS512",
        "RS256",
        "ES256",
        "PS256",
    )
    headers: dict[str, object] = {
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/certificate",
        "x5c": ["MIIB"],
        "jwk": {"kty": "oct", "k": part(secret)},
        "crit": ["exp"],
        "b64": False,
        "kid": 5,
    }
    head, body, signature = signed().split(".")
    operator = part(json.dumps({**good, "role": "operator"}).encode())
    return {
        **{f"alg {alg!r}": signed({"alg": alg}) for alg in algorithms},
        **{
            f"alg {alg!r}, unsigned": f"{part(json.dumps({'alg': alg}).encode())}.{body}."
            for alg in algorithms
        },
        **{
            f"header {name}": signed({"alg": "HS256", name: value})
            for name, value in headers.items()
        },
        **{f"key {key[:9]!r}": signed(key=key) for key in (b"", secret[:-1], PEM, DER, b"\0" * 32)},
        "a path for a key": signed({"alg": "HS256", "kid": "../../dev/null"}, key=b""),
        **{name: signed(claims=claims) for name, claims in bad_claims(now).items()},
        "other claims": f"{head}.{operator}.{signature}",
        "no signature": f"{head}.{body}.",
        "no claims": f"{head}..{signature}",
        "five parts": f"{signed()}.a.b",
    }
