"""What a resolver may reach."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from billing.cycle import Cycle
from billing.errors import BadInputError
from db.pool import OutcomeUnknownError, Pool, UnavailableError
from resolvers.known_accounts import Assumed, KnownAccounts
from resolvers.loaders import Loaders
from resolvers.principal import Principal
from resolvers.watcher import Watcher

__all__ = ["Context", "OutcomeUnknownError", "Session", "UnavailableError"]


@dataclass(frozen=True, slots=True)
class Session:
    """One HTTP request or one WebSocket connection, which may run many operations.

    `pepper` is what secrets are derived with; `accounts` are what the application knows.
    A subscription has a `watcher`, and with it a session of its own.
    """

    pool: Pool
    clock: Callable[[], datetime]
    principal: Principal
    pepper: bytes = field(repr=False)
    accounts: KnownAccounts = field(default_factory=KnownAccounts, repr=False)
    watcher: Watcher | None = field(default=None, repr=False)


@dataclass(slots=True)
class Context:
    """One GraphQL operation: what every resolver takes first. `now` is pinned for all of it."""

    pool: Pool
    clock: Callable[[], datetime]
    principal: Principal
    pepper: bytes = field(repr=False)
    now: datetime
    accounts: KnownAccounts = field(repr=False)
    watcher: Watcher | None = field(repr=False)
    assumed: Assumed = field(init=False, repr=False)
    loaders: "Loaders[Context]" = field(init=False, repr=False)
    _listed: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.assumed = Assumed(self.accounts)
        self.loaders = Loaders(self)

    @classmethod
    def of(cls, session: Session) -> "Context":
        """Start an operation: pin its time and give it empty loaders."""
        return cls(
            session.pool,
            session.clock,
            session.principal,
            session.pepper,
            session.clock(),
            session.accounts,
            session.watcher,
        )

    def list_facts_of(self, cycle: Cycle) -> None:
        """Claim the one cycle whose conversations and charges the operation may list.

        Raises:
            BadInputError: it lists those of another cycle already.
        """
        if self._listed not in (None, cycle.id):
            raise BadInputError(
                "Conversations and charges of one cycle only can be listed in an operation.",
                field="cycle",
            )
        self._listed = cycle.id
