"""Which records of an office go into an export, which may not, and what is missing between them."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

import msgspec

from entente.alert.handling import Handling
from entente.bus.arrivals import View
from entente.bus.holdings import Holding, record
from entente.errors import InputError
from entente.office.filter import Filter
from entente.office.item import item
from entente.office.release import withheld
from entente.trust.administration import Administration
from entente.trust.audience import admits
from entente.trust.manifest import MAX_GAPS, Gap, Lane, Why
from entente.wire.envelope import decode_envelope
from entente.wire.names import Origin, is_uuid, subject_id
from entente.wire.statement import decode_statement

Place = tuple[str, str, int, int]
"""Administration, topic, lane, index."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to export: what meets every condition, and all versions of it on the same topic."""

    filter: Filter = Filter()
    subjects: tuple[str, ...] = ()
    """As people say it: an alert's id, or what its issuer calls it (two may say the same)."""
    lanes: tuple[str, ...] = ()
    """``<administration>/<topic>/<lane>``."""

    def __str__(self) -> str:
        """In words, for the manifest."""
        plain = msgspec.to_builtins(self.filter) | {
            "subjects": self.subjects, "lanes": self.lanes
        }  # fmt: skip
        named = {
            name: value if isinstance(value, str) else ", ".join(value or ())
            for name, value in plain.items()
        }
        return "; ".join(f"{name}: {value}" for name, value in named.items() if value)


@lru_cache(maxsize=4_096)
def _meant(network: str, issuer: str, names: tuple[str, ...]) -> frozenset[UUID]:
    """The subjects of an issuer that these names may mean."""
    return frozenset(
        UUID(name) if is_uuid(name) else subject_id(network, issuer, name) for name in names
    )


class Seen(NamedTuple):
    """What selecting keeps of a record that the office relies upon."""

    holding: Holding
    subject: UUID
    version: int
    withdrawal: bool
    schema: bytes
    """SHA-256 of its body's schema."""
    handling: Handling
    size: int
    """Of its checkpoint."""
    admitted: bool
    """Whether it is said to this office. If not, nothing of it may show but its place."""
    wanted: bool
    why_not: str | None
    """Why it may not leave the office."""

    @property
    def place(self) -> Place:
        """Where it stands in its issuer's lane."""
        return self.holding[:4]

    @property
    def spoken_of(self) -> tuple[str, str, UUID]:
        """Issuer, topic and subject: all versions share them."""
        return (*self.holding[:2], self.subject)


def look(view: View, holding: Holding, asked: Asked, office: Administration, at: int) -> Seen:
    """Read a record, and judge whether it is asked for and whether it may leave."""
    data = record(view, holding)
    envelope = decode_envelope(data.value or b"")
    statement = decode_statement(envelope.statement)
    admitted = admits(statement.audience, statement.issuer, office)
    wanted = admitted and (not asked.lanes or "{}/{}/{}".format(*holding[:3]) in asked.lanes)
    wanted = wanted and (
        not asked.subjects
        or statement.subject in _meant(statement.network, statement.issuer, asked.subjects)
    )
    if wanted and asked.filter != Filter():
        wanted = asked.filter.wants(item(data, 0))
    return Seen(
        holding,
        statement.subject,
        statement.version,
        statement.change == "WITHDRAWAL",
        statement.schema,
        statement.handling,
        int(envelope.checkpoint.split("\n", 2)[1]),
        admitted,
        wanted,
        withheld(statement.handling, at),
    )


def unmet(asked: Asked, network: str, found: Iterable[Seen]) -> list[str]:
    """The subjects that were asked for by name, and that nothing found is about."""
    subjects = {(one.holding.administration, one.subject) for one in found}
    return [
        name
        for name in asked.subjects
        if not any(subject in _meant(network, by, (name,)) for by, subject in subjects)
    ]


def choose(seen: Iterable[Seen]) -> tuple[list[Seen], list[Seen]]:
    """What goes into the export, in its order, and what was wanted and may not leave.

    A subject goes whole: who gets one version gets its corrections and its withdrawal.

    Raises:
        InputError: nothing is left.
    """
    seen = [one for one in seen if one.admitted]
    spoken_of = {one.spoken_of for one in seen if one.wanted}
    wanted = sorted(one for one in seen if one.spoken_of in spoken_of)
    chosen = [one for one in wanted if one.why_not is None]
    left_out = [one for one in wanted if one.why_not is not None]
    if not wanted:
        raise InputError(
            "nothing that is held here is asked for", advice="Ask for less precise things."
        )
    if not chosen:
        raise InputError(
            f"none of the {len(left_out)} may leave this office: {left_out[0].why_not}",
            advice="Ask the issuer to say it again under marks that let it out.",
        )
    return chosen, left_out


def lanes(
    network: str, chosen: Iterable[Seen], seen: Iterable[Seen], refused: Iterable[Place]
) -> Iterator[Lane]:
    """What the export holds of each lane, and why what is missing is.

    Raises:
        InputError: a lane would have more gaps than a reader follows.
    """
    known: dict[tuple[str, str, int], dict[int, Why]] = defaultdict(dict)
    for administration, topic, number, index in refused:
        known[administration, topic, number][index] = "refused"
    for one in seen:
        administration, topic, number, index = one.place
        kept = not one.admitted or (one.wanted and one.why_not)
        known[administration, topic, number][index] = "withheld" if kept else "not-selected"
    for lane, group in groupby(chosen, key=lambda one: one.place[:3]):
        some = list(group)
        indexes = [one.holding.number for one in some]
        start, end = indexes[0], max(one.size for one in some)
        gaps = _gaps(indexes, end, sorted(known[lane].items()))
        origin = str(Origin(network, *lane))
        if len(gaps) > MAX_GAPS:
            raise InputError(
                f"of {origin} {len(gaps)} gaps would be left; {MAX_GAPS} are the most",
                advice="Export the whole lane with --lane, or ask for less.",
            )
        yield Lane(origin, start, end, gaps)


def _gaps(indexes: list[int], end: int, known: list[tuple[int, Why]]) -> tuple[Gap, ...]:
    gaps: list[Gap] = []

    def add(start: int, stop: int, why: Why) -> None:
        if start < stop:
            first = (
                gaps.pop().start
                if gaps and gaps[-1].end == start and gaps[-1].why == why
                else start
            )
            gaps.append(Gap(first, stop, why))

    for last, following in zip(indexes, [*indexes[1:], end], strict=True):
        at = last + 1
        for index, why in known[bisect_left(known, (at,)) : bisect_left(known, (following,))]:
            add(at, index, "not-held")
            add(index, index + 1, why)
            at = index + 1
        add(at, following, "not-held")
    return tuple(gaps)
