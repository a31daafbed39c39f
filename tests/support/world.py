"""A small world to ask about: plans, accounts and events that come in the way they really do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from billing.account import account_id_of
from billing.commitment import ChangeKind, GrantKind, Meter, MeterChange, latest_version
from billing.event import Charge, Direction, Event, Message, MessageKind
from billing.money import parse_micros
from billing.plan import REMINDER_PERCENTS, Interval, Limits, PriceList, SurchargePolicy
from billing.terms_change import AS_IT_IS, TermsRequest
from db import automatic_grant, meter_change
from db.automatic_grant import AutomaticGrant
from db.meter_change import Record
from db.pool import Pool, acquire
from resolvers import account, ingest, plan
from resolvers.account import NewAccount
from resolvers.context import Context, Session
from resolvers.ingest import Outcome
from resolvers.principal import Principal, Role, User
from resolvers.terms import NO_COMMITMENTS, Commitments
from schema.root import Result, Schema
from tests.support.clock import Clock
from tests.support.http import PEPPER

EXPIRES_AT = datetime(2100, 1, 1, tzinfo=UTC)
OPERATOR = User("staff", Role.OPERATOR, None, EXPIRES_AT)
AMSTERDAM = "Europe/Amsterdam"


def utc(text: str) -> datetime:
    """Read an instant; without an offset it means UTC."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def admin(external_id: str) -> User:
    return User("anna", Role.ADMIN, account_id_of(external_id), EXPIRES_AT)


def message(  # noqa: PLR0913 (an event's facts)
    external_id: str,
    at: str,
    *,
    contact: str = "maria",
    channel: str = "WHATSAPP",
    direction: Direction = Direction.OUTBOUND,
    automated: bool = False,
    kind: MessageKind = MessageKind.MESSAGE,
    id: str | None = None,
) -> Event:
    fact = Message(utc(at), contact, channel, direction, automated, kind)
    return Event(external_id, "inbox", id or f"{contact} {channel} {at}", fact)


def charge(  # noqa: PLR0913 (an event's facts)
    external_id: str,
    at: str,
    amount: str,
    *,
    feature: str = "VOICE",
    quantity: str | None = None,
    unit: str | None = None,
    id: str | None = None,
) -> Event:
    micros = None if quantity is None else parse_micros(quantity)
    fact = Charge(utc(at), feature, parse_micros(amount), "EUR", micros, unit)
    return Event(external_id, "carrier", id or f"{feature} {at}", fact)


def price_list(
    name: str,
    interval: Interval,
    included: int,
    *,
    effective_from: str = "2000-01-01",
    policy: SurchargePolicy = SurchargePolicy.SURCHARGE_BLOCKS,
) -> PriceList:
    return PriceList(
        plan=name,
        interval=interval,
        effective_from=utc(effective_from),
        included=included,
        block_price_micros=(18 if interval is Interval.MONTHLY else 15) * 1_000_000,
        surcharge_policy=policy,
        reminder_percents=REMINDER_PERCENTS[interval],
        limits=Limits.default(interval),
    )


@dataclass(slots=True)
class World:
    """Everything a test needs to make the past and to ask about it."""

    pool: Pool
    ingest_pool: Pool
    clock: Clock
    schema: Schema
    statements: list[str] = field(default_factory=list)

    def session(self, principal: Principal = OPERATOR) -> Session:
        return Session(self.pool, self.clock, principal, PEPPER)

    def context(self, principal: Principal = OPERATOR) -> Context:
        return Context.of(self.session(principal))

    async def plans(self) -> None:
        """Offer the two published plans, monthly and yearly, since 2000."""
        for name, monthly in (("Boost", 500), ("Pro", 1_500)):
            lists = [
                price_list(name, Interval.MONTHLY, monthly),
                price_list(name, Interval.YEARLY, 12 * monthly),
            ]
            await plan.create(self.context(), lists)

    async def account(  # noqa: PLR0913 (an account's facts)
        self,
        external_id: str = "acme",
        *,
        anchor: str | None = "2026-10-25",
        zone: str = AMSTERDAM,
        interval: Interval = Interval.MONTHLY,
        plan: str = "Boost",
        blocks: int | None = None,
        carrier: str | None = None,
        signed_up_at: str | None = None,
        backfill_until: str | None = None,
        trial: bool = False,
    ) -> UUID:
        """Record an account as an operator does."""
        new = NewAccount(
            external_id=external_id,
            name=external_id.title(),
            time_zone=zone,
            signed_up_at=None if signed_up_at is None else utc(signed_up_at),
            backfill_until=None if backfill_until is None else utc(backfill_until),
            trial=trial,
            terms=AS_IT_IS
            if trial
            else TermsRequest(
                plan=plan,
                interval=interval,
                anchor_date=None if anchor is None else date.fromisoformat(anchor),
            ),
            commitments=NO_COMMITMENTS
            if trial
            else Commitments(
                blocks=blocks, carrier_micros=None if carrier is None else parse_micros(carrier)
            ),
        )
        return (await account.create(self.context(), new)).id

    async def take(self, *events: Event) -> Outcome:
        """Take events in as one batch; all of them must be fit to be stored."""
        outcome = Outcome()
        items = list(enumerate(events))
        await ingest.take(self.ingest_pool, items, outcome, clock=self.clock)
        assert outcome.errors == []
        return outcome

    async def grant(self, external_id: str, kind: GrantKind, cycle: int, amount: int) -> None:
        """Add to one cycle: blocks, or micro-euros of balance."""
        id_, at = account_id_of(external_id), self.clock()
        async with acquire(self.pool) as conn:
            if kind in (GrantKind.AUTOMATIC_BLOCKS, GrantKind.AUTOMATIC_TOP_UP):
                kind_ = ChangeKind(kind.value.removeprefix("AUTOMATIC_"))
                grant = AutomaticGrant(
                    account_id=id_,
                    grant_id=uuid4(),
                    kind=kind_,
                    cycle=cycle,
                    amount=amount,
                    price_micros=0,
                    effective_at=at,
                    reason="Added.",
                )
                await automatic_grant.insert(conn, [grant], recorded_at=at)
                return
            meter = Meter.CONVERSATIONS if kind is GrantKind.BLOCKS else Meter.CARRIER
            past = await meter_change.of_account(conn, id_)
            change = MeterChange(
                meter=meter,
                version=latest_version(past, meter) + 1,
                kind=ChangeKind(kind.value),
                cycle=cycle,
                amount=amount,
                amount_before=0,
                price_micros=0,
                effective_at=at,
            )
            await meter_change.insert(conn, id_, change, Record(at, "anna", "Bought."))

    async def execute(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        principal: Principal = OPERATOR,
        operation: str | None = None,
    ) -> Result:
        """Run an operation, and note its statements only."""
        self.statements.clear()
        return await self.schema.execute(
            document,
            variable_values=dict(variables or {}),
            context_value=self.session(principal),
            operation_name=operation,
        )

    async def data(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        principal: Principal = OPERATOR,
    ) -> dict[str, Any]:
        """Run an operation that must go well, and return its data."""
        result = await self.execute(document, variables, principal=principal)
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data

    async def refusals(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        principal: Principal = OPERATOR,
    ) -> list[tuple[str, str | None]]:
        """Run an operation that must fail, and return each error's code and blamed field."""
        result = await self.execute(document, variables, principal=principal)
        assert result.errors is not None, result.data
        return [
            ((error.extensions or {})["code"], (error.extensions or {}).get("field"))
            for error in result.errors
        ]


TABLES = (
    "account",
    "adjustment",
    "automatic_grant",
    "charge_day",
    "conversation",
    "conversation_day",
    "erasure",
    "event",
    "event_reversal",
    "grant_reversal",
    "idempotency",
    "label",
    "meter_change",
    "outbox",
    "price_list",
    "rearming",
    "reminder",
    "setting",
    "spend_day",
    "statement",
    "statement_line",
    "terms",
)
"""All tables but that of the service keys, whose use is recorded."""


async def contents(pool: Pool) -> dict[str, list[str]]:
    """Return everything that is stored, to be compared with what is stored later."""
    async with acquire(pool) as conn:
        return {
            table: [
                row["row"] for row in await conn.fetch(f"SELECT t::text AS row FROM {table} AS t")
            ]
            for table in TABLES
        }
