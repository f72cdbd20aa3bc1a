"""Reading an office's inbox from anywhere, while the office goes on filling it.

What is said to others than this office is not there for it: not in a list, not in a count.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID

import msgspec

from entente.alert.record import Alert, Feedback
from entente.bus import admitted, grants, inbox
from entente.bus.arrivals import Cursor, arrivals
from entente.bus.reception import held
from entente.bus.spoken import Spoken
from entente.errors import StoreError
from entente.office import witness
from entente.office.item import Item, said
from entente.office.opening import NOT_GRANTED, Closed, Opener
from entente.proof.record import Record
from entente.store.reader import Reader, View
from entente.trust.audience import reader as member
from entente.wire.envelope import decode_envelope
from entente.wire.names import Origin, parse_record_key
from entente.wire.statement import Statement

PROJECTION = "inbox"
"""Name of the inbox among the projections of an office's store."""


def store(office: Path) -> Path:
    """Where an office, by its folder, keeps its inbox."""
    return office / "inbox.sqlite"


def read_new(
    office: Path,
    cursor: Cursor,
    limit: int = 1024,
    *,
    opener: Opener | None = None,
    closed: Closed | None = None,
    places: list[Cursor] | None = None,
) -> list[Item]:
    """At most ``limit`` items that came since ``cursor``, which moves on; none without an inbox.

    ``places`` gets the cursor behind each item.
    With an ``opener`` sealed parts are opened where we may. What was shown ``closed`` for want of a
    grant comes once more, beyond the limit, when the grant has come.
    """
    if not store(office).exists():
        return []
    found: list[Item] = []
    with (
        Reader(store(office)) as rows,
        rows.views(PROJECTION, grants.PROJECTION, witness.PROJECTION) as (view, given, notes),
    ):
        reading = _Reading(office, view, given, notes, opener)
        if closed is not None:
            for key in closed.come(grants.arrived(given, closed.cursor)):
                one = inbox.holding(view, key)
                found += reading.items(held(view, one.place) if one else None, 0, closed)
        _note(places, found, {**cursor})
        for came in arrivals(view, cursor):
            found += reading.items(came.record, came.at, closed)
            _note(places, found, {**cursor})
            if len(found) >= limit:
                break
    return found


def _note(places: list[Cursor] | None, found: list[Item], cursor: Cursor) -> None:
    if places is not None:
        places += [cursor] * (len(found) - len(places))


def read_heads(office: Path, *, opener: Opener | None = None) -> list[Item]:
    """What holds now in an office's inbox. Raises StoreError: there is no inbox."""
    if not store(office).exists():
        raise StoreError(
            f"There is no inbox in {office}.",
            advice="Start the office with `entente office --as <its id>`, or `entente tail`.",
        )
    with (
        Reader(store(office)) as rows,
        rows.views(PROJECTION, grants.PROJECTION, witness.PROJECTION) as (view, given, notes),
    ):
        reading = _Reading(office, view, given, notes, opener)
        return [
            one
            for record in admitted.heads(view, reading.admit)
            for one in reading.items(record, 0)
        ]


def references(office: Path, subjects: Iterable[UUID]) -> dict[UUID, str]:
    """What others call those of their alerts that this office holds; others are left out."""
    if not store(office).exists():
        return {}
    with (
        Reader(store(office)) as rows,
        rows.views(PROJECTION, grants.PROJECTION, witness.PROJECTION) as (view, given, notes),
    ):
        reading = _Reading(office, view, given, notes, None)
        found = {subject: reading.reference(subject) for subject in subjects}
    return {subject: name for subject, name in found.items() if name is not None}


def positions(office: Path) -> Mapping[tuple[str, int], int]:
    """How far an office has read: the next offset by topic and partition."""
    if not store(office).exists():
        return {}
    with Reader(store(office)) as reader, reader.view(PROJECTION) as view:
        return view.positions


class _Reading:
    """One reading: by whom, of what, and with which keys."""

    def __init__(
        self, office: Path, view: View, given: View, notes: View, opener: Opener | None
    ) -> None:
        self.admit = admitted.said_to(member(office))
        self._view = view
        self._given = given
        self._notes = next(notes.scan(witness.LATEST), None) and notes
        self._opener = opener

    def items(self, record: Record | None, at: int, closed: Closed | None = None) -> list[Item]:
        """The record as an item; none if it was taken back or is not for us."""
        if record is None:
            return []
        statement = Spoken(record).statement
        if not admitted.shown(self._view, record, statement, self.admit):
            return []
        found = said(statement, at)
        if found.alert is None:
            found = msgspec.structs.replace(found, reference=self.reference(statement.subject))
        elif isinstance(found.alert, Feedback):
            other = self.reference(UUID(found.alert.about))
            found = msgspec.structs.replace(found, about=other)
        if self._notes is not None:
            found = msgspec.structs.replace(
                found, witnessed_at=self._existed_at(record, statement, self._notes)
            )
        if self._opener is None or not found.sealed:
            return [found]
        opened = self._opener.open(self._given, statement)
        if closed is not None and opened == NOT_GRANTED:
            about = statement.subject.bytes, statement.issuer, statement.version
            closed.wait(statement.id, inbox.version_key(*about))
        return [found.opened(opened)]

    def reference(self, subject: UUID) -> str | None:
        """What the issuer of a subject calls it, if we were told."""
        keys = [key for key, _ in self._view.scan(inbox.VERSION, subject.bytes)]
        for record in admitted.told(self._view, keys, self.admit):
            body = Spoken(record).body
            if isinstance(body, Alert):
                return body.national_ref
        return None

    def _existed_at(self, record: Record, statement: Statement, notes: View) -> int | None:
        _, lane = parse_record_key(record.key or b"")
        origin = Origin(statement.network, statement.issuer, statement.topic, lane)
        index = decode_envelope(record.value or b"").index
        return witness.existed_at(self._view, notes, origin, index)
