"""Fixtures of these tests."""

from tests.support.fixtures import schema, world

__all__ = ["schema", "world"]
