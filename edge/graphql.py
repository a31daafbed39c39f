"""``/graphql``: GraphQL over HTTP."""

from http import HTTPStatus

from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response

from edge.auth import caller
from edge.body import RequestError
from edge.bucket import ThrottledError
from edge.cost import shown
from edge.graphql_reply import Replier
from edge.graphql_request import Asked, read
from edge.operation import Operation, Operations, answer_of, session_of
from edge.state import state_of
from resolvers.context import OutcomeUnknownError, UnavailableError

METHODS = ["GET", "POST"]


class GraphQL:
    """The endpoint."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def respond(self, request: Request) -> Response:
        """Run one operation; it is read before it is let in."""
        replier = Replier(request)
        try:
            replier.check_acceptable()
            asked = await read(request)
            async with state_of(request)["admission"].enter(request):
                return await self._run(request, asked, replier)
        except RequestError as error:
            return replier.refuse(error)
        except UnavailableError as error:
            return replier.cut(unknown=isinstance(error, OutcomeUnknownError))

    async def _run(self, request: Request, asked: Asked, replier: Replier) -> Response:
        """Run it for its caller, as far as their bucket goes."""
        principal = await caller(request)
        state = state_of(request)
        bucket = state["buckets"].of(principal)
        cost = 0
        try:
            operation = self._operations.find(asked, state["documents"], bucket)
            _check_method(request.method, operation)
            cost = operation.cost
            bucket.take(cost)
            result = await self._operations.run(operation, session_of(state, principal))
        except RequestError as error:
            headers = {"allow": "POST"} if error.status == HTTPStatus.METHOD_NOT_ALLOWED else None
            return replier.refuse(error, headers=headers)
        except GraphQLError as error:
            return replier.refuse_document([error.formatted])
        except ThrottledError as error:
            return replier.refuse(
                RequestError(429, "THROTTLED", str(error)),
                extensions={"cost": shown(bucket, cost, None)},
                headers={"retry-after": str(error.seconds)},
            )
        answer = answer_of(result, bucket, cost)
        if answer.refused:
            return replier.refuse_document(answer.errors)
        return replier.answer(answer.data, answer.errors, answer.extensions)


def _check_method(method: str, operation: Operation) -> None:
    """Refuse what has effects where the request says that it has none, and what lasts."""
    if operation.kind is OperationType.SUBSCRIPTION:
        raise RequestError(400, "BAD_REQUEST", "Subscriptions need a WebSocket.")
    if method != "POST" and operation.kind is OperationType.MUTATION:
        raise RequestError(405, "METHOD_NOT_ALLOWED", "Mutations need POST.")
