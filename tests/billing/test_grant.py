"""The parts of quota and balance: they add up, and are filled in order (D14, D17)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.carrier import carrier_balance
from billing.commitment import Commitment, GrantKind, Meter
from billing.conversation import conversation_usage
from billing.cost import cycle_cost
from billing.cycle import Cycle
from billing.figures import ChargeSum, Figures, GrantRow
from billing.grant import BalanceGrant, BlockGrant, Grant, GrantReason, grants
from tests.billing.build import MICROS, PURE, account, price_list, terms, utc

AT = utc("2026-11-01T12:00")
END = utc("2026-11-25")


def cycle(number: int = 0, included: int = 500) -> Cycle:
    acme = account(
        terms("2026-10-25", starts_at="2026-10-25"), price_lists=[price_list(included=included)]
    )
    return Cycle.of(acme, number, utc("2026-11-22T12:00"))


def row(id_: str, kind: GrantKind, amount: int, price: int = 0, *, hour: int = 0) -> GrantRow:
    return GrantRow(id_, kind, amount, price, f"Why {id_}.", AT + timedelta(hours=hour))


def figures(
    *rows: GrantRow, used: int = 0, spent: int = 0, blocks: int = 0, carrier: int = 0
) -> Figures:
    found = Figures(
        commitments=[
            Commitment(Meter.CONVERSATIONS, 1, 0, blocks),
            Commitment(Meter.CARRIER, 1, 0, carrier),
        ],
        grants=list(rows),
    )
    if used:
        found.conversations["CHAT"] = used
    if spent:
        found.charges["SMS"] = ChargeSum(spent, 1)
    for each in rows:
        found.granted[each.kind] += each.amount
        found.grant_prices_micros[each.kind] += each.price_micros
    return found


def filled(found: Sequence[Grant]) -> list[int]:
    return [each.filled if isinstance(each, BlockGrant) else each.filled_micros for each in found]


def test_everything_there_is() -> None:
    rows = [
        row("auto", GrantKind.AUTOMATIC_BLOCKS, 1, 21_600_000, hour=2),
        row("CONVERSATIONS-2", GrantKind.BLOCKS, 2, 36 * MICROS, hour=1),
        row("recharge", GrantKind.AUTOMATIC_TOP_UP, 20 * MICROS, 20 * MICROS, hour=4),
        row("CARRIER-2", GrantKind.TOP_UP, 10 * MICROS, 10 * MICROS, hour=3),
        row("CONVERSATIONS-2", GrantKind.BLOCKS, -2, -36 * MICROS, hour=5),
    ]
    found = grants(
        cycle(), figures(*rows, used=650, spent=60 * MICROS, blocks=3, carrier=50 * MICROS)
    )

    def blocks(id_: str, n: int, price: int, reason: GrantReason, held: int) -> BlockGrant:
        return BlockGrant(
            id=id_,
            conversations=n,
            price_micros=price,
            reason=reason,
            reverses=None,
            note=f"Why {id_}.",
            granted_at=AT,
            expires_at=END,
            filled=held,
        )

    def balance(id_: str, euros: int, reason: GrantReason, held: int) -> BalanceGrant:
        return BalanceGrant(
            id=id_,
            amount_micros=euros * MICROS,
            price_micros=euros * MICROS,
            reason=reason,
            reverses=None,
            note=f"Why {id_}.",
            granted_at=AT,
            expires_at=END,
            filled_micros=held * MICROS,
        )

    def hours(n: int) -> timedelta:
        return timedelta(hours=n)

    assert found == [
        replace(
            blocks("CONVERSATIONS-INCLUDED-0", 500, 0, GrantReason.INCLUDED, 500),
            note="Boost",
            granted_at=None,
        ),
        replace(
            blocks("CONVERSATIONS-COMMITMENT-0", 300, 54 * MICROS, GrantReason.COMMITMENT, 150),
            note="Committed to, every cycle.",
            granted_at=None,
        ),
        replace(
            blocks("CONVERSATIONS-2", 200, 36 * MICROS, GrantReason.PURCHASE, 0),
            granted_at=AT + hours(1),
        ),
        replace(
            blocks("auto", 100, 21_600_000, GrantReason.AUTOMATIC, 0), granted_at=AT + hours(2)
        ),
        replace(
            blocks("CONVERSATIONS-2-REVERSAL", -200, -36 * MICROS, GrantReason.REVERSAL, 0),
            reverses="CONVERSATIONS-2",
            note="Why CONVERSATIONS-2.",
            granted_at=AT + hours(5),
        ),
        replace(
            balance("CARRIER-COMMITMENT-0", 50, GrantReason.COMMITMENT, 50),
            note="Committed to, every cycle.",
            granted_at=None,
        ),
        replace(balance("CARRIER-2", 10, GrantReason.PURCHASE, 10), granted_at=AT + hours(3)),
        replace(balance("recharge", 20, GrantReason.AUTOMATIC, 0), granted_at=AT + hours(4)),
    ]


def test_an_account_without_anything_has_none() -> None:
    assert grants(cycle(included=0), figures(used=7, spent=7)) == []


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (0, [0, 0, 0]),
        (1, [1, 0, 0]),
        (500, [500, 0, 0]),
        (501, [500, 1, 0]),
        (700, [500, 200, 0]),
        (999, [500, 200, 299]),
        (1_000, [500, 200, 300]),
        (5_000, [500, 200, 300]),
    ],
)
def test_what_came_first_is_filled_first(used: int, expected: list[int]) -> None:
    bought = row("CONVERSATIONS-2", GrantKind.BLOCKS, 3)
    assert filled(grants(cycle(), figures(bought, used=used, blocks=2))) == expected


def test_what_was_taken_back_is_not_filled_and_later_parts_are() -> None:
    rows = [
        row("a", GrantKind.BLOCKS, 2, hour=1),
        row("b", GrantKind.BLOCKS, 1, hour=2),
        row("a", GrantKind.BLOCKS, -2, hour=3),
    ]
    found = grants(cycle(), figures(*rows, used=540))
    assert [(each.id, each.reverses) for each in found] == [
        ("CONVERSATIONS-INCLUDED-0", None),
        ("a", None),
        ("b", None),
        ("a-REVERSAL", "a"),
    ]
    assert filled(found) == [500, 0, 40, 0]


def test_a_reversal_of_another_cycles_grant_takes_from_the_last_parts() -> None:
    rows = [row("b", GrantKind.BLOCKS, 3, hour=1), row("a", GrantKind.BLOCKS, -2, hour=2)]
    assert filled(grants(cycle(), figures(*rows, used=900))) == [500, 100, 0]
    assert filled(grants(cycle(included=100), figures(rows[1], used=900))) == [0, 0]


def test_in_the_future_cycle_nothing_is_filled() -> None:
    found = grants(cycle(1), figures(row("a", GrantKind.BLOCKS, 2), used=600, spent=5, carrier=9))
    assert [each.id for each in found] == [
        "CONVERSATIONS-INCLUDED-1",
        "a",
        "CARRIER-COMMITMENT-1",
    ]
    assert filled(found) == [0, 0, 0]


def test_what_came_at_the_same_instant_has_an_order() -> None:
    rows = [row(id_, GrantKind.BLOCKS, 1) for id_ in "cab"] + [row("b", GrantKind.BLOCKS, -1)]
    for shuffled in (rows, rows[::-1]):
        assert [each.id for each in grants(cycle(included=0), figures(*shuffled))] == [
            "a",
            "b",
            "c",
            "b-REVERSAL",
        ]


KINDS = {
    GrantKind.BLOCKS: st.integers(1, 50),
    GrantKind.AUTOMATIC_BLOCKS: st.integers(1, 50),
    GrantKind.TOP_UP: st.integers(1, 10**9),
    GrantKind.AUTOMATIC_TOP_UP: st.integers(1, 10**9),
}


@st.composite
def drawn(draw: st.DrawFn) -> list[GrantRow]:
    """Draw grants, of which some are taken back, and reversals of other cycles' grants."""
    rows = []
    for n in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(list(KINDS)))
        amount, price = draw(KINDS[kind]), draw(st.integers(0, 10**9))
        hour = draw(st.integers(0, 5))
        fate = draw(st.sampled_from(["stays", "stays", "is reversed", "was of another cycle"]))
        if fate != "was of another cycle":
            rows.append(row(f"g{n}", kind, amount, price, hour=hour))
        if fate != "stays":
            rows.append(row(f"g{n}", kind, -amount, -price, hour=hour + draw(st.integers(0, 3))))
    return draw(st.permutations(rows))


@PURE
@given(
    rows=drawn(),
    included=st.integers(0, 1_000),
    blocks=st.integers(0, 5),
    carrier=st.integers(0, 10**9),
    used=st.integers(0, 10_000),
    spent=st.integers(0, 10**10),
)
def test_they_add_up_to_quota_limit_usage_and_cost(  # noqa: PLR0913, PLR0917 (drawn)
    rows: list[GrantRow], included: int, blocks: int, carrier: int, used: int, spent: int
) -> None:
    current = cycle(included=included)
    sums = figures(*rows, used=used, spent=spent, blocks=blocks, carrier=carrier)
    found = grants(current, sums)
    usage, balance = conversation_usage(current, sums), carrier_balance(current, sums)
    assert balance is not None
    assert usage.quota is not None
    of_blocks = [each for each in found if isinstance(each, BlockGrant)]
    of_balance = [each for each in found if isinstance(each, BalanceGrant)]
    assert [*of_blocks, *of_balance] == found
    assert sum(each.conversations for each in of_blocks) == usage.quota
    assert sum(each.amount_micros for each in of_balance) == balance.limit_micros
    assert sum(each.filled for each in of_blocks) == min(used, max(0, usage.quota))
    assert sum(each.filled_micros for each in of_balance) == min(
        spent, max(0, balance.limit_micros)
    )
    assert sum(each.price_micros for each in found) == cycle_cost(current, sums).total_micros
    assert len({each.id for each in found}) == len(found)
    taken_back = {each.reverses for each in found}
    meters: list[Sequence[Grant]] = [of_blocks, of_balance]
    for meter in meters:
        held = [
            (part, most)
            for part, most, each in zip(filled(meter), map(_amount, meter), meter, strict=True)
            if most > 0 and each.id not in taken_back
        ]
        assert all(0 <= part <= most for part, most in held)
        started = sum(part > 0 for part, _ in held)
        assert all(part == most for part, most in held[: max(0, started - 1)])
        assert all(part == 0 for part, _ in held[started:])


def _amount(grant: Grant) -> int:
    return grant.conversations if isinstance(grant, BlockGrant) else grant.amount_micros
