"""What proposals are computed from, as one number: two that differ were given different things.

The digest of a set is the sum of the SHA-256 of its members, modulo 2 to the 256th: it takes no
order, and a member can be exchanged at once. It finds slips, such as an alert that one of two
machines lacks; against forgery every alert has its signature.
"""

from hashlib import sha256

from entente.correlate.head import Head

_MODULUS = 1 << 256


class Inputs:
    """A set of statements: how many, and their digest."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def exchange(self, old: int | None, new: int | None) -> None:
        """Take one member out and another one in; None: there is none."""
        self.count += (new is not None) - (old is not None)
        self._sum = (self._sum + (new or 0) - (old or 0)) % _MODULUS

    def digest(self, more: int = 0) -> str:
        """The sum, with ``more`` added: 64 hexadecimal digits."""
        return f"{(self._sum + more) % _MODULUS:064x}"


def of_head(head: Head) -> int:
    """A head's number: of its statement, or where it has none, of what makes it this version."""
    if head.statement:
        return int(head.statement, 16)
    return number(f"{head.subject}/{head.version}/{head.change}".encode())


def number(data: bytes) -> int:
    """The number of a member that is these bytes."""
    return int.from_bytes(sha256(data).digest(), "big")
