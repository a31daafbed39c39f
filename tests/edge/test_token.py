"""Tokens: who is believed, and every classic forgery."""

import asyncio
import contextlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from typing_extensions import override

from billing.account import account_id_of
from edge import token as edge_token
from edge.token import (
    JWKS_BYTES_MAX,
    TOKEN_BYTES_MAX,
    InvalidTokenError,
    KeysUnavailableError,
    TokenConfig,
    TokenVerifier,
    check_jwks_url,
    issue,
)
from resolvers.principal import Role, User

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


@pytest.fixture
def verifier() -> TokenVerifier:
    return TokenVerifier(TokenConfig(issuer="kontingent", audience="kontingent", secret=SECRET))


async def refusal(verifier: TokenVerifier, token: str, at: datetime = AT) -> str:
    with pytest.raises(InvalidTokenError) as caught:
        await verifier.verify(token, at=at)
    assert caught.value.__cause__ is None
    return str(caught.value)


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
        (SECRET[:31], "u-1", "acme", "at least 32 bytes"),
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

WRONG_ALGORITHM = "The token's algorithm is not allowed."
WRONG_SIGNATURE = "The token's signature is wrong."
MALFORMED = "The token is malformed."


@pytest.mark.parametrize(
    "algorithm",
    [
        *("none", "None", "NONE", "nOnE", "none ", "", None, MISSING, [], ["none"], {}, 0, True),
        *("hs256", "HS256 ", ["HS256"], "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA"),
    ],
    ids=repr,
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
    "key", [b"", bytes(32), SECRET[:31], SECRET + b"x", SECRET.upper(), PEM, DER], ids=repr
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


EXPIRED = "The token has expired."
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


# --- keys behind a URL


def rsa_jwk(key: rsa.RSAPrivateKey, kid: str, **more: object) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, **more}


def ec_jwk(kid: str) -> dict[str, Any]:
    return {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": kid}


def signed(key: Any, kid: str | None, algorithm: str = "RS256", **changes: object) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims_with(**changes), key, algorithm, headers)


@dataclass
class Provider:
    """A key server, a clock for the ages of keys, and a verifier that uses both."""

    keys: list[dict[str, Any]]
    status: int = 200
    body: bytes | None = None
    fetches: int = 0
    seconds: float = 1000.0
    asked: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)
    verifier: TokenVerifier = field(init=False)

    def reply(self) -> bytes:
        self.fetches += 1
        self.asked.set()
        assert self.go_on.wait(5)
        return json.dumps({"keys": self.keys}).encode() if self.body is None else self.body

    async def subject(self, token: str) -> str:
        return (await self.verifier.verify(token, at=AT)).subject


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider([rsa_jwk(RSA, "one"), ec_jwk("two")])
    made.go_on.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = made.reply()
            self.send_response(made.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):  # the client had enough
                self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/jwks.json"
    made.verifier = TokenVerifier(
        TokenConfig(issuer="kontingent", audience="kontingent", jwks_url=url),
        monotonic=lambda: made.seconds,
    )
    yield made
    made.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


async def test_keys_are_fetched_once(provider: Provider) -> None:
    tokens = [signed(RSA, "one"), signed(EC, "two", "ES256")] * 3
    assert await asyncio.gather(*map(provider.subject, tokens)) == ["u-1"] * 6
    assert provider.fetches == 1


@pytest.mark.parametrize(
    ("token", "message"),
    [
        pytest.param(hs256(key=PEM), WRONG_ALGORITHM, id="public_key_as_secret"),
        pytest.param(hs256(key=DER), WRONG_ALGORITHM, id="public_der_as_secret"),
        pytest.param(
            hs256(header={"alg": "HS256", "kid": "one"}, key=PEM), WRONG_ALGORITHM, id="with_kid"
        ),
        pytest.param(
            hs256(header={"alg": "RS256", "kid": "one"}, key=PEM), WRONG_SIGNATURE, id="hmac_as_rsa"
        ),
        pytest.param(
            hs256(header={"alg": "ES256", "kid": "two"}, key=PEM), WRONG_SIGNATURE, id="hmac_as_ec"
        ),
        pytest.param(hs256(header={"alg": "none", "kid": "one"}), WRONG_ALGORITHM, id="none"),
        pytest.param(signed(RSA, "one", "RS512"), WRONG_ALGORITHM, id="not_in_the_list"),
        pytest.param(signed(RSA, "one", "PS256"), WRONG_ALGORITHM, id="other_padding"),
        pytest.param(signed(OTHER_RSA, "one"), WRONG_SIGNATURE, id="other_key"),
        pytest.param(signed(RSA, "two"), "The token's key is not known.", id="other_type"),
        pytest.param(signed(RSA, "../one"), "The token's key is not known.", id="path_as_kid"),
        pytest.param(signed(RSA, None), "The token names no key.", id="no_kid"),
        pytest.param(signed(RSA, ""), "The token names no key.", id="empty_kid"),
        pytest.param(
            jwt.encode(
                CLAIMS, OTHER_RSA, "RS256", {"kid": "one", "jwk": rsa_jwk(OTHER_RSA, "one")}
            ),
            "The token's header jwk is not allowed.",
            id="key_in_the_header",
        ),
        pytest.param(
            jwt.encode(CLAIMS, OTHER_RSA, "RS256", {"kid": "one", "jku": "https://evil.example"}),
            "The token's header jku is not allowed.",
            id="url_in_the_header",
        ),
        pytest.param(signed(RSA, "one", exp=NOW - 5), EXPIRED, id="expired"),
        pytest.param(signed(RSA, "one", aud="x"), "The token is for another audience.", id="aud"),
    ],
)
async def test_forgeries_against_public_keys(provider: Provider, token: str, message: str) -> None:
    assert await provider.subject(signed(RSA, "one")) == "u-1"
    assert await refusal(provider.verifier, token) == message
    assert provider.fetches == 1


@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param({"kty": "oct", "k": part(SECRET), "kid": "x"}, id="symmetric"),
        pytest.param(rsa_jwk(RSA, "x", use="enc"), id="for_encryption"),
        pytest.param(rsa_jwk(RSA, "x", alg="RS512"), id="for_another_algorithm"),
        pytest.param({**RSAAlgorithm.to_jwk(RSA, as_dict=True), "kid": "x"}, id="private"),
        pytest.param({"kty": "RSA", "alg": "RS256", "kid": "x"}, id="torso"),
        pytest.param("x", id="no_object"),
    ],
)
async def test_keys_not_for_verifying_are_passed_over(provider: Provider, jwk: Any) -> None:
    provider.keys.append(jwk)
    assert await provider.subject(signed(RSA, "one")) == "u-1"
    said = {"The token's key is not known.", WRONG_ALGORITHM}
    assert await refusal(provider.verifier, signed(RSA, "x")) in said
    assert await refusal(provider.verifier, hs256(header={"alg": "HS256", "kid": "x"})) in said


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")  # ours is to forge
async def test_a_weak_key_verifies_nothing(provider: Provider) -> None:
    provider.keys.append(rsa_jwk(WEAK_RSA, "weak"))
    assert await refusal(provider.verifier, signed(WEAK_RSA, "weak")) == MALFORMED


async def test_a_rotation_is_followed_at_most_every_30_s(provider: Provider) -> None:
    old, new = signed(RSA, "one"), signed(OTHER_RSA, "three")
    assert await provider.subject(old) == "u-1"
    provider.keys.append(rsa_jwk(OTHER_RSA, "three"))
    provider.seconds += 29.9
    unknown = "The token's key is not known."
    assert await refusal(provider.verifier, new) == unknown
    assert provider.fetches == 1
    provider.seconds += 0.1
    assert await asyncio.gather(*map(provider.subject, [new, old, new])) == ["u-1"] * 3
    assert provider.fetches == 2
    for _ in range(20):
        assert await refusal(provider.verifier, signed(RSA, "four")) == unknown
    assert provider.fetches == 2


async def test_keys_are_refreshed_beside_the_requests_then_before_them(provider: Provider) -> None:
    token = signed(RSA, "one")
    assert await provider.subject(token) == "u-1"
    provider.keys = [ec_jwk("two")]
    provider.seconds += 299
    assert await provider.subject(token) == "u-1"
    assert provider.fetches == 1
    provider.asked.clear()
    provider.seconds += 1
    assert await provider.subject(token) == "u-1"  # the last answer from the old keys
    assert await asyncio.to_thread(provider.asked.wait, 5)
    await refusal(provider.verifier, signed(RSA, "four"))  # waits for the refresh under way
    assert provider.fetches == 2
    unknown = "The token's key is not known."
    assert await refusal(provider.verifier, token) == unknown
    provider.keys = [rsa_jwk(RSA, "one")]
    provider.seconds += 600
    assert await refusal(provider.verifier, signed(EC, "two", "ES256")) == unknown
    assert provider.fetches == 3


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"status": 503}, id="failing"),
        pytest.param({"status": 302}, id="redirecting"),
        pytest.param({"body": b""}, id="empty"),
        pytest.param({"body": b"<html>"}, id="not_json"),
        pytest.param({"body": b"[]"}, id="no_object"),
        pytest.param({"body": b"[" * 60_000}, id="nested"),
        pytest.param({"body": b'{"keys":5}'}, id="odd_keys"),
        pytest.param({"body": b'{"keys":[{"kty":"RSA","alg":[]}]}'}, id="odd_key"),
        pytest.param({"keys": []}, id="no_keys"),
        pytest.param({"keys": [{"kty": "oct", "k": part(SECRET), "kid": "one"}]}, id="no_use"),
        pytest.param({"keys": [rsa_jwk(RSA, "two", pad="x" * JWKS_BYTES_MAX)]}, id="too_long"),
    ],
)
async def test_the_last_good_keys_are_kept(provider: Provider, changes: dict[str, Any]) -> None:
    token = signed(RSA, "one")
    assert await provider.subject(token) == "u-1"
    for name, value in changes.items():
        setattr(provider, name, value)
    for fetches in (2, 3):
        provider.seconds += 600
        assert await provider.subject(token) == "u-1"
        assert provider.fetches == fetches
    provider.seconds += 29
    assert await provider.subject(token) == "u-1"
    assert provider.fetches == 3


async def test_without_any_keys_nobody_is_judged(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.status = 500
    token = signed(RSA, "one")
    for _ in range(3):
        with pytest.raises(KeysUnavailableError):
            await provider.verifier.verify(token, at=AT)
    assert provider.fetches == 1
    assert caplog.messages == ["JWKS not refreshed: HTTPError"]
    provider.status = 200
    provider.seconds += 5
    assert await provider.subject(token) == "u-1"
    assert provider.fetches == 2


async def test_the_longest_key_set(provider: Provider) -> None:
    body = json.dumps({"keys": [rsa_jwk(RSA, "one")]}).encode()
    provider.body = body.ljust(JWKS_BYTES_MAX)
    assert await provider.subject(signed(RSA, "one")) == "u-1"


async def test_a_silent_provider_holds_up_for_its_time_only(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_token, "JWKS_TIMEOUT_SECONDS", 0.05)
    provider.go_on.clear()
    loop = asyncio.get_running_loop()
    before = loop.time()
    with pytest.raises(KeysUnavailableError):
        await provider.verifier.verify(signed(RSA, "one"), at=AT)
    assert 0.04 < loop.time() - before < 1


async def test_a_caller_who_leaves_does_not_take_the_keys_along(provider: Provider) -> None:
    provider.go_on.clear()
    leaving = asyncio.create_task(provider.subject(signed(RSA, "one")))
    staying = asyncio.create_task(provider.subject(signed(RSA, "one")))
    assert await asyncio.to_thread(provider.asked.wait, 5)
    leaving.cancel()
    provider.go_on.set()
    assert await staying == "u-1"
    assert leaving.cancelled()
    assert provider.fetches == 1
