"""Service keys: made once, recognised, expired, revoked; their use is recorded now and then."""

import asyncio
import dataclasses
import hmac
import pickle
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

import db.service_key
from billing.errors import BadInputError
from db.pool import Pool, acquire
from resolvers import service_key
from resolvers.principal import Scope, Service
from resolvers.service_key import (
    KEY_CACHE_SECONDS,
    KEYS_MAX,
    NAME_CHARS_MAX,
    PEPPER_BYTES_MIN,
    KnownKeys,
    create,
    listed,
    revoke,
)

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
PEPPER = b"pepper-pepper-pepper-pepper-pepp"
assert len(PEPPER) == PEPPER_BYTES_MIN
BOTH = frozenset({Scope.INGEST, Scope.SEND})
SECOND = timedelta(seconds=1)


async def made(
    pool: Pool, *, name: str = "events", expires_at: datetime | None = None, at: datetime = AT
) -> str:
    return await create(pool, PEPPER, name=name, scopes=BOTH, expires_at=expires_at, at=at)


async def authenticate(pool: Pool, pepper: bytes, key: str, *, at: datetime) -> Service | None:
    """Recognise a key in a process that knows none."""
    return await service_key.authenticate(pool, pepper, key, known=KnownKeys(), at=at)


async def used_at(pool: Pool) -> list[datetime | None]:
    return [key.last_used_at for key in await listed(pool)]


async def test_a_key_is_stored_as_a_hash_only(pool: Pool, statements: list[str]) -> None:
    key = await made(pool, expires_at=AT + SECOND)
    assert statements == ["service_key.insert"]
    assert re.fullmatch(r"kk_[a-z2-7]{8}\.[A-Za-z0-9_-]{43}", key)
    prefix, secret = key.split(".")
    async with acquire(pool) as conn:
        row = dict(await conn.fetchrow("SELECT * FROM service_key") or {})
    assert row == {
        "prefix": prefix,
        "name": "events",
        "secret_hash": hmac.digest(PEPPER, key.encode(), "sha256"),
        "scopes": ["ingest", "send"],
        "created_at": AT,
        "expires_at": AT + SECOND,
        "revoked_at": None,
        "last_used_at": None,
    }
    assert secret not in repr(row)


@pytest.mark.parametrize("scopes", [{Scope.INGEST}, {Scope.SEND}, BOTH])
async def test_a_key_names_its_service(
    pool: Pool, statements: list[str], scopes: frozenset[Scope]
) -> None:
    key = await create(
        pool, PEPPER, name="x" * NAME_CHARS_MAX, scopes=scopes, expires_at=None, at=AT
    )
    statements.clear()
    expected = Service(key.split(".")[0], frozenset(scopes))
    assert await authenticate(pool, PEPPER, key, at=AT) == expected
    assert statements == ["service_key.by_prefix", "service_key.touch"]


async def test_a_key_that_makes_no_sense_is_not_made(pool: Pool) -> None:
    for name, scopes, expires_at, field in (
        ("", BOTH, None, "name"),
        ("x" * (NAME_CHARS_MAX + 1), BOTH, None, "name"),
        ("a\0b", BOTH, None, "name"),
        ("a\nb", BOTH, None, "name"),
        ("events", frozenset[Scope](), None, "scopes"),
        ("events", BOTH, AT, "expiresAt"),
        ("events", BOTH, AT - SECOND, "expiresAt"),
    ):
        with pytest.raises(BadInputError) as caught:
            await create(pool, PEPPER, name=name, scopes=scopes, expires_at=expires_at, at=AT)
        assert caught.value.field == field
    assert await listed(pool) == []


async def test_a_malformed_key_costs_no_query(pool: Pool, statements: list[str]) -> None:
    for key in (
        *("", ".", "kk_", "kk_abcdefgh", "kk_abcdefgh.", "Bearer x", "kk_abcdefg1." + "a" * 43),
        *("kk_abcdefgh." + "a" * 42, "kk_abcdefgh." + "a" * 44, "KK_abcdefgh." + "a" * 43),
        *("kk_abcdefgh." + "a" * 43 + "\n", " kk_abcdefgh." + "a" * 43),
        *("kk_abcdefgh." + "é" * 43, "kk_abcdef\0h." + "a" * 43, "\ud800", "x" * 100_000),
    ):
        assert await authenticate(pool, PEPPER, key, at=AT) is None
    assert statements == []


async def test_unknown_and_wrong_keys_are_refused_with_the_same_work(
    pool: Pool, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, other = await made(pool), await made(pool)
    prefix, secret = key.split(".")
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def counting(one: bytes, two: bytes) -> bool:
        compared.append((len(one), len(two)))
        return compare(one, two)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    for refused in (
        f"kk_aaaaaaaa.{secret}",
        f"{prefix}.{other.split('.')[1]}",
        f"{prefix}.{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
        f"{prefix}.{secret.swapcase()}",
    ):
        statements.clear()
        compared.clear()
        assert await authenticate(pool, PEPPER, refused, at=AT) is None
        assert statements == ["service_key.by_prefix"]
        assert compared == [(32, 32)]
    assert await authenticate(pool, PEPPER[::-1], key, at=AT) is None
    assert await used_at(pool) == [None, None]


async def test_hashes_cannot_be_moved_to_another_key(pool: Pool) -> None:
    one, two = await made(pool), await made(pool)
    async with acquire(pool) as conn:
        await conn.execute(
            "UPDATE service_key SET secret_hash = $1", hmac.digest(PEPPER, one.encode(), "sha256")
        )
    moved = f"{two.split('.')[0]}.{one.split('.')[1]}"
    assert await authenticate(pool, PEPPER, moved, at=AT) is None
    assert await authenticate(pool, PEPPER, one, at=AT) is not None


async def test_a_key_expires(pool: Pool) -> None:
    key = await made(pool, expires_at=AT + SECOND)
    just_before = AT + SECOND - timedelta(microseconds=1)
    assert await authenticate(pool, PEPPER, key, at=just_before) is not None
    assert await authenticate(pool, PEPPER, key, at=AT + SECOND) is None
    assert await used_at(pool) == [just_before]


async def test_a_revoked_key_is_refused_at_once_and_for_ever(pool: Pool) -> None:
    old, new = await made(pool), await made(pool, at=AT + SECOND)  # a rotation: both live
    assert await authenticate(pool, PEPPER, old, at=AT) is not None
    assert await authenticate(pool, PEPPER, new, at=AT) is not None
    prefix = old.split(".")[0]
    assert await revoke(pool, prefix, AT) is True
    assert await revoke(pool, prefix, AT + SECOND) is False
    assert await revoke(pool, "kk_aaaaaaaa", AT) is False
    assert await revoke(pool, old, AT) is False
    assert await authenticate(pool, PEPPER, old, at=AT) is None
    assert await authenticate(pool, PEPPER, new, at=AT) is not None
    assert [(key.prefix, key.revoked_at, key.live(AT)) for key in await listed(pool)] == [
        (prefix, AT, False),
        (new.split(".")[0], None, True),
    ]


async def test_keys_are_listed_by_age_without_their_secrets(pool: Pool) -> None:
    keys = [await made(pool, name=name, at=AT + n * SECOND) for n, name in enumerate("cab")]
    found = await listed(pool)
    assert [key.name for key in found] == ["c", "a", "b"]
    assert [key.scopes for key in found] == [{"ingest", "send"}] * 3
    assert all("hash" not in repr(key) for key in found)
    assert all(key.split(".")[1] not in repr(found) for key in keys)


async def test_a_use_is_recorded_at_most_once_a_minute(pool: Pool, statements: list[str]) -> None:
    key = await made(pool)
    recorded = []
    for seconds in (0, 1, 59.999999, 60, 90, 120, 3600):
        statements.clear()
        assert await authenticate(pool, PEPPER, key, at=AT + seconds * SECOND) is not None
        recorded.append((seconds, "service_key.touch" in statements))
    assert recorded == [
        *((0, True), (1, False), (59.999999, False), (60, True), (90, False), (120, True)),
        (3600, True),
    ]
    assert await used_at(pool) == [AT + 3600 * SECOND]


async def test_a_use_is_never_dated_back(pool: Pool) -> None:
    prefix = (await made(pool)).split(".")[0]
    async with acquire(pool) as conn:
        for seconds in (60, 61, 0):  # as of processes that saw the same row
            at = AT + seconds * SECOND
            await db.service_key.touch(conn, prefix, at=at, unless_after=at - 60 * SECOND)
    assert await used_at(pool) == [AT + 60 * SECOND]


async def test_a_held_row_holds_up_nobody(pool: Pool) -> None:
    key = await made(pool)
    async with acquire(pool) as conn, conn.transaction():
        await conn.execute("SELECT FROM service_key FOR UPDATE")
        before = time.monotonic()
        assert await authenticate(pool, PEPPER, key, at=AT) is not None
        assert time.monotonic() - before < 0.4
    assert await used_at(pool) == [None]


async def test_a_use_that_cannot_be_recorded_fails_nothing(
    pool: Pool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_key, "TOUCH_SECONDS", 0.05)
    key = await made(pool)
    prefix = key.split(".")[0]
    async with acquire(pool) as conn:
        await conn.execute("ALTER TABLE service_key ADD CHECK (last_used_at IS NULL)")
    assert await authenticate(pool, PEPPER, key, at=AT) == Service(prefix, BOTH)
    async with acquire(pool) as conn, conn.transaction():
        await conn.execute("LOCK TABLE service_key IN SHARE MODE")
        assert await authenticate(pool, PEPPER, key, at=AT) == Service(prefix, BOTH)
    assert caplog.messages == [
        f"use of {prefix} is not recorded: CheckViolationError",
        f"use of {prefix} is not recorded: TimeoutError",
    ]
    assert pool.get_idle_size() == pool.get_size()


# --- in a process that knows the key


@dataclass(slots=True)
class Process:
    """A process that remembers keys, and a key that it has just recognised."""

    pool: Pool
    statements: list[str]
    key: str
    known: KnownKeys = dataclasses.field(default_factory=KnownKeys)

    async def recognise(self, seconds: float, key: str | None = None) -> bool:
        """Tell whether a key is recognised so long after the first time; note the statements."""
        self.statements.clear()
        found = await service_key.authenticate(
            self.pool, PEPPER, key or self.key, known=self.known, at=AT + seconds * SECOND
        )
        assert found in (None, Service((key or self.key).split(".")[0], BOTH))
        return found is not None

    async def revoke(self, seconds: float) -> None:
        assert await revoke(self.pool, self.key.split(".")[0], AT + seconds * SECOND)


READ = ["service_key.by_prefix"]
JUST_BEFORE = KEY_CACHE_SECONDS - 0.000001


@pytest.fixture
async def process(pool: Pool, statements: list[str]) -> Process:
    process = Process(pool, statements, await made(pool, expires_at=AT + 3600 * SECOND))
    assert await process.recognise(0)
    assert statements == [*READ, "service_key.touch"]
    return process


async def test_a_key_is_read_once_in_a_few_seconds(process: Process) -> None:
    costs = []
    for seconds in (0, 1, JUST_BEFORE, KEY_CACHE_SECONDS, 7, KEY_CACHE_SECONDS + JUST_BEFORE, 10):
        assert await process.recognise(seconds)
        costs.append((seconds, list(process.statements)))
    assert costs == [
        *((0, []), (1, []), (JUST_BEFORE, []), (KEY_CACHE_SECONDS, READ), (7, [])),
        *((KEY_CACHE_SECONDS + JUST_BEFORE, []), (10, READ)),
    ]


async def test_a_key_that_is_known_is_touched_once_a_minute(process: Process) -> None:
    costs = []
    for seconds in (59, 60, 63, 64, 65, 69):
        assert await process.recognise(seconds)
        costs.append((seconds, list(process.statements)))
    touched = [*READ, "service_key.touch"]
    assert costs == [(59, READ), (60, []), (63, []), (64, touched), (65, []), (69, READ)]
    assert await used_at(process.pool) == [AT + 64 * SECOND]


async def test_a_revoked_key_works_until_it_is_read_again(process: Process) -> None:
    await process.revoke(1)
    assert await process.recognise(JUST_BEFORE)
    assert process.statements == []
    for seconds in (KEY_CACHE_SECONDS, KEY_CACHE_SECONDS, 6, 3600):
        assert not await process.recognise(seconds)
        assert process.statements == READ


async def test_a_known_key_expires_at_its_instant(pool: Pool, statements: list[str]) -> None:
    process = Process(pool, statements, await made(pool, expires_at=AT + 2 * SECOND))
    assert await process.recognise(0)
    assert await process.recognise(1.999999)
    assert not await process.recognise(2)
    assert process.statements == []


async def test_another_secret_with_a_known_prefix_is_refused(process: Process) -> None:
    prefix, secret = process.key.split(".")
    other = (await made(process.pool)).split(".")[1]
    for wrong in (f"{prefix}.{other}", f"{prefix}.{secret.swapcase()}", f"{prefix}.{secret[::-1]}"):
        assert not await process.recognise(1, wrong)
        assert process.statements == READ
    assert await process.recognise(1)
    assert process.statements == []
    at = AT + SECOND
    hash_of_other_pepper = service_key.authenticate(
        process.pool, PEPPER[::-1], process.key, known=process.known, at=at
    )
    assert await hash_of_other_pepper is None


async def test_a_refusal_is_not_remembered(process: Process) -> None:
    key = await made(process.pool)
    prefix = key.split(".")[0]
    async with acquire(process.pool) as conn:
        await conn.execute(
            "UPDATE service_key SET prefix = 'kk_aaaaaaaa' WHERE prefix = $1", prefix
        )
        for _ in range(2):
            assert not await process.recognise(1, key)
            assert process.statements == READ
        await conn.execute(
            "UPDATE service_key SET prefix = $1 WHERE prefix = 'kk_aaaaaaaa'", prefix
        )
    assert await process.recognise(1, key)


async def test_a_key_is_read_again_where_the_clock_was_put_back(process: Process) -> None:
    await process.revoke(0)
    assert not await process.recognise(-0.000001)
    assert process.statements == READ


async def test_many_at_once_are_all_recognised(process: Process) -> None:
    process.known = KnownKeys()
    assert all(await asyncio.gather(*(process.recognise(1) for _ in range(20))))
    assert await process.recognise(1)
    assert process.statements == []


async def test_so_many_keys_are_known_at_a_time_and_no_secret(process: Process) -> None:
    assert process.key.split(".")[1].encode() not in pickle.dumps(process.known)
    (stored,) = await listed(process.pool)
    known = KnownKeys()
    hashes = [n.to_bytes(32) for n in range(KEYS_MAX + 1)]
    for hash_ in hashes[:KEYS_MAX]:
        known.keep(hash_, stored, AT)
    assert all(known.get(hash_, AT) is stored for hash_ in hashes[:KEYS_MAX])
    known.keep(hashes[KEYS_MAX], stored, AT)
    assert [known.get(hash_, AT) for hash_ in (hashes[0], hashes[-1])] == [None, stored]
