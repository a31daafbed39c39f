"""Trusted documents: the operations of the platform's own clients, by the hash of their text.

A client may send the hash in the place of the text. Where they are enforced, nothing else runs.
"""

import logging
from collections.abc import Mapping
from enum import Enum
from hashlib import sha256

from edge.body import RequestError

PREFIX = "sha256:"
"""How an identifier begins that is the hash of a text."""

_LOG = logging.getLogger("kontingent.graphql")


class Trust(Enum):
    """What is done with documents that are not trusted."""

    OFF = "off"
    """They run."""

    LOG = "log"
    """They run, and the log has their hashes."""

    ENFORCE = "enforce"
    """They are refused, before they are parsed."""


class ManifestError(Exception):
    """A manifest cannot be used."""


class Documents:
    """The documents that are trusted."""

    def __init__(self, trust: Trust, texts: Mapping[str, str]) -> None:
        self._trust = trust
        self._texts = texts

    def find(self, document_id: str) -> str:
        """Return the text with this identifier: `sha256:` and the hash.

        Raises:
            RequestError: it is unknown.
        """
        text = self._texts.get(document_id.removeprefix(PREFIX))
        if text is None:
            raise RequestError(
                400, "PERSISTED_QUERY_NOT_FOUND", "There is no document with this identifier."
            )
        return text

    def check(self, text: str) -> bool:
        """Make sure that a text may run, and tell whether it is trusted.

        Raises:
            RequestError: it is not, and others are refused.
        """
        hashed = hash_of(text)
        if hashed in self._texts:
            return True
        if self._trust is Trust.ENFORCE:
            raise RequestError(
                400, "DOCUMENT_NOT_TRUSTED", "Only the documents of known clients run here."
            )
        if self._trust is Trust.LOG:
            _LOG.warning("untrusted document", extra={"document": hashed})
        return False


def hash_of(text: str) -> str:
    """Return the hash that a document is known by."""
    return sha256(text.encode()).hexdigest()
