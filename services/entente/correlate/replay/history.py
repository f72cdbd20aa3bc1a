"""History to try other rules on: a file of alerts, or what a correlator has received."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from entente.alert.decision import Decision
from entente.bus.arrivals import arrivals, heads
from entente.correlate.intake import receiving
from entente.correlate.intake.intake import Read
from entente.correlate.lines import Arrived, read_ahead
from entente.correlate.views.proposer import DECISIONS, INBOX
from entente.correlate.views.service import store
from entente.correlate.weigh.features import features
from entente.errors import FileError, InputError, StoreError
from entente.proof.record import Record
from entente.store.reader import Reader
from entente.trust.administration import Administration

History = list[tuple[int, Read]]
"""Heads with their features, in order of arrival, each with its time in microseconds."""


class _Line(msgspec.Struct):
    decision: Decision


def of_file(alerts: Path) -> History:
    """The stream in a file, as ``entente correlate run`` reads it. Raises FileError, InputError."""
    arrived: list[Arrived] = []
    try:
        with alerts.open("rb") as source:
            read = list(read_ahead(source, arrived, 0, sealed=False, aside=_refuse))
    except OSError as error:
        raise FileError(f"{alerts}: {error.strerror}.") from error
    return [(came.at, one) for came, one in zip(arrived, read, strict=True)]


def _refuse(number: int, raw: bytes, error: InputError) -> None:
    """Two sets of rules are compared over the whole of a history or not at all."""
    raise error


def of_inbox(
    correlator: Path, members: Mapping[str, Administration]
) -> tuple[History, list[Decision]]:
    """What a correlator, by its folder, has received, and the decisions that stand.

    In the order in which the broker stored the alerts. Raises StoreError: it has no store.
    """
    if not store(correlator).exists():
        raise StoreError(
            f"There is no correlator's store in {correlator}.",
            advice="Give a file with --alerts, or run this where the correlator runs.",
        )
    with Reader(store(correlator)) as reader, reader.views(INBOX, DECISIONS) as (inbox, decided):
        records = [came.record for came in arrivals(inbox, {}) if came.record is not None]
        found = [
            (record.timestamp * 1_000, receiving.head(record))
            for record in sorted(records, key=_stored)
        ]
        ruled = [receiving.ruled(record, members) for record in heads(decided)]
    history = [(at, (head, features(head))) for at, head in found]
    said = [one.decision for one in ruled if one is not None]
    return history, [one for one in said if isinstance(one, Decision)]


def decisions(file: Path) -> list[Decision]:
    """The decisions that ``entente decisions --json`` has printed. Raises FileError, InputError."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise FileError(f"{file}: {error.strerror}.") from error
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(msgspec.json.decode(line, type=_Line).decision)
        except msgspec.MsgspecError as error:
            raise InputError(
                f"Line {number} of {file.name} is not a decision: {error}.",
                advice="Make the file with `entente decisions --json`.",
            ) from error
    return found


def _stored(record: Record) -> tuple[int, str, int, int]:
    return record.timestamp, record.topic, record.partition, record.offset
