"""Keys behind a URL, and tokens that pretend to be signed with one of them."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from typing_extensions import override

from tests.support.tokens import CLAIMS, DER, EC, OTHER_RSA, PEM, RSA, bad_claims, hs256, part

OTHER_EC = ec.generate_private_key(ec.SECP256R1())
SHARED = b"a key of the set that is no pair of keys"
JWK = {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "one"}
TWO_ALGORITHMS = b'{"alg": "RS256", "kid": "one", "alg": "none"}'
KEYS: list[dict[str, Any]] = [
    JWK,
    {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "two"},
    {**JWK, "kid": "sealing", "use": "enc"},
    {"kty": "oct", "alg": "HS256", "k": part(SHARED), "kid": "shared"},
]
"""What the URL gives out: two keys to sign with, and two that sign nothing."""


@dataclass
class Provider:
    """Whoever gives out keys, and how often they were asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def provided(keys: Sequence[Mapping[str, Any]] = KEYS) -> Iterator[Provider]:
    """Give out keys at a URL of this machine."""
    body = json.dumps({"keys": keys}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Provider(f"http://127.0.0.1:{server.server_port}/keys.json")
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def rs256(
    claims: object,
    header: object = None,
    key: rsa.RSAPrivateKey = RSA,
    digest: hashes.HashAlgorithm | None = None,
) -> str:
    """Sign with RSA whatever header and claims say."""
    text = _text({"alg": "RS256", "kid": "one"} if header is None else header, claims)
    signature = key.sign(text.encode(), padding.PKCS1v15(), digest or hashes.SHA256())
    return f"{text}.{part(signature)}"


def es256(
    claims: object, header: object = None, key: ec.EllipticCurvePrivateKey = EC
) -> tuple[str, bytes]:
    """Sign with an elliptic curve; return the token, and its signature as OpenSSL writes it."""
    text = _text({"alg": "ES256", "kid": "two"} if header is None else header, claims)
    signature = key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    raw = b"".join(number.to_bytes(32) for number in decode_dss_signature(signature))
    return f"{text}.{part(raw)}", signature


def good(now: int) -> dict[str, str]:
    """Return tokens that are to be taken at `now`."""
    claims = {**CLAIMS, "iat": now, "exp": now + 600}
    return {"RSA": rs256(claims), "elliptic curve": es256(claims)[0]}


def forgeries(now: int, elsewhere: str) -> dict[str, str]:
    """Return tokens that each differ in one thing from a good one of `now`.

    Some name keys that are `elsewhere`, at a URL.
    """
    claims = {**CLAIMS, "iat": now, "exp": now + 600}
    one: dict[str, Any] = {"alg": "RS256", "kid": "one"}
    head, body, signature = rs256(claims).split(".")
    curved, openssl = es256(claims)
    another = rs256({**claims, "sub": "x"}).split(".")[2]
    curved_text = curved.rpartition(".")[0]
    return {
        **_algorithms(claims, body, signature),
        **_hmac(claims),
        **_headers(claims, one, elsewhere),
        **{f"{name} ": rs256(bad) for name, bad in bad_claims(now).items()},
        **{f"curve: {name}": es256(bad)[0] for name, bad in bad_claims(now).items()},
        "another key": rs256(claims, key=OTHER_RSA),
        "another curve key": es256(claims, key=OTHER_EC)[0],
        "another digest": rs256(claims, digest=hashes.SHA512()),
        "signature of OpenSSL": f"{curved_text}.{part(openssl)}",
        "signature of nought": f"{curved_text}.{part(bytes(64))}",
        "signature of ones": f"{curved_text}.{part((bytes(31) + bytes([1])) * 2)}",
        "no signature": f"{head}.{body}.",
        "signature of zeros": f"{head}.{body}.{part(bytes(256))}",
        "signature of another token": f"{head}.{body}.{another}",
        "other claims": f"{head}.{_part({**claims, 'role': 'operator'})}.{signature}",
        "no claims": f"{head}..{signature}",
        "four parts": f"{head}.{body}.{signature}.{signature}",
        "two parts": f"{head}.{body}",
        "two algorithms": f"{part(TWO_ALGORITHMS)}.{body}.",
        "a list for claims": rs256([claims]),
        "a text for claims": rs256(json.dumps(claims)),
    }


def _algorithms(claims: object, body: str, signature: str) -> dict[str, str]:
    """Sign rightly, and name something else."""
    spelt: Sequence[object] = (
        *("none", "None", "NONE", "nOnE", "nonE", " none", "none ", "none\0", "", None, [], {}, 0),
        *("rs256", "RS384", "RS512", "PS256", "ES384", "ES512", "ES256K", "EdDSA", "HS256", "dir"),
    )
    tokens = {}
    for alg in spelt:
        header = {"alg": alg, "kid": "one"}
        tokens[f"alg {alg!r}"] = rs256(claims, header)
        tokens[f"alg {alg!r}, unsigned"] = f"{_part(header)}.{body}."
        tokens[f"alg {alg!r}, another's signature"] = f"{_part(header)}.{body}.{signature}"
    return {**tokens, "no alg": rs256(claims, {"kid": "one"})}


def _hmac(claims: object) -> dict[str, str]:
    """Take what everybody knows of the public key for a secret."""
    known = {
        "PEM": PEM,
        "PEM without its end": PEM.rstrip(),
        "DER": DER,
        "JWK": json.dumps(JWK).encode(),
        "modulus": str(JWK["n"]).encode(),
        "id": b"one",
        "nothing": b"",
    }
    tokens = {}
    for name, secret in known.items():
        for alg in ("HS256", "RS256"):
            header = {"alg": alg, "kid": "one"}
            tokens[f"HMAC as {alg} with {name}"] = hs256(claims, header=header, key=secret)
    shared = {"alg": "HS256", "kid": "shared"}
    return {**tokens, "HMAC with a key of the set": hs256(claims, header=shared, key=SHARED)}


def _headers(claims: object, one: dict[str, Any], elsewhere: str) -> dict[str, str]:
    """Say in the header where the key is, or which."""
    own = RSAAlgorithm.to_jwk(OTHER_RSA.public_key(), as_dict=True)
    told: dict[str, dict[str, object]] = {
        "jwk": {"jwk": own},
        "jwk without id": {"jwk": own, "kid": None},
        "jku": {"jku": elsewhere},
        "x5u": {"x5u": elsewhere},
        "x5c": {"x5c": [part(DER)]},
        "crit": {"crit": ["exp"]},
        "b64": {"b64": False, "crit": ["b64"]},
        "kid elsewhere": {"kid": elsewhere},
    }
    kids: Sequence[object] = (
        *(None, "", "unknown", "One", "one ", "one\0", "sealing", "shared", "two", 1, 5.5, True),
        *(["one"], {"kid": "one"}, "../../dev/null", "' OR 1=1 --", "one|cat", "x" * 1_000),
    )
    return {
        **{
            f"{name}, another's": rs256(claims, one | more, OTHER_RSA)
            for name, more in told.items()
        },
        **{
            f"{name}, right key": rs256(claims, one | more)
            for name, more in told.items()
            if name != "jwk without id"
        },
        **{f"kid {kid!r:.20}": rs256(claims, one | {"kid": kid}) for kid in kids},
        **{
            f"kid {kid!r:.20}, another's": rs256(claims, one | {"kid": kid}, OTHER_RSA)
            for kid in kids
        },
        "no kid": rs256(claims, {"alg": "RS256"}),
        "ids exchanged": es256(claims, {"alg": "ES256", "kid": "one"})[0],
        "algorithms exchanged": es256(claims, {"alg": "RS256", "kid": "two"})[0],
        "a header that is none": f"{part(b'[]')}.{_part(claims)}.{part(b'x')}",
    }


def _text(header: object, claims: object) -> str:
    return f"{_part(header)}.{_part(claims)}"


def _part(content: object) -> str:
    return part(json.dumps(content).encode())
