"""Examining settings: what is allowed, and still not what a deployment should have."""

import time

from edge.jwks import InvalidTokenError, KeySet, KeysUnavailableError
from edge.settings import PREFIX, Settings, SettingsError
from resolvers.doctor import Finding, Level

VARIETY = 12
"""Different characters that a random secret of its length has at the very least."""


async def examine(settings: Settings) -> list[Finding]:
    """Check the settings of a deployment, and whether the keys of tokens are in reach."""
    return [
        secrets(settings),
        await tokens(settings),
        public_url(settings),
        introspection(settings),
    ]


def secrets(settings: Settings) -> Finding:
    """Check that secrets are there and look random, each another."""
    try:
        found = settings.secrets()
    except SettingsError as error:
        return Finding("secrets", Level.FAILURE, str(error), "openssl rand -base64 32")
    values = {
        "TOKEN_SECRET": found.token_secret,
        "KEY_PEPPER": found.key_pepper,
        "METRICS_TOKEN": settings.metrics_token,
    }
    texts = {name: value.get_secret_value() for name, value in values.items() if value is not None}
    weak = [f"{PREFIX}{name}" for name, text in texts.items() if len(set(text)) < VARIETY]
    if weak or len(set(texts.values())) < len(texts):
        message = f"{' and '.join(weak)} can be guessed." if weak else "Two are the same."
        return Finding("secrets", Level.FAILURE, message, "openssl rand -base64 32, for each")
    return Finding("secrets", Level.OK, "They are there and look random.")


def public_url(settings: Settings) -> Finding:
    """Check that people reach the page by https."""
    if settings.embedded or settings.public_url.startswith("https://"):
        return Finding("public URL", Level.OK, f"{settings.public_url}.")
    return Finding(
        "public URL",
        Level.FAILURE,
        f"Mails link to {settings.public_url}, which is not https.",
        f"Set {PREFIX}PUBLIC_URL.",
    )


def introspection(settings: Settings) -> Finding:
    """Check that not everybody reads the schema."""
    if settings.embedded or not settings.introspected:
        return Finding("introspection", Level.OK, "As it is to be.")
    remedy = f"Unset {PREFIX}INTROSPECTION: the schema is in schema/schema.graphql."
    return Finding("introspection", Level.WARNING, "Clients may read the schema.", remedy)


async def tokens(settings: Settings) -> Finding:
    """Check that the keys that tokens are signed with can be had."""
    if settings.jwks_url is None:
        return Finding("tokens", Level.OK, "They are signed with a secret.")
    try:
        await KeySet(settings.jwks_url, time.monotonic).key("", "RS256")
    except InvalidTokenError:
        return Finding("tokens", Level.OK, "The keys they are signed with can be had.")
    except KeysUnavailableError as error:
        return Finding("tokens", Level.FAILURE, str(error), f"Is {PREFIX}JWKS_URL right?")
    raise AssertionError("no key has an empty id")
