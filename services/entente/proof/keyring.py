"""What reading a statement asks of a register, and a plain value that answers it.

``trust`` makes these values of the signed register; nothing here knows where they come from.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from entente.proof.key import VerifyKey

FOREVER = (1 << 63) - 1
"""A time without end."""


class Believed(msgspec.Struct, frozen=True):
    """The last checkpoint of a lane that is still believed of a key that has ended."""

    size: int
    root: bytes
    """32 bytes."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A signing key of an administration. Times are microseconds since the epoch."""

    public: VerifyKey
    valid_from: int
    valid_until: int
    """Both included: ``issued_at`` lies between them."""
    ended: Literal["retired", "compromised"] | None = None
    believed: Mapping[str, Believed] = {}
    """By origin line, once the key has ended; lanes not named are not believed."""


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a witness, and the time in which it co-signs, both included."""

    public: VerifyKey
    valid_from: int = 0
    valid_until: int = FOREVER

    def counts(self, time: int) -> bool:
        """Whether what it co-signed at a time counts. Its line must hold whenever it was."""
        return self.valid_from <= time <= self.valid_until


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """An administration as far as reading it goes."""

    id: str
    lanes: Mapping[str, int] = {}
    """The topics among its duties, each with its number of lanes: 0 to n - 1."""
    keys: tuple[Key, ...] = ()


class Register(Protocol):
    """What the eight steps ask. An implementation is immutable: a change is another value."""

    def party(self, administration: str) -> Party | None:
        """The administration of this id, or None if it is not enrolled.

        The same object for the same id, each time: what was checked with it is remembered.
        """
        ...

    @property
    def witnesses(self) -> Mapping[str, tuple[Witness, ...]]:
        """The witnesses known to us, also those of before, by the key name of their lines."""
        ...


class Keyring(msgspec.Struct, frozen=True):
    """The plainest register: a table of parties."""

    parties: Mapping[str, Party]
    witnesses: Mapping[str, tuple[Witness, ...]] = {}

    def party(self, administration: str) -> Party | None:
        """The administration of this id, or None if it is not enrolled."""
        return self.parties.get(administration)
