"""What an accepted record says."""

from functools import cached_property
from hashlib import sha256

from entente.proof.record import Record
from entente.wire.body import decode_body
from entente.wire.envelope import decode_envelope
from entente.wire.statement import decode_statement


class Spoken:
    """A statement, its exact bytes, and the record that it came in. Raises WireError: none is."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.envelope = decode_envelope(record.value or b"")
        self.leaf = self.envelope.statement
        self.statement = decode_statement(self.leaf)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the statement's bytes, lower-case hexadecimal: how others refer to it."""
        return sha256(self.leaf).hexdigest()

    @cached_property
    def body(self) -> object | None:
        """The body; None in a withdrawal, which has none."""
        return None if self.statement.change == "WITHDRAWAL" else decode_body(self.statement)
