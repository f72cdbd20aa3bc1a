"""What verification costs without Kafka: the eight steps, by batch size, against plain decoding."""

from collections.abc import Callable, Sequence
from io import BytesIO

from fastavro import schemaless_reader

from bench.alerts import leaves, records, said_by
from bench.measure import Row, compare
from entente.alert.record import Seizure
from entente.alert.validate import validate
from entente.proof import read as reading
from entente.proof.checked import CheckedCheckpoints
from entente.proof.key import SigningKey, VerifyKey
from entente.proof.keyring import Key, Keyring, Party
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted
from entente.trust.register import Register
from entente.wire.body import decode_body
from entente.wire.names import Origin
from entente.wire.schemas import latest
from entente.wire.sound import decode_sound_body
from entente.wire.statement import decode_statement

NETWORK = "bench.entente.example"
ORIGIN = Origin(NETWORK, "JP", "alerts.asia-pacific", 0)
KEY = SigningKey(b"b" * 32)
NOW = 1_764_000_000_000_000
RING = Keyring(
    parties={
        "JP": Party(
            id="JP",
            lanes={ORIGIN.topic: 1},
            keys=(Key(public=KEY.public, valid_from=0, valid_until=2**62),),
        )
    }
)
BATCHES = (1, 16, 256)
COUNT = 2_048


def plain(values: Sequence[bytes]) -> None:
    """Decode envelopes, their statements and their bodies by fastavro, and believe them."""
    envelope, statement, seizure = (
        latest(name).parsed for name in ("envelope", "statement", "seizure")
    )
    for value in values:
        outer = schemaless_reader(BytesIO(value[10:]), envelope, None)
        inner = schemaless_reader(BytesIO(outer["statement"][10:]), statement, None)
        schemaless_reader(BytesIO(inner["body"]), seizure, None)


def unsigned(said: Sequence[bytes]) -> None:
    """The same of statements that nobody has signed."""
    statement, seizure = (latest(name).parsed for name in ("statement", "seizure"))
    for one in said:
        inner = schemaless_reader(BytesIO(one[10:]), statement, None)
        schemaless_reader(BytesIO(inner["body"]), seizure, None)


def per_message(said: Sequence[bytes], signatures: Sequence[bytes], key: VerifyKey) -> None:
    """What a careful reader does without lanes: a signature each, bounds, and the domain's rules.

    It finds out neither what was left out nor what was said twice.
    """
    for one, signature in zip(said, signatures, strict=True):
        assert key.verify(signature, one)
        statement = decode_statement(one)
        body = decode_sound_body(statement)
        if body is None:  # as our own step 8 does
            alert = decode_body(statement)
            assert isinstance(alert, Seizure)
            assert not validate(alert)


def eight_steps(
    some: Sequence[Record], rows: MemoryRows, ring: Keyring | Register = RING, now: int = NOW
) -> None:
    """Read them all; each must be accepted."""
    reading._checked = CheckedCheckpoints()  # each run checks every signature anew
    for record in some:
        verdict = reading.read(record, rows, ring, NETWORK, now)
        assert isinstance(verdict, Accepted), verdict


def steps() -> list[Row]:
    """The eight steps by batch size, in one thread and in memory."""
    said = leaves(ORIGIN, said_by("JP", COUNT), NOW)
    signatures = [KEY.sign(one) for one in said]
    batches = {size: records(ORIGIN, said, KEY, size) for size in BATCHES}
    values = [record.value or b"" for record in batches[BATCHES[-1]]]
    steps: dict[str, Callable[[], object]] = {
        f"eight steps, batches of {size}": lambda some=some: eight_steps(some, MemoryRows())
        for size, some in batches.items()
    }
    fastavro = {"fastavro alone, no check": lambda: plain(values)}
    signed = {"one Ed25519 each, and checks": lambda: per_message(said, signatures, KEY.public)}
    best = f"eight steps, batches of {BATCHES[-1]}"
    return [
        *compare("eight steps, against decoding", fastavro | steps, COUNT, 5, {best: 0.8}),
        *compare("eight steps, against signatures", signed | steps, COUNT, 3, {best: 2.0}),
    ]
