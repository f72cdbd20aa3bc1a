"""What an administration calls its own alerts, from what it has said."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from entente.alert.record import Alert
from entente.publish.desk import OUTBOX
from entente.store.reader import Reader
from entente.wire.body import decode_body
from entente.wire.envelope import decode_envelope
from entente.wire.names import is_uuid, subject_id
from entente.wire.statement import decode_statement


class Named(NamedTuple):
    """An alert of ours, and what people call it."""

    subject: UUID
    called: str


def named(folder: Path, network: str, text: str) -> Named:
    """What a person means: an alert of the member with this folder, by subject or reference."""
    if not is_uuid(text):
        return Named(subject_id(network, folder.name, text), text)
    return Named(UUID(text), references(folder, [text.lower()]).get(text.lower(), text))


def references(folder: Path, subjects: Iterable[str]) -> dict[str, str]:
    """The national references of those subjects that were published here; others are left out.

    Raises StoreError.
    """
    if not (folder / OUTBOX).exists():
        return {}
    found = {}
    with Reader(folder / OUTBOX) as outbox:
        for subject in filter(is_uuid, subjects):
            for place in outbox.places(UUID(subject).bytes):
                leaf = place.data if place.at is None else decode_envelope(place.data).statement
                statement = decode_statement(leaf)
                body = None if statement.change == "WITHDRAWAL" else decode_body(statement)
                if isinstance(body, Alert):
                    found[subject] = body.national_ref
    return found
