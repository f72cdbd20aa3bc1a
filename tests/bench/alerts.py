"""Real alerts to measure with: the seizures that the demo publishes, as records of any issuer."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

from msgspec.structs import replace as changed

from entente.cli.publish import BUILT_IN
from entente.proof.key import SigningKey
from entente.proof.record import Record
from entente.proof.writer import Writer
from entente.publish.mapping import load_mapping
from entente.publish.run import Run
from entente.publish.submission import Submission
from entente.wire.body import encode_body
from entente.wire.envelope import encode_envelope
from entente.wire.names import Origin, record_key, statement_id, subject_id
from entente.wire.statement import Statement, encode_statement

FILE = Path(__file__).parents[2] / "deploy" / "demo" / "unodc-seizures-2011-2014.csv.gz"


@cache
def real(count: int) -> tuple[Submission, ...]:
    """The first seizures of the file, by those who made them."""
    with Run(FILE, load_mapping(BUILT_IN / "unodc.yaml"), None) as run:
        return tuple(replace(one, original=b"") for one in islice(run, count))


def said_by(issuer: str, count: int, edition: int = 0) -> list[Submission]:
    """The same, as if ``issuer`` had made them all; each edition has other references."""
    found = []
    for one in real(count):
        assert one.alert is not None
        alert = changed(one.alert, national_ref=f"{one.national_ref}-{edition}")
        ref = alert.national_ref
        found.append(replace(one, administration=issuer, national_ref=ref, alert=alert))
    return found


def mapped(issuer: str, count: int, edition: int = 1_000) -> Iterator[Submission]:
    """The same, each read from the file, mapped and checked when it is asked for."""
    for number in itertools.count(edition):
        with Run(FILE, load_mapping(BUILT_IN / "unodc.yaml"), None) as run:
            for one in run:
                if not count:
                    return
                count -= 1
                assert one.alert is not None
                ref = f"{one.national_ref}-{number}"
                alert = changed(one.alert, national_ref=ref)
                yield replace(one, administration=issuer, national_ref=ref, alert=alert)


def leaves(origin: Origin, submissions: Sequence[Submission], now: int) -> list[bytes]:
    """Encode their statements, and their bodies, as the issuer of a lane."""
    network, issuer, topic, _ = origin
    found = []
    for one in submissions:
        assert one.alert is not None
        schema, body = encode_body(one.alert)
        subject = subject_id(network, issuer, one.national_ref)
        statement = Statement(
            id=statement_id(subject, 1, "NEW"), subject=subject, version=1, change="NEW",
            type=schema.fullname, schema=schema.sha256, network=network, issuer=issuer,
            topic=topic, issued_at=now, handling=one.handling, body=body,
        )  # fmt: skip
        found.append(encode_statement(statement))
    return found


def records(origin: Origin, said: Sequence[bytes], key: SigningKey, batch: int) -> list[Record]:
    """Statements as records of one lane, signed in batches of this size."""
    writer, found = Writer(origin), []
    place = record_key(origin.administration, origin.lane)
    for start in range(0, len(said), batch):
        writer, envelopes = writer.append(said[start : start + batch], key)
        for one in envelopes:
            found.append(Record(origin.topic, 0, len(found), 0, place, encode_envelope(one)))
    return found
