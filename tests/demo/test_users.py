"""The demo's users: who can be chosen, and where."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from billing.account import account_id_of
from demo.accounts import accounts
from demo.users import WITH_MEMBER, users
from edge.demo import TOKEN_LASTS, Demo
from edge.settings import Settings
from resolvers.principal import Role
from server import DEMO_DONE, DEMO_STARTED, clock, demo_of, verifier

LAID_OUT_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def laid_out(data_dir: Path, **more: object) -> Settings:
    """Return the settings of a data folder that has the demo."""
    (data_dir / DEMO_STARTED).write_text(LAID_OUT_AT.isoformat())
    (data_dir / DEMO_DONE).touch()
    return Settings.model_validate({"data_dir": data_dir, **more})


def demo_in(data_dir: Path, host: str = "127.0.0.1") -> Demo:
    found = demo_of(laid_out(data_dir), host)
    assert found is not None
    return found


def test_every_account_has_an_admin_and_one_a_member() -> None:
    found = users(LAID_OUT_AT)
    assert [of.account for of in found] == [of.external_id for of in accounts(LAID_OUT_AT)]
    members = [of.account for of in found if Role.MEMBER in of.roles]
    assert members == [WITH_MEMBER]
    assert all(of.roles[0] is Role.ADMIN for of in found)
    assert [of.account for of in found if of.plan is None] == ["marram-savings"]


async def test_a_token_is_of_who_was_chosen_and_soon_over(tmp_path: Path) -> None:
    made_at = clock()
    token = demo_in(tmp_path).issue(Role.MEMBER, WITH_MEMBER)
    user = await verifier(laid_out(tmp_path)).verify(token, at=made_at)
    assert (user.role, user.account_id) == (Role.MEMBER, account_id_of(WITH_MEMBER))
    assert user.expires_at <= clock() + TOKEN_LASTS


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_it_is_on_for_this_machine(tmp_path: Path, host: str) -> None:
    assert demo_in(tmp_path, host).users == users(LAID_OUT_AT)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "usage.example", ""])
def test_it_is_off_where_others_can_reach_it(tmp_path: Path, host: str) -> None:
    assert demo_of(laid_out(tmp_path), host) is None


def test_it_is_off_without_its_data(tmp_path: Path) -> None:
    settings = laid_out(tmp_path)
    (tmp_path / DEMO_DONE).unlink()
    assert demo_of(settings, "127.0.0.1") is None


@pytest.mark.parametrize(
    "more",
    [
        {
            "database_url": "postgresql://db.example/kontingent",
            "token_secret": SecretStr("s" * 32),
            "key_pepper": SecretStr("p" * 32),
        },
        {"jwks_url": "https://id.example/jwks.json"},
    ],
)
def test_it_is_off_where_others_own_the_data_or_the_tokens(
    tmp_path: Path, more: dict[str, object]
) -> None:
    assert demo_of(laid_out(tmp_path, **more), "127.0.0.1") is None
