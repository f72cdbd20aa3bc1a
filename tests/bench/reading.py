"""What verification costs: the eight steps against plain decoding and one signature per message.

Run with ``python tests/bench/reading.py``. All on one thread, in memory, in processor time; the
smallest of several runs counts. ``measure`` gives the figures to whoever wants to print them.
"""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from io import BytesIO
from typing import NamedTuple

from fastavro import schemaless_reader

from entente.alert.handling import Handling
from entente.alert.record import Container, Event, Goods, Leg, Right, Route, Seizure, Transport
from entente.alert.validate import validate
from entente.proof import read as reading
from entente.proof.checked import CheckedCheckpoints
from entente.proof.key import SigningKey
from entente.proof.keyring import Key, Keyring, Party
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted
from entente.proof.writer import Writer
from entente.wire.body import decode_body, encode_body
from entente.wire.envelope import decode_envelope, encode_envelope
from entente.wire.names import Origin, record_key, statement_id, subject_id
from entente.wire.schemas import latest
from entente.wire.statement import Statement, decode_statement, encode_statement

NETWORK = "bench.entente.example"
ORIGIN = Origin(NETWORK, "JP", "alerts.asia-pacific", 0)
KEY = SigningKey(b"b" * 32)
FOREVER = 2**62
RING = Keyring(
    parties={
        "JP": Party(
            id="JP",
            lanes={ORIGIN.topic: 1},
            keys=(Key(public=KEY.public, valid_from=0, valid_until=FOREVER),),
        )
    }
)


class Figures(NamedTuple):
    """Microseconds per alert."""

    batch: int
    eight_steps: float
    domain: float
    """Of it, the domain's checks of step 8."""
    plain: float
    """fastavro alone, of envelope, statement and body."""
    per_message: float
    """The eight steps' decoding and checks, with one Ed25519 verification per alert instead."""


def alert(n: int) -> Seizure:
    """A seizure of ordinary size."""
    return Seizure(
        national_ref=f"JP-{n}",
        event=Event(date="2026-03-01", detection=("risk_profile",), direction="import"),
        route=Route(
            departure=Leg(country="CN", place="CNSHA"),
            transit=(Leg(country="KR"),),
            location=Leg(country="JP", place="JPTYO"),
        ),
        transport=Transport(mode="1", containers=(Container(number="CSQU3054383"),)),
        goods=(
            Goods(
                group="ipr",
                hs="640411",
                quantity=Decimal(1200),
                unit="NPR",
                rights=(Right(type="word_mark", brand="Acme", holder="Acme Inc"),),
            ),
        ),
    )


def statement(n: int) -> bytes:
    """Its statement's bytes."""
    said = alert(n)
    schema, body = encode_body(said)
    subject = subject_id(NETWORK, "JP", said.national_ref)
    return encode_statement(
        Statement(
            id=statement_id(subject, 1, "NEW"),
            subject=subject,
            version=1,
            change="NEW",
            type=schema.fullname,
            schema=schema.sha256,
            network=NETWORK,
            issuer="JP",
            topic=ORIGIN.topic,
            issued_at=n,
            handling=Handling(
                tlp="GREEN", purpose="risk analysis", source_grade="A", information_grade=1
            ),
            body=body,
        )
    )


def records(count: int, batch: int) -> list[Record]:
    """So many records of one lane, signed in batches of this size."""
    writer, found = Writer(ORIGIN), []
    for start in range(0, count, batch):
        leaves = [statement(n) for n in range(start, min(start + batch, count))]
        writer, envelopes = writer.append(leaves, KEY)
        for envelope in envelopes:
            value = encode_envelope(envelope)
            found.append(Record(ORIGIN.topic, 0, len(found), 0, record_key("JP", 0), value))
    return found


def measure(batch: int, count: int = 1_024, runs: int = 7) -> Figures:
    """The figures for one batch size."""
    some = records(count, batch)
    values = [record.value or b"" for record in some]
    bodies = [decode_body(decode_statement(decode_envelope(v).statement)) for v in values]
    schemas = [latest(name).parsed for name in ("envelope", "statement", "seizure")]
    signature = KEY.sign(values[0])

    def eight_steps() -> None:
        rows = MemoryRows()
        reading._checked = CheckedCheckpoints()  # each run checks every signature anew
        for record in some:
            assert isinstance(reading.read(record, rows, RING, NETWORK, FOREVER), Accepted)

    def domain() -> None:
        for body in bodies:
            assert isinstance(body, Seizure)
            validate(body)

    def plain() -> None:
        for value in values:
            outer = schemaless_reader(BytesIO(value[10:]), schemas[0], None)
            inner = schemaless_reader(BytesIO(outer["statement"][10:]), schemas[1], None)
            schemaless_reader(BytesIO(inner["body"]), schemas[2], None)

    def per_message() -> None:
        for value in values:
            KEY.public.verify(signature, value)
            body = decode_body(decode_statement(decode_envelope(value).statement))
            assert isinstance(body, Seizure)
            validate(body)

    jobs: Sequence[Callable[[], None]] = (eight_steps, domain, plain, per_message)
    return Figures(batch, *(_best(job, runs) / count for job in jobs))


def _best(job: Callable[[], None], runs: int) -> float:
    least = float("inf")
    for _ in range(runs):
        start = time.process_time()
        job()
        least = min(least, time.process_time() - start)
    return least * 1e6


def main() -> None:
    """Print the table."""
    print("batch  eight steps  (domain)    plain  per message   steps/plain  per message/steps")
    for batch in (1, 16, 256):
        f = measure(batch)
        print(
            f"{f.batch:5} {f.eight_steps:9.1f} us {f.domain:6.1f} us {f.plain:5.1f} us"
            f" {f.per_message:9.1f} us {f.eight_steps / f.plain:12.2f}"
            f" {f.per_message / f.eight_steps:17.2f}"
        )


if __name__ == "__main__":
    main()
