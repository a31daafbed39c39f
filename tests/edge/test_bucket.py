"""Buckets of cost: who has which, what is taken and given back, and how they fill up."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from edge.bucket import (
    BUCKETS_MAX,
    CUSTOMER,
    PLATFORM,
    Bucket,
    Buckets,
    Rate,
    Rates,
    ThrottledError,
)
from resolvers.principal import Anonymous, Principal, Role, Scope, Service, User

ACME, GLOBEX = UUID(int=1), UUID(int=2)
UNTIL, LATER = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


@dataclass
class Watch:
    """Counts seconds as a test tells it to."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def user(
    subject: str = "anna",
    role: Role = Role.ADMIN,
    account: UUID | None = ACME,
    expires_at: datetime = UNTIL,
) -> User:
    return User(subject, role, account, expires_at)


def service(prefix: str) -> Service:
    return Service(prefix, frozenset({Scope.SEND}))


@pytest.mark.parametrize(
    ("principal", "rate"),
    [
        pytest.param(user(), CUSTOMER, id="admin"),
        pytest.param(user(role=Role.MEMBER), CUSTOMER, id="member"),
        pytest.param(Anonymous(), CUSTOMER, id="nobody"),
        pytest.param(user(role=Role.OPERATOR, account=None), PLATFORM, id="operator"),
        pytest.param(service("one"), PLATFORM, id="service"),
    ],
)
def test_customers_have_a_smaller_bucket_than_the_platform(
    principal: Principal, rate: Rate
) -> None:
    assert Buckets(Rates(), Watch()).of(principal).rate == rate


def test_the_rates_are_those_promised() -> None:
    assert (Rate(20_000, 2_000), Rate(1_000_000, 100_000)) == (CUSTOMER, PLATFORM)


def test_all_that_it_holds_can_be_taken_and_no_more() -> None:
    bucket = Bucket(Rate(100, 10), Watch())
    with pytest.raises(ThrottledError) as caught:
        bucket.take(101)
    assert (caught.value.seconds, bucket.held()) == (1, 100)
    bucket.take(100)
    assert bucket.held() == 0


@pytest.mark.parametrize(
    ("cost", "seconds"), [(1, 1), (10, 1), (11, 2), (100, 10)], ids=["1", "10", "11", "100"]
)
def test_what_is_refused_is_told_when_to_come_again(cost: int, seconds: int) -> None:
    watch = Watch()
    bucket = Bucket(Rate(100, 10), watch)
    bucket.take(100)
    with pytest.raises(ThrottledError) as caught:
        bucket.take(cost)
    assert caught.value.seconds == seconds
    watch.seconds += seconds
    bucket.take(cost)


def test_it_fills_up_with_time_but_never_beyond_its_rim() -> None:
    watch = Watch()
    bucket = Bucket(Rate(100, 10), watch)
    bucket.take(60)
    watch.seconds += 0.5
    assert bucket.held() == 45
    watch.seconds += 5.5
    assert bucket.held() == 100
    bucket.take(10)
    bucket.give_back(5)
    assert bucket.held() == 95
    bucket.give_back(50)
    assert bucket.held() == 100


def test_each_caller_has_a_bucket_whichever_token_they_use() -> None:
    buckets = Buckets(Rates(), Watch())
    others: list[Principal] = [
        user("ben"),
        user(account=GLOBEX),
        user(role=Role.MEMBER),
        service("one"),
        service("two"),
        Anonymous(),
    ]
    buckets.of(user()).take(5_000)
    assert buckets.of(user(expires_at=LATER)).held() == 15_000
    for other in others:
        bucket = buckets.of(other)
        assert bucket.held() == bucket.rate.maximum


def test_so_many_callers_are_remembered_and_the_one_who_asked_longest_ago_is_not() -> None:
    buckets = Buckets(Rates(), Watch())
    for number in range(BUCKETS_MAX):
        buckets.of(user(str(number))).take(1)
    assert buckets.of(user("0")).held() == CUSTOMER.maximum - 1
    buckets.of(user("one more")).take(1)
    assert buckets.of(user("0")).held() == CUSTOMER.maximum - 1
    assert buckets.of(user("1")).held() == CUSTOMER.maximum
