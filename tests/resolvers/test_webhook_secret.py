"""Secrets of webhooks: the same whenever they are derived, and nobody else's."""

import base64
import hashlib
import hmac
from uuid import UUID

from resolvers.principal import Anonymous
from resolvers.webhook_secret import webhook_secret
from tests.support.http import PEPPER
from tests.support.world import World

ID = UUID("01234567-89ab-cdef-0123-456789abcdef")


def test_a_secret_is_the_same_whenever_it_is_derived() -> None:
    derived = hmac.new(PEPPER, b"webhook:" + ID.bytes + b":12", hashlib.sha256)
    assert webhook_secret(PEPPER, ID, 12) == f"whsec_{base64.b64encode(derived.digest()).decode()}"


def test_no_two_are_the_same() -> None:
    other = UUID(int=ID.int + 1)
    secrets = {
        webhook_secret(pepper, id_, number)
        for pepper in (PEPPER, PEPPER[::-1])
        for id_ in (ID, other)
        for number in range(1, 12)
    }
    assert len(secrets) == 44


def test_neither_a_session_nor_an_operation_shows_the_pepper(world: World) -> None:
    session = world.session(Anonymous())
    assert (session.pepper, world.context().pepper) == (PEPPER, PEPPER)
    assert "pepper-" not in f"{session!r} {world.context()!r}"
