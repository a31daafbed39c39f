"""Amounts are exact, whatever a client sends (D19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import BadInputError
from billing.money import (
    AMOUNT_MICROS_MAX,
    CENT_MICROS,
    apportion,
    format_micros,
    parse_micros,
    quoted,
    rounded_to_cents,
    shown_in_cents,
)
from tests.billing.build import PURE

AMOUNTS = st.integers(-AMOUNT_MICROS_MAX, AMOUNT_MICROS_MAX)
WEIGHTS = st.lists(st.integers(-(10**12), 10**12), max_size=8)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0", 0),
        ("-0", 0),
        ("12", 12_000_000),
        ("12.5", 12_500_000),
        ("12.50", 12_500_000),
        ("0.000001", 1),
        ("-0.000001", -1),
        ("007", 7_000_000),
        ("1000000000", AMOUNT_MICROS_MAX),
        ("1000000000.000000", AMOUNT_MICROS_MAX),
        ("-1000000000", -AMOUNT_MICROS_MAX),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, micros: int) -> None:
    assert parse_micros(text) == micros


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" 1", id="space_before"),
        pytest.param("1 ", id="space_after"),
        pytest.param("1\n", id="line_feed_after"),
        pytest.param("+1", id="plus"),
        pytest.param("--1", id="two_signs"),
        pytest.param("\u22121", id="minus_sign_that_is_no_hyphen"),
        pytest.param("1.", id="nothing_after_the_point"),
        pytest.param(".5", id="nothing_before_the_point"),
        pytest.param("1,5", id="comma"),
        pytest.param("1_000", id="underscore"),
        pytest.param("1e3", id="exponent"),
        pytest.param("0x10", id="hexadecimal"),
        pytest.param("NaN", id="nan"),
        pytest.param("sNaN", id="signalling_nan"),
        pytest.param("Infinity", id="infinity"),
        pytest.param("-Infinity", id="minus_infinity"),
        pytest.param("\u0661", id="arabic_digit"),
        pytest.param("\uff11", id="fullwidth_digit"),
        pytest.param("1\x00", id="nul"),
        pytest.param("1000000000000", id="13_digits"),
        pytest.param("9" * 20_000, id="20000_digits"),
    ],
)
def test_anything_but_a_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="is not a plain decimal number") as refused:
        parse_micros(text, field="amount")
    assert (refused.value.code, refused.value.field) == ("BAD_USER_INPUT", "amount")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("0.0000001", id="a_tenth_of_a_micro"),
        pytest.param("1.0000000", id="seventh_digit_is_zero"),
        pytest.param(f"1.{'0' * 30}1", id="beyond_the_precision_of_a_decimal"),
        pytest.param(f"1.{'0' * 20_000}", id="20000_digits"),
    ],
)
def test_a_seventh_digit_after_the_point_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="more than 6 digits after the point") as refused:
        parse_micros(text, field="amount")
    assert (refused.value.code, refused.value.field) == ("BAD_USER_INPUT", "amount")


@pytest.mark.parametrize("text", ["1000000000.000001", "-1000000000.000001", "999999999999"])
def test_an_amount_beyond_a_billion_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="is beyond 1000000000") as refused:
        parse_micros(text, field="amount")
    assert (refused.value.code, refused.value.field) == ("BAD_USER_INPUT", "amount")


def test_a_refusal_quotes_at_most_40_characters() -> None:
    assert quoted("x" * 40) == f'"{"x" * 40}"'
    assert quoted("x" * 41) == f'"{"x" * 39}…"'


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0.00"),
        (1, "0.000001"),
        (-1, "-0.000001"),
        (10_000, "0.01"),
        (12_500_000, "12.50"),
        (12_345_000, "12.345"),
        (-12_345_678, "-12.345678"),
        (10**18, "1000000000000.00"),
    ],
)
def test_micros_are_written_with_two_to_six_digits(micros: int, text: str) -> None:
    assert format_micros(micros) == text


@PURE
@given(AMOUNTS)
def test_what_is_written_is_read_back(micros: int) -> None:
    assert parse_micros(format_micros(micros)) == micros


@pytest.mark.parametrize(
    ("micros", "rounded"),
    [
        (0, 0),
        (4_999, 0),
        (5_000, 10_000),
        (14_999, 10_000),
        (15_000, 20_000),
        (-4_999, 0),
        (-5_000, -10_000),
        (-15_000, -20_000),
    ],
)
def test_half_a_cent_is_rounded_away_from_zero(micros: int, rounded: int) -> None:
    assert rounded_to_cents(micros) == rounded


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        pytest.param(100, [1, 1, 1], [34, 33, 33], id="equal_remainders_go_to_the_earlier"),
        pytest.param(100, [2, 1], [67, 33], id="largest_remainder"),
        pytest.param(100, [1, 2], [33, 67], id="largest_remainder_comes_last"),
        pytest.param(100, [0, 5, 0], [0, 100, 0], id="nothing_for_no_weight"),
        pytest.param(1, [1, 1, 1], [1, 0, 0], id="fewer_units_than_parts"),
        pytest.param(-100, [1, 1, 1], [-34, -33, -33], id="a_negative_total_mirrors_the_positive"),
        pytest.param(100, [-1, -1, -1], [34, 33, 33], id="shares_of_a_negative_sum"),
        pytest.param(7, [10, -3], [10, -3], id="a_negative_weight_gets_a_negative_part"),
        pytest.param(100, [], [], id="no_weights"),
        pytest.param(100, [0, 0], [0, 0], id="all_weights_zero"),
        pytest.param(100, [5, -5], [0, 0], id="weights_that_cancel_out"),
    ],
)
def test_a_total_is_split_by_largest_remainder(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert apportion(total, weights) == parts


@PURE
@given(AMOUNTS, WEIGHTS)
def test_parts_add_up_and_are_less_than_one_from_exact(total: int, weights: list[int]) -> None:
    parts, base = apportion(total, weights), sum(weights)
    assert len(parts) == len(weights)
    assert sum(parts) == (total if base else 0)
    if base:
        off = [abs(p * base - total * w) for p, w in zip(parts, weights, strict=True)]
        assert all(distance < abs(base) for distance in off)


@PURE
@given(AMOUNTS, WEIGHTS)
def test_the_parts_of_a_reversal_cancel_those_of_the_original(
    total: int, weights: list[int]
) -> None:
    assert apportion(-total, weights) == [-part for part in apportion(total, weights)]


@pytest.mark.parametrize(
    ("amounts", "shown"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([14_999, 14_999], [20_000, 10_000], id="halves_are_not_both_cut"),
        pytest.param([3_400, 3_300, 3_300], [10_000, 0, 0], id="three_thirds_of_a_cent"),
        pytest.param([-3_400, -3_300, -3_300], [-10_000, 0, 0], id="mirrored"),
        pytest.param([5_000_000, -5_000_000], [5_000_000, -5_000_000], id="cancel_out"),
        pytest.param(
            [1_000_003_000, -999_997_000], [1_000_010_000, -1_000_000_000], id="nearly_cancel_out"
        ),
    ],
)
def test_amounts_are_shown_in_cents_that_add_up_to_the_shown_total(
    amounts: list[int], shown: list[int]
) -> None:
    assert shown_in_cents(amounts) == shown


@PURE
@given(WEIGHTS)
def test_what_is_shown_is_whole_cents_less_than_one_cent_from_exact(amounts: list[int]) -> None:
    shown = shown_in_cents(amounts)
    assert sum(shown) == rounded_to_cents(sum(amounts))
    assert all(cents % CENT_MICROS == 0 for cents in shown)
    assert all(abs(s - a) < CENT_MICROS for s, a in zip(shown, amounts, strict=True))
