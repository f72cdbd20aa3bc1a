"""What reading a record results in: one of four values, and the one list of reasons."""

from enum import StrEnum
from typing import Self

import msgspec

from entente.wire import records
from entente.wire.envelope import Envelope
from entente.wire.names import Origin
from entente.wire.statement import Statement

Body = records.Body | dict[str, object]
"""A record that has a type here, or the plain fields of a released one that has none."""

_ISSUER = "Keep the record and report it to its issuer."
_REGISTER = "Wait for a newer register; the record is tried again when it changes."
_SCHEMA = "Install a release of entente that has this schema; the record is tried again then."
_LISTS = "Install a release of entente with newer code lists; the record is tried again then."


class Code(StrEnum):
    """Why a record was not accepted: its step, whether that may pass, and what can be done."""

    step: int
    temporary: bool
    advice: str

    def __new__(cls, value: str, step: int, temporary: bool, advice: str = _ISSUER) -> Self:
        """A code is its text; the rest is at hand with it."""
        code = str.__new__(cls, value)
        code._value_ = value
        code.step, code.temporary, code.advice = step, temporary, advice
        return code

    NULL_VALUE = "null-value", 1, False
    TOMBSTONE = "tombstone", 1, False, "A grant not withdrawn stays: report the tombstone."
    TOO_LARGE = "too-large", 1, False
    NOT_SINGLE_OBJECT = "not-single-object", 1, False
    UNKNOWN_ENVELOPE = "unknown-envelope", 1, True, _SCHEMA
    ENVELOPE_MALFORMED = "envelope-malformed", 2, False
    PROOF_LENGTH = "proof-length", 2, False
    CHECKPOINT_LENGTH = "checkpoint-length", 2, False
    CHECKPOINT_MALFORMED = "checkpoint-malformed", 3, False
    WRONG_NETWORK = "wrong-network", 3, False, "It was made for another network: report it."
    WRONG_TOPIC = "wrong-topic", 3, False
    WRONG_KEY = "wrong-key", 3, False
    INDEX_OUTSIDE = "index-outside", 3, False
    UNKNOWN_ADMINISTRATION = "unknown-administration", 4, True, _REGISTER
    NOT_ITS_DUTY = "not-its-duty", 4, True, _REGISTER
    UNKNOWN_LANE = "unknown-lane", 4, True, _REGISTER
    UNKNOWN_KEY = "unknown-key", 4, True, _REGISTER
    BAD_SIGNATURE = "bad-signature", 4, False
    BAD_WITNESS = "bad-witness", 4, False, "Keep the record and report it to the witness."
    KEY_ORDER = "key-order", 4, False
    NOT_INCLUDED = "not-included", 5, False
    STATEMENT_NOT_SINGLE_OBJECT = "statement-not-single-object", 6, False
    UNKNOWN_STATEMENT = "unknown-statement", 6, True, _SCHEMA
    STATEMENT_MALFORMED = "statement-malformed", 6, False
    NOT_ITS_ORIGIN = "not-its-origin", 6, False
    WRONG_ID = "wrong-id", 6, False
    WRONG_VERSION = "wrong-version", 6, False
    OUTSIDE_KEY_TIME = "outside-key-time", 6, False
    IN_THE_FUTURE = "in-the-future", 6, True, "Compare the clocks; it is tried again later."
    NOT_BELIEVED = "not-believed", 6, False, "Its key has ended: ask its issuer to say it again."
    FORK = "fork", 7, False, "Show both records to the secretariat: the issuer said two things."
    SUSPENDED = "suspended", 7, True, "Wait until the register names the checkpoint believed."
    TOO_MANY_GAPS = "too-many-gaps", 7, True, "Fetch what is missing; it is tried again then."
    UNKNOWN_SCHEMA = "unknown-schema", 8, True, _SCHEMA
    WRONG_TYPE = "wrong-type", 8, False
    NOT_LISTED = "not-listed", 8, True, _LISTS
    BODY_MALFORMED = "body-malformed", 8, False
    WITHDRAWAL_WITH_BODY = "withdrawal-with-body", 8, False
    REASON_MISSING = "reason-missing", 8, False
    HANDLING_WRONG = "handling-wrong", 8, False
    WRONG_SUBJECT = "wrong-subject", 8, False
    WRONG_GRANT_KEY = "wrong-grant-key", 8, False
    BODY_WRONG = "body-wrong", 8, False


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """All eight steps passed."""

    envelope: Envelope
    origin: Origin
    statement: Statement
    body: Body | None
    """None in a withdrawal."""
    gaps: tuple[tuple[int, int], ...] = ()
    """Indexes of this lane not read yet, as half-open ranges; the rest of a batch is one, too."""

    @property
    def index(self) -> int:
        """Position in the lane."""
        return self.envelope.index


class Duplicate(msgspec.Struct, frozen=True, kw_only=True):
    """Read before, or a tombstone that clears what was withdrawn: nothing is new."""

    origin: Origin | None = None
    index: int | None = None


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Not accepted: the first step that failed, and why."""

    code: Code
    message: str
    """One sentence, with the values concerned."""
    origin: Origin | None = None
    """As claimed, from step 4 on as proven."""
    index: int | None = None
    retract: int | None = None
    """What this lane said from this index on is no longer to be relied upon, though accepted."""

    @property
    def step(self) -> int:
        """1 to 8, as numbered in ``schemas/README.md``."""
        return self.code.step

    @property
    def temporary(self) -> bool:
        """Whether the same record may pass when its cause has changed."""
        return self.code.temporary

    @property
    def advice(self) -> str:
        """What the reader can do."""
        return self.code.advice


class Waiting(Refused, frozen=True, kw_only=True):
    """Refused for a cause that may change: keep the record and read it again then."""


class Quarantined(Refused, frozen=True, kw_only=True):
    """Refused for good: keep the record and report it."""


Verdict = Accepted | Duplicate | Waiting | Quarantined
