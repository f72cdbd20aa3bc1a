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
from entente.store.reader import Reader, View
from entente.trust.audience import reader as member
from entente.wire.names import Origin, parse_record_key

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
                found += reading.items(Spoken(held(view, one.place)), 0, closed) if one else []
        _note(places, found, {**cursor})
        for came in arrivals(view, cursor):
            if came.record is not None:  # else it was taken back
                found += reading.items(Spoken(came.record), came.at, closed)
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
            for spoken in admitted.heads(view, reading.admit)
            for one in reading.items(spoken, 0)
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

    def items(self, spoken: Spoken, at: int, closed: Closed | None = None) -> list[Item]:
        """What was said as an item; none if it is not for us."""
        statement = spoken.statement
        if not admitted.shown(self._view, spoken, self.admit):
            return []
        found = said(statement, at)
        if found.alert is None:
            found = msgspec.structs.replace(found, reference=self.reference(statement.subject))
        elif isinstance(found.alert, Feedback):
            other = self.reference(UUID(found.alert.about))
            found = msgspec.structs.replace(found, about=other)
        if self._notes is not None:
            found = msgspec.structs.replace(
                found, witnessed_at=self._existed_at(spoken, self._notes)
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
        for spoken in admitted.told(self._view, keys, self.admit):
            if isinstance(spoken.body, Alert):
                return spoken.body.national_ref
        return None

    def _existed_at(self, spoken: Spoken, notes: View) -> int | None:
        said, (_, lane) = spoken.statement, parse_record_key(spoken.record.key or b"")
        origin = Origin(said.network, said.issuer, said.topic, lane)
        return witness.existed_at(self._view, notes, origin, spoken.envelope.index)
