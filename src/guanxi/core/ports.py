"""A port: what a lower room asks of rooms above it, in the same transaction.

The lower room declares `PORT: Port[SomeProtocol] = Port("name")`; rooms above register an implementation in their
`AppConfig.ready`. Ports are few and listed in docs/ports.md.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

Contract = TypeVar("Contract")


class Port(Generic[Contract]):
    """A named, ordered set of implementations of one protocol."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._implementations: dict[str, Contract] = {}

    def register(self, key: str, implementation: Contract) -> None:
        """Add `implementation` under a key of its own; a second one under the same key is an error."""
        if key in self._implementations:
            raise ValueError(f"port {self.name}: {key} is registered twice")
        self._implementations[key] = implementation

    def get(self, key: str) -> Contract | None:
        """The implementation registered under `key`, or None."""
        return self._implementations.get(key)

    def items(self) -> Iterator[tuple[str, Contract]]:
        """Key and implementation, in order of registration."""
        return iter(tuple(self._implementations.items()))

    def __iter__(self) -> Iterator[Contract]:
        return iter(tuple(self._implementations.values()))
