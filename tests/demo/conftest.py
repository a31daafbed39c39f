"""The demo as it comes out at one instant, and at another; each made once."""

from datetime import UTC, datetime

import pytest

from tests.demo.made import Made, make

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
LATER = datetime(2027, 3, 30, 6, 31, 7, 89, tzinfo=UTC)


@pytest.fixture(scope="session")
def made() -> Made:
    return make(NOW)


@pytest.fixture(scope="session")
def made_later() -> Made:
    return make(LATER)


@pytest.fixture(scope="session", params=["made", "made_later"])
def either(request: pytest.FixtureRequest) -> Made:
    found: Made = request.getfixturevalue(request.param)
    return found
