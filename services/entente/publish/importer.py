"""From a national file to submissions: each row ends as exactly one result, nothing is lost.

- Submission: a good alert, with how it may be used and where it goes
- Duplicate: says exactly what an earlier row of the file said
- Reject: something is wrong; the original row is kept with every reason and repair
- Elsewhere: belongs to another administration that shares the file
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from entente.alert.form import parse
from entente.alert.handling import Handling
from entente.alert.problem import AlertRefused, Problem, shown
from entente.alert.record import AnyAlert, Consignment, Detention, Seizure
from entente.alert.validate import validate
from entente.clock import SECOND
from entente.errors import FileError, UsageError
from entente.publish import lines
from entente.publish.draft import Draft, draft_of
from entente.publish.mapper import Mapper
from entente.publish.mapping import CHANGES, Mapping
from entente.publish.row import Row, Source
from entente.publish.submission import Submission
from entente.wire.names import ADMINISTRATION

GIVE_UP = 1_000
"""Rows rejected from the first on, after which file or mapping must be the wrong one."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Row ``row`` says what row ``first`` said."""

    row: int
    first: int


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be sent as it is."""

    row: int
    problems: tuple[Problem, ...]
    original: bytes


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Row ``row`` belongs to another administration."""

    row: int
    administration: str


Result = Submission | Duplicate | Reject | Elsewhere


def results(
    source: Source, mapper: Mapper, administration: str | None, now: int
) -> Iterator[Result]:
    """The result of every row, in the file's order, for ``administration``, at the time ``now``.

    None takes the rows of all; it needs a mapping that tells whose each row is. What has been said
    is remembered by a digest of 16 bytes, so that memory stays small. Raises FileError when none of
    the first `GIVE_UP` rows is any good, or the file cannot be read on.
    """
    said: dict[bytes, tuple[bytes, int]] = {}
    only_rejects = 0
    for row in source.rows:
        result = _result(row, mapper, administration, now)
        if isinstance(result, Submission):
            result = _once(result, row, said)
        if only_rejects >= 0:
            only_rejects = only_rejects + 1 if isinstance(result, Reject) else -1
        yield result
        if only_rejects >= GIVE_UP and isinstance(result, Reject):
            why = result.problems[0]
            raise FileError(
                f"None of the first {GIVE_UP:,} rows could be used, the last because: {why.reason}",
                advice=f"Check that file and mapping belong together. {why.repair}",
            )


def submission(line: bytes, administration: str, now: int) -> Submission:
    """What one line of JSON Lines says, without a mapping.

    Raises AlertRefused, with every reason; UsageError: it is of another administration.
    """
    found = _result(lines.row(1, line), Mapper(Mapping()), administration, now)
    if isinstance(found, Reject):
        raise AlertRefused(found.problems)
    if not isinstance(found, Submission):
        raise UsageError(f"The line is not of {administration}, who publishes.")
    return found


def _once(submission: Submission, row: Row, said: dict[bytes, tuple[bytes, int]]) -> Result:
    """Let a subject and version pass once."""
    s = submission
    key = _digest((s.administration, s.national_ref, s.version))
    content = _digest(
        (s.alert, s.handling, s.audience_regions, s.audience_administrations, s.regions,
         s.recipients, s.change, s.reason)
    )  # fmt: skip
    before = said.setdefault(key, (content, row.number))
    if before[1] == row.number:
        return submission
    if before[0] == content:
        return Duplicate(row.number, before[1])
    problem = Problem(
        "/national_ref",
        shown(s.national_ref),
        f"Row {before[1]} has the same reference and version and says something else.",
        "Give each case its own reference, or make this row a correction with a higher version.",
        "duplicate",
    )
    return Reject(row.number, (problem,), row.original)


def _digest(value: object) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(value), digest_size=16).digest()


def _result(row: Row, mapper: Mapper, administration: str | None, now: int) -> Result:
    if row.fault is not None:
        return Reject(row.number, (row.fault,), row.original)
    problems: list[Problem] = []
    owner = mapper.owner(row, problems) or administration
    if problems:
        return Reject(row.number, tuple(problems), row.original)
    if owner is not None and administration is not None and owner != administration:
        return Elsewhere(row.number, owner)
    if owner is None or not ADMINISTRATION.fullmatch(owner):
        problem = Problem(
            "", shown(owner or ""), "The row does not tell whose it is.",
            "Set `administration` in the mapping, or publish as one administration.", "missing",
        )  # fmt: skip
        return Reject(row.number, (problem,), row.original)
    draft = draft_of(row, mapper, problems)
    made = None if problems else _submission(row, owner, draft, problems)
    if made is not None and made.alert is not None:
        problems += ahead(made.alert, now)
    return (
        made
        if made is not None and not problems
        else Reject(row.number, tuple(problems), row.original)
    )


def _submission(row: Row, owner: str, draft: Draft, problems: list[Problem]) -> Submission | None:
    """Check a draft by the rules of the record; None with ``problems`` if it breaks one."""
    change = next((change for change in CHANGES if change == draft.change), None)
    alert: AnyAlert | None = None
    if change is None:
        problems.append(
            Problem("", shown(draft.change), "There is no such change.",
                    f"Write one of {', '.join(CHANGES)}.", "not_listed")
        )  # fmt: skip
    elif change == "NEW" and draft.version != 1:
        problems.append(
            Problem("", shown(draft.version), "What is new has version 1.",
                    "Make it a CORRECTION, or leave out the version.", "contradiction")
        )  # fmt: skip
    elif change != "NEW" and (not 2 <= draft.version < 2**31 or not draft.reason):
        problems.append(
            Problem("", shown(draft.version), f"A {change} needs a version from 2 and a reason.",
                    "Give the version after the one that holds, and the reason.", "missing")
        )  # fmt: skip
    if change != "WITHDRAWAL":
        alert = _alert(draft, problems)
    handling = _handling(draft, problems)
    national_ref = draft.alert.get("national_ref")
    kind = draft.alert.get("kind")
    if alert is None and (not isinstance(national_ref, str) or not isinstance(kind, str)):
        problems.append(
            Problem("/national_ref", "", "A withdrawal names kind and national_ref.",
                    "Give both, as in the alert that is withdrawn.", "missing")
        )  # fmt: skip
    if problems or handling is None or change is None:
        return None
    return Submission(
        row.number, owner, str(national_ref), str(kind), alert, handling, draft.audience_regions,
        draft.audience_administrations, draft.regions, draft.recipients, draft.version, change,
        draft.reason, row.original,
    )  # fmt: skip


def _alert(draft: Draft, problems: list[Problem]) -> AnyAlert | None:
    try:
        alert = parse(draft.alert)
    except AlertRefused as error:
        problems.extend(error.problems)
        return None
    problems.extend(validate(alert))
    if isinstance(alert, Consignment) and alert.nominal is not None and not draft.recipients:
        problems.append(
            Problem("/nominal", "", "Names are only sent sealed, and nobody is named to open them.",
                    "Name the administrations in `recipients`, or leave the part out.", "missing")
        )  # fmt: skip
    return alert


def ahead(alert: AnyAlert, now: int) -> tuple[Problem, ...]:
    """What is wrong with an event that is still to come; a day is allowed, for time zones."""
    if not isinstance(alert, Seizure | Detention):
        return ()
    tomorrow = datetime.fromtimestamp(now // SECOND + 24 * 3600, UTC).date().isoformat()
    if alert.event.date <= tomorrow[: len(alert.event.date)]:
        return ()
    return (
        Problem(
            "/event/date", alert.event.date, f"{alert.event.date} is still to come.",
            "Look at the year again, and at this machine's clock. A Warning may name days to come.",
            "range",
        ),
    )  # fmt: skip


def _handling(draft: Draft, problems: list[Problem]) -> Handling | None:
    try:
        handling = msgspec.convert(draft.handling, Handling)
    except msgspec.ValidationError as error:
        problems.append(
            Problem("", "", f"Handling marks: {error}.",
                    "Give tlp, purpose, source_grade and information_grade.", "missing")
        )  # fmt: skip
        return None
    if not 1 <= handling.information_grade <= 4:
        problems.append(
            Problem("", shown(handling.information_grade), "The information grade is 1 to 4.",
                    "1 is not in doubt, 4 not corroborated.", "range")
        )  # fmt: skip
    if "H3" in handling.codes and not handling.conditions:
        problems.append(
            Problem("", "H3", "H3 needs its conditions in words.",
                    "Fill `conditions`, or take another code.", "missing")
        )  # fmt: skip
    return handling
