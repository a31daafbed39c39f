"""A token names whom it should, and every forgery is refused."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import Mock, patch
from uuid import UUID

import jwt
import pytest

from billing.account import account_id_of
from edge.jwks import InvalidTokenError, check_jwks_url
from edge.token import (
    LEEWAY,
    SECRET_BYTES_MIN,
    TOKEN_BYTES_MAX,
    TOKENS_MAX,
    TokenConfig,
    TokenVerifier,
    issue,
)
from resolvers.principal import Role, User
from tests.support.tokens import (
    AT,
    CLAIMS,
    DER,
    EXPIRED,
    MALFORMED,
    MISSING,
    NOW,
    PEM,
    SECRET,
    WRONG_ALGORITHM,
    WRONG_SIGNATURE,
    claims_with,
    hs256,
    part,
    refusal,
)


@pytest.fixture
def verifier() -> TokenVerifier:
    return TokenVerifier(TokenConfig(issuer="kontingent", audience="kontingent", secret=SECRET))


# --- whom a token names


@pytest.mark.parametrize(
    ("role", "account", "account_id"),
    [
        (Role.ADMIN, "acme", account_id_of("acme")),
        (Role.MEMBER, "acme", account_id_of("acme")),
        (Role.OPERATOR, None, None),
        (Role.OPERATOR, "acme", account_id_of("acme")),
    ],
)
async def test_an_issued_token_names_its_user(
    verifier: TokenVerifier, role: Role, account: str | None, account_id: UUID | None
) -> None:
    token = issue(
        SECRET,
        subject="zoë@acme.example",
        role=role,
        account=account,
        issuer="kontingent",
        audience="kontingent",
        at=AT + timedelta(microseconds=999_999),
        lifetime=timedelta(minutes=10),
    )
    user = await verifier.verify(token, at=AT)
    assert user == User("zoë@acme.example", role, account_id, AT + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("secret", "subject", "account", "message"),
    [
        (SECRET[: SECRET_BYTES_MIN - 1], "u-1", "acme", "at least 32 bytes"),
        (SECRET, "", "acme", "sub"),
        (SECRET, "u-1", None, "needs an account"),
        (SECRET, "u-1", "with space", "account"),
    ],
)
def test_no_token_is_issued_that_would_be_refused(
    secret: bytes, subject: str, account: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        issue(
            secret,
            subject=subject,
            role=Role.ADMIN,
            account=account,
            issuer="kontingent",
            audience="kontingent",
            at=AT,
            lifetime=timedelta(minutes=10),
        )


@pytest.mark.parametrize("audience", ["kontingent", ["kontingent"], ["other", "kontingent"]])
async def test_the_audience_may_be_one_of_several(verifier: TokenVerifier, audience: Any) -> None:
    user = await verifier.verify(hs256(claims_with(aud=audience)), at=AT)
    assert user.subject == "u-1"


@pytest.mark.parametrize("header", [{"kid": "../../dev/null"}, {"kid": "' OR 1=1"}, {"x5t": "a"}])
async def test_with_a_secret_a_key_id_picks_nothing(
    verifier: TokenVerifier, header: dict[str, str]
) -> None:
    header = {"alg": "HS256", **header}
    assert (await verifier.verify(hs256(header=header), at=AT)).subject == "u-1"
    assert await refusal(verifier, hs256(header=header, key=b"")) == WRONG_SIGNATURE


# --- headers and signatures


@pytest.mark.parametrize(
    "algorithm",
    [
        *("none", "None", "NONE", "nOnE", "none ", "", None, MISSING, [], ["none"], {}, 0, True),
        *("hs256", "HS256 ", ["HS256"], "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA"),
    ],
    ids=lambda algorithm: "missing" if algorithm is MISSING else repr(algorithm),
)
async def test_an_algorithm_not_configured_is_refused(
    verifier: TokenVerifier, algorithm: object
) -> None:
    token = hs256(header={} if algorithm is MISSING else {"alg": algorithm})
    assert await refusal(verifier, token) == WRONG_ALGORITHM
    assert await refusal(verifier, token[: token.rindex(".") + 1]) == WRONG_ALGORITHM


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crit", ["exp"]),
        ("crit", []),
        ("crit", ["b64"]),
        ("b64", True),
        ("jku", "https://evil.example/jwks.json"),
        ("x5u", "https://evil.example/cert.pem"),
        ("x5c", ["MIIB"]),
        ("jwk", {"kty": "oct", "k": part(SECRET)}),
        ("jwk", None),
    ],
)
async def test_a_header_that_brings_its_own_rules_is_refused(
    verifier: TokenVerifier, name: str, value: object
) -> None:
    said = await refusal(verifier, hs256(header={"alg": "HS256", name: value}))
    assert said in (f"The token's header {name} is not allowed.", MALFORMED)
    assert (said == MALFORMED) is (name == "crit")


@pytest.mark.parametrize("payload", [b"", b"{}"])
async def test_a_payload_outside_the_token_is_refused(
    verifier: TokenVerifier, payload: bytes
) -> None:
    header = {"alg": "HS256", "b64": False, "crit": ["b64"]}
    said = await refusal(verifier, hs256(header=header, payload=payload))
    assert said == (MALFORMED if payload else "The token's header b64 is not allowed.")


@pytest.mark.parametrize(
    "key",
    [b"", bytes(32), SECRET[:31], SECRET + b"x", SECRET.upper(), PEM, DER],
    ids=["empty", "zeros", "shorter", "longer", "upper", "pem", "der"],
)
async def test_another_key_is_refused(verifier: TokenVerifier, key: bytes) -> None:
    assert await refusal(verifier, hs256(key=key)) == WRONG_SIGNATURE


async def test_changed_parts_are_refused(verifier: TokenVerifier) -> None:
    head, _, signature = hs256().split(".")
    body = part(json.dumps(claims_with(role="operator")).encode())
    assert await refusal(verifier, f"{head}.{body}.{signature}") == WRONG_SIGNATURE
    assert await refusal(verifier, f"{head}.{body}.") == WRONG_SIGNATURE
    assert await refusal(verifier, f"{head}.{body}.{signature[:-3]}") == WRONG_SIGNATURE


@pytest.mark.parametrize(
    "token",
    [
        *("", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d.e", "Bearer x", "\0", "\n", "é.é.é"),
        *("\ud800", "e30.e30.", "bnVsbA.e30.AA", "W10.e30.AA", "!!.e30.AA"),
        hs256(header=[]),
        hs256(header="HS256"),
        hs256(header={"alg": "HS256", "kid": 5}),
        hs256(header={"alg": "HS256", "kid": None}),
        hs256() + "\n",
        " " + hs256(),
        f"{part(b'[' * 2000)}.e30.AA",
        f"{part(b'[' + b'9' * 2500 + b']')}.e30.AA",
        f"{part(bytes([255]))}.e30.AA",
    ],
)
async def test_what_is_no_token_is_refused(verifier: TokenVerifier, token: str) -> None:
    assert await refusal(verifier, token) in (MALFORMED, WRONG_ALGORITHM)


async def test_the_longest_token(verifier: TokenVerifier) -> None:
    padded = (
        hs256(CLAIMS | {"pad": "x" * chars}, header={"alg": "HS256", "typ": typ})
        for chars in range(2700, 3000)
        for typ in ("JWT", "at+jwt")
    )
    longest = next(token for token in padded if len(token) == TOKEN_BYTES_MAX == 4096)
    assert (await verifier.verify(longest, at=AT)).subject == "u-1"
    assert await refusal(verifier, longest + "x") == "The token is longer than 4096 bytes."


# --- claims


@pytest.mark.parametrize(
    ("claim", "values"),
    [
        ("exp", [MISSING, None, "", str(NOW + 600), NOW + 600.5, True, [NOW], {}, -1, 10**12]),
        ("exp", [float("nan"), float("inf"), "NaN"]),
        ("iat", [MISSING, None, "", str(NOW), NOW + 0.5, False, [], {}, -1, 10**400]),
        ("nbf", [None, "", str(NOW), NOW + 0.5, False, [], {}, -1]),
        ("sub", [MISSING, None, "", 5, True, ["u-1"], {}, "x" * 256, "a\0b", "a\nb", "a\u202eb"]),
        ("aud", [MISSING, None, 5, {}, [5], [["kontingent"]], ["kontingent", None]]),
        ("iss", [MISSING, None, 5, ["kontingent"], {}]),
        ("role", [MISSING, None, "", "root", "ADMIN", "Admin", "admin ", 5, ["admin"], {}, True]),
        ("account", [MISSING, None, "", 5, ["acme"], {}, "a b", "a\n", "x" * 65, "é", "a\0"]),
    ],
)
async def test_claims_of_odd_types_are_refused(
    verifier: TokenVerifier, claim: str, values: list[object]
) -> None:
    for value in values:
        said = await refusal(verifier, hs256(claims_with(**{claim: value})))
        assert said == f"The token's claim {claim} is missing or malformed.", value


@pytest.mark.parametrize("role", ["admin", "member"])
async def test_only_operators_need_no_account(verifier: TokenVerifier, role: str) -> None:
    token = hs256(claims_with(role=role, account=MISSING))
    assert await refusal(verifier, token) == "The token's claim account is missing or malformed."


@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"null", b"5", b"[]", b'"x"', b"{", b"\xff", b"[" * 2000, b'{"exp":'),
        b'{"sub":"\\ud800"}',
    ],
)
async def test_a_payload_that_is_no_set_of_claims_is_refused(
    verifier: TokenVerifier, payload: bytes
) -> None:
    said = await refusal(verifier, hs256(payload=payload))
    assert said == "The token's claim set is missing or malformed."


@pytest.mark.parametrize(
    ("claim", "value", "message"),
    [
        ("iss", "someone", "The token is from another issuer."),
        ("iss", "", "The token is from another issuer."),
        ("iss", "kontingent/", "The token is from another issuer."),
        ("aud", "someone", "The token is for another audience."),
        ("aud", "", "The token is for another audience."),
        ("aud", [], "The token is for another audience."),
        ("aud", ["a", "kontingent2"], "The token is for another audience."),
        ("aud", "my kontingent", "The token is for another audience."),
    ],
)
async def test_tokens_of_others_are_refused(
    verifier: TokenVerifier, claim: str, value: object, message: str
) -> None:
    assert await refusal(verifier, hs256(claims_with(**{claim: value}))) == message


EARLY = "The token is not valid yet."


@pytest.mark.parametrize(
    ("changes", "seconds", "message"),
    [
        pytest.param({}, 599, None, id="before_its_end"),
        pytest.param({}, 604.999999, None, id="within_the_leeway"),
        pytest.param({}, 605, EXPIRED, id="at_the_leeway"),
        pytest.param({}, 606, EXPIRED, id="a_second_past_the_leeway"),
        pytest.param({"exp": 0}, 0, EXPIRED, id="long_ago"),
        pytest.param({"exp": 253_402_300_799}, 0, None, id="the_last_instant"),
        pytest.param({}, -5, None, id="issued_within_the_leeway"),
        pytest.param({}, -5.000001, EARLY, id="issued_just_past_the_leeway"),
        pytest.param({}, -6, EARLY, id="issued_a_second_past_the_leeway"),
        pytest.param({"iat": 253_402_300_799}, 0, EARLY, id="issued_at_the_last_instant"),
        pytest.param({"nbf": NOW + 60}, 55, None, id="not_before_within_the_leeway"),
        pytest.param({"nbf": NOW + 60}, 54, EARLY, id="not_before_past_the_leeway"),
        pytest.param({"nbf": NOW - 60}, -6, EARLY, id="an_early_nbf_excuses_no_iat"),
    ],
)
async def test_times_are_held_against_the_operations_clock(
    verifier: TokenVerifier, changes: dict[str, int], seconds: float, message: str | None
) -> None:
    token, at = hs256(claims_with(**changes)), AT + timedelta(seconds=seconds)
    if message is None:
        assert (await verifier.verify(token, at=at)).subject == "u-1"
    else:
        assert await refusal(verifier, token, at) == message


# --- what is refused at start


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "either a secret or a JWKS URL"),
        ({"secret": SECRET, "jwks_url": "https://id.example/jwks"}, "either a secret or"),
        ({"secret": b""}, "at least 32 bytes"),
        ({"secret": SECRET[:31]}, "at least 32 bytes"),
        ({"secret": PEM}, "not a public key"),
        ({"secret": DER}, "not a public key"),
        ({"jwks_url": ""}, "https"),
    ],
)
def test_a_config_nobody_should_trust_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TokenConfig(issuer="kontingent", audience="kontingent", **changes)


def test_a_config_does_not_show_its_secret() -> None:
    config = TokenConfig(issuer="kontingent", audience="kontingent", secret=SECRET)
    assert SECRET.decode() not in repr(config)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://id.example/jwks.json", None),
        ("HTTPS://id.example:8443/jwks.json", None),
        ("http://localhost:8000/jwks", None),
        ("http://127.0.0.1/jwks", None),
        ("http://[::1]:8000/jwks", None),
        ("http://id.example/jwks", "https"),
        ("http://127.0.0.1.evil.example/jwks", "https"),
        ("http://localhost@evil.example/jwks", "https"),
        ("file:///etc/passwd", "https"),
        ("data:application/json,{}", "https"),
        ("ftp://localhost/jwks", "https"),
        ("https:///jwks", "https"),
        ("id.example/jwks", "https"),
        ("https://user:hunter2@id.example/jwks", "no user"),
        ("https://hunter2@id.example/jwks", "no user"),
        ("https://id.example:hunter2/jwks", "not a URL"),
        ("https://[hunter2/jwks", "not a URL"),
        ("https://hunter2\u2100.example/jwks", "not a URL"),
    ],
)
def test_keys_come_over_https_or_from_this_machine(url: str, message: str | None) -> None:
    if message is None:
        check_jwks_url(url)
    else:
        with pytest.raises(ValueError, match=message) as caught:
            check_jwks_url(url)
        assert "hunter2" not in str(caught.value)


# --- a token that comes again


@pytest.fixture
def decoding() -> Iterator[Mock]:
    with patch.object(jwt.PyJWS, "decode", autospec=True, side_effect=jwt.PyJWS.decode) as decode:
        yield decode


async def test_a_signature_is_checked_once_and_the_time_each_time(
    verifier: TokenVerifier, decoding: Mock
) -> None:
    token = hs256()
    for _ in range(3):
        assert (await verifier.verify(token, at=AT)).subject == "u-1"
    assert decoding.call_count == 1
    ends_at = AT + timedelta(seconds=600) + LEEWAY
    await verifier.verify(token, at=ends_at - timedelta(microseconds=1))
    with pytest.raises(InvalidTokenError, match=EXPIRED):
        await verifier.verify(token, at=ends_at)


async def test_what_resembles_a_token_that_is_known_is_checked(verifier: TokenVerifier) -> None:
    token = hs256()
    await verifier.verify(token, at=AT)
    head, payload, signature = token.split(".")
    for forged in (
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature[::-1]}",
        f"{head}.{part(json.dumps(claims_with(sub='u-2')).encode())}.{signature}",
    ):
        assert await refusal(verifier, forged) in {WRONG_SIGNATURE, MALFORMED}


async def test_only_so_many_are_remembered(verifier: TokenVerifier, decoding: Mock) -> None:
    tokens = [hs256(claims_with(sub=f"u-{n}")) for n in range(TOKENS_MAX + 1)]
    for token in (*tokens[:-1], tokens[0]):
        await verifier.verify(token, at=AT)
    assert decoding.call_count == TOKENS_MAX
    for token in (tokens[-1], tokens[0], tokens[1]):
        await verifier.verify(token, at=AT)
    assert decoding.call_count == TOKENS_MAX + 2
