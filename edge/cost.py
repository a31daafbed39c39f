"""What operations cost: reckoned before they run, counted afterwards."""

import re
from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, GraphQLSchema

from edge.bucket import Bucket
from edge.documents import hash_of
from edge.limits import measure, number
from resolvers.lru import Lru

MEASURED_MAX = 1_000
"""Documents, and as many pairs of one with its page sizes, that are remembered."""

_OBJECT = re.compile(rb'\{"\w')
"""How an object begins in JSON without blanks. In a string the quote would be escaped; and where
a string ends in a brace, no name follows."""


class Costs:
    """What the operations of a schema cost, remembered by document and page sizes."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._variables: Lru[str, frozenset[str]] = Lru(MEASURED_MAX)
        self._costs: Lru[object, int] = Lru(MEASURED_MAX)

    def of(self, text: str, document: DocumentNode, variables: Mapping[str, Any]) -> int:
        """Return what a document costs with these variables: at least 1.

        Raises:
            TooLargeError: it is beyond a limit.
        """
        digest = hash_of(text)
        names = self._variables.get(digest)
        key = None if names is None else _key(digest, names, variables)
        cost = None if key is None else self._costs.get(key)
        if cost is None:
            measured = measure(self._schema, document, variables)
            cost = max(1, measured.cost)
            self._variables.put(digest, measured.variables)
            self._costs.put(_key(digest, measured.variables, variables), cost)
        return cost


def _key(digest: str, names: frozenset[str], variables: Mapping[str, Any]) -> object:
    return digest, tuple((name, name in variables, number(variables.get(name))) for name in names)


def objects_in(data: bytes) -> int:
    """Count the objects of an answer's data, without the one around them; at least 1."""
    return max(1, len(_OBJECT.findall(data)) - 1)


def shown(bucket: Bucket, requested: int, actual: int | None) -> dict[str, Any]:
    """Return what clients see of an operation's cost; none was actual where it did not run."""
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": {
            "maximumAvailable": bucket.rate.maximum,
            "currentlyAvailable": int(bucket.held()),
            "restoreRate": bucket.rate.per_second,
        },
    }
