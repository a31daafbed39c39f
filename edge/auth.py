"""Who is calling: a user by token, a service by key, or nobody (D1, D2)."""

from starlette.requests import HTTPConnection

from edge.jwks import InvalidTokenError
from edge.state import State, state_of
from resolvers import service_key
from resolvers.principal import Anonymous, Principal


async def caller(connection: HTTPConnection) -> Principal:
    """Tell who sends a request by its ``Authorization: Bearer …`` header.

    Raises:
        InvalidTokenError: there are credentials, and they do not verify.
    """
    return await identified(connection.headers.get("authorization"), state_of(connection))


async def identified(authorization: str | None, state: State) -> Principal:
    """Tell whose credentials these are; nobody's where there are none.

    A token has three parts with dots between, a service key has two.

    Raises:
        InvalidTokenError: they do not verify.
    """
    if authorization is None:
        return Anonymous()
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidTokenError("Authorization must be of the scheme Bearer.")
    if credentials.count(".") > 1:
        return await state["tokens"].verify(credentials, at=state["clock"]())
    service = await service_key.authenticate(
        state["pool"], state["key_pepper"], credentials, known=state["keys"], at=state["clock"]()
    )
    if service is None:
        raise InvalidTokenError("The service key is unknown, expired or revoked.")
    return service
