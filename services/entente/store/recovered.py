"""A lane as it was read back from its topic, in the form in which an outbox takes it over."""

from collections.abc import Callable

from entente.proof.recovery import Rebuilt, Written
from entente.store.outbox import Restored, Sealed
from entente.store.submission import Submission


def recovered(rebuilt: Rebuilt, content: Callable[[Written], bytes]) -> Restored:
    """The lane; ``content`` gives the digest of what a statement says."""
    return Restored(
        rebuilt.writer, [(_submission(one, content(one)), _sealed(one)) for one in rebuilt.written]
    )


def _submission(one: Written, content: bytes) -> Submission:
    said = one.accepted.statement
    return Submission(
        origin=one.accepted.origin,
        subject=said.subject,
        version=said.version,
        change=said.change,
        content=content,
        statement=b"",
        key=one.record.key or b"",
        headers=one.record.headers,
    )


def _sealed(one: Written) -> Sealed:
    record = one.record
    return Sealed(one.accepted.index, record.key or b"", record.value or b"", record.headers)
