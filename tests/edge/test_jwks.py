"""Keys behind a URL: fetched, kept, refreshed, and never forgotten in an outage."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from typing_extensions import override

from edge import jwks as edge_jwks
from edge.jwks import JWKS_BYTES_MAX, KeysUnavailableError
from edge.token import TokenConfig, TokenVerifier
from tests.support.tokens import (
    AT,
    CLAIMS,
    DER,
    EC,
    EXPIRED,
    MALFORMED,
    NOW,
    OTHER_RSA,
    PEM,
    RSA,
    SECRET,
    WEAK_RSA,
    WRONG_ALGORITHM,
    WRONG_SIGNATURE,
    claims_with,
    hs256,
    part,
    refusal,
)

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
    monkeypatch.setattr(edge_jwks, "JWKS_TIMEOUT_SECONDS", 0.05)
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
