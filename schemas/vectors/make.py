"""Makes ``reading.json``: records, a register, and the verdict that each record must get.

Run it with ``python schemas/vectors/make.py``. The private keys are fixed and public, and worthless
for anything else. The verdicts are written here by hand, not taken from our reader; the tests
compare the two, and so can any other implementation.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from entente.alert.handling import Handling
from entente.alert.record import Event, Goods, Leg, Route, Seizure
from entente.proof import note
from entente.proof.key import SigningKey
from entente.proof.merkle import HASH, leaf_hash
from entente.proof.writer import Writer
from entente.wire.avro import encode
from entente.wire.body import encode_body
from entente.wire.envelope import Envelope, encode_envelope
from entente.wire.names import Origin, grant_key, grant_ref, record_key, statement_id, subject_id
from entente.wire.schemas import latest
from entente.wire.statement import Statement, encode_statement

NETWORK = "vectors.entente.example"
TOPIC = "alerts.asia-pacific"
NOW = 1_767_225_600_000_000
DAY = 86_400_000_000
WITNESS = "witness.example/1"

JP, JP_NEXT, AU, STRANGER, WITNESS_KEY = (
    SigningKey(sha256(f"vector key {name}".encode()).digest())
    for name in ("JP", "JP next", "AU", "stranger", "witness")
)
LANE = Origin(NETWORK, "JP", TOPIC, 0)
Case = dict[str, Any]


def say(n: int = 1, issuer: str = "JP", topic: str = TOPIC, **changes: Any) -> Statement:
    """The n-th statement: a small seizure, good unless changed."""
    alert = Seizure(
        national_ref=f"{issuer}-{n}",
        event=Event(date="2026-01-01"),
        route=Route(departure=Leg(country="CN"), location=Leg(country="JP")),
        goods=(Goods(group="ipr"),),
    )
    schema, body = encode_body(alert)
    network = changes.get("network", NETWORK)
    subject = subject_id(network, issuer, alert.national_ref)
    version, change = changes.get("version", 1), changes.get("change", "NEW")
    said = Statement(
        id=statement_id(subject, version, change),
        subject=subject,
        version=version,
        change=change,
        type=schema.fullname,
        schema=schema.sha256,
        network=network,
        issuer=issuer,
        topic=topic,
        issued_at=NOW - DAY,
        handling=Handling(
            tlp="GREEN", purpose="risk analysis", source_grade="A", information_grade=1
        ),
        body=body,
    )
    return replace(said, **changes)


def lane(
    count: int, batch: int = 8, key: SigningKey = JP, origin: Origin = LANE, first: int = 1
) -> list[Envelope]:
    """A good lane of so many statements."""
    leaves = [
        encode_statement(say(n, origin.administration, origin.topic, network=origin.network))
        for n in range(first, first + count)
    ]
    return batches(leaves, batch, key, origin)


def batches(
    leaves: Sequence[bytes], batch: int, key: SigningKey = JP, origin: Origin = LANE
) -> list[Envelope]:
    """A lane of these leaves."""
    writer = Writer(origin)
    envelopes: list[Envelope] = []
    for start in range(0, len(leaves), batch):
        writer, more = writer.append(leaves[start : start + batch], key)
        envelopes += more
    return envelopes


def one(said: Statement, key: SigningKey = JP, origin: Origin = LANE) -> Envelope:
    """An envelope of a lane that holds nothing else."""
    return batches([encode_statement(said)], 1, key, origin)[0]


def record(envelope: Envelope | bytes | None, **changes: Any) -> dict[str, Any]:
    """A Kafka record of JP's lane 0, unless changed."""
    value = encode_envelope(envelope) if isinstance(envelope, Envelope) else envelope
    key = changes.get("key", record_key("JP", 0))
    return {
        "topic": changes.get("topic", TOPIC),
        "key": None if key is None else b64encode(key).decode(),
        "value": None if value is None else b64encode(value).decode(),
    }


def case(name: str, records: Sequence[dict[str, Any]], *verdicts: str, **more: Any) -> Case:
    """Records read in order by one new reader, each with its verdict: a word, or step and code."""
    read = [one_record | {"verdict": v} for one_record, v in zip(records, verdicts, strict=True)]
    return {"name": name, "register": "today", **more, "records": read}


def flip(envelope: Envelope, change: Callable[[str], str]) -> Envelope:
    """The envelope with its checkpoint's text changed."""
    return replace(envelope, checkpoint=change(envelope.checkpoint))


def witnessed(envelope: Envelope, key: SigningKey, time: int | None = None) -> Envelope:
    """The envelope with a witness's line: plain, or a cosignature with a time in seconds."""
    text = envelope.checkpoint.rpartition("\n\n")[0] + "\n"
    line = note.sign(text, WITNESS, key)
    if time is not None:
        signature = key.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        raw = note.key_id(WITNESS, key.public, note.COSIGNATURE) + time.to_bytes(8, "big")
        line = f"\u2014 {WITNESS} {note.encode_base64(raw + signature)}\n"
    return flip(envelope, lambda c: c + line)


def steps_1_to_3() -> list[Case]:
    """The value, the envelope, the checkpoint's form and place."""
    good = one(say())
    value = encode_envelope(good)
    elsewhere = Origin(NETWORK, "JP", "alerts.cis", 0)
    exercise = Origin("exercise.entente.example", "JP", TOPIC, 0)
    other = one(say(network=exercise.network), origin=exercise)
    line = good.checkpoint.splitlines()[-1]
    return [
        case("a good record", [record(good)], "accepted"),
        case("the same record again", [record(good)] * 2, "accepted", "duplicate"),
        case("no value", [record(None)], "1 null-value"),
        case("an empty value", [record(b"")], "1 not-single-object"),
        case("another marker", [record(b"\xc3\x02" + value[2:])], "1 not-single-object"),
        case(
            "an unknown schema", [record(value[:2] + b"\0" * 8 + value[10:])], "1 unknown-envelope"
        ),
        case("a byte too many", [record(value + b"\0")], "2 envelope-malformed"),
        case("a byte too few", [record(value[:-1])], "2 envelope-malformed"),
        case("a negative length", [record(value[:10] + b"\x01")], "2 envelope-malformed"),
        case(
            "a length of 2 GiB",
            [record(value[:10] + b"\xfe\xff\xff\xff\x0f")],
            "2 envelope-malformed",
        ),
        case(
            "a varint of 11 bytes",
            [record(value[:10] + b"\x80" * 10 + b"\0")],
            "2 envelope-malformed",
        ),
        case("a proof of 33 bytes", [record(replace(good, proof=b"p" * 33))], "2 proof-length"),
        case("a proof of 64 hashes", [record(replace(good, proof=b"p" * 2048))], "2 proof-length"),
        case(
            "a checkpoint of 16,385 bytes",
            [record(flip(good, lambda c: c.ljust(16_385, "x")))],
            "2 checkpoint-length",
        ),
        case(
            "no signature line",
            [record(flip(good, lambda c: c.rpartition("\n\n")[0] + "\n\n"))],
            "3 checkpoint-malformed",
        ),
        case(
            "a CR in the note",
            [record(flip(good, lambda c: c.replace("\n", "\r\n", 1)))],
            "3 checkpoint-malformed",
        ),
        case("17 signature lines", [record(flip(good, seventeen))], "3 checkpoint-malformed"),
        case(
            "two lines named as the origin",
            [record(flip(good, lambda c: c + line + "\n"))],
            "3 checkpoint-malformed",
        ),
        case(
            "an extension line",
            [record(flip(good, lambda c: c.replace("\n\n", "\nmore\n\n")))],
            "3 checkpoint-malformed",
        ),
        case(
            "a size with a leading zero",
            [record(flip(good, lambda c: c.replace("\n1\n", "\n01\n")))],
            "3 checkpoint-malformed",
        ),
        case("base64 with stray bits", [record(flip(good, stray_bits))], "3 checkpoint-malformed"),
        case(
            "base64 without padding",
            [record(flip(good, lambda c: c.replace("=\n\n", "\n\n")))],
            "3 checkpoint-malformed",
        ),
        case(
            "an origin of five parts",
            [record(flip(good, lambda c: c.replace("/0", "/0/0")))],
            "3 checkpoint-malformed",
        ),
        case(
            "a lane with a leading zero",
            [record(flip(good, lambda c: c.replace("/0", "/00")))],
            "3 checkpoint-malformed",
        ),
        case("from an exercise", [record(other)], "3 wrong-network"),
        case("replayed on another topic", [record(good, topic=elsewhere.topic)], "3 wrong-topic"),
        case("under another's key", [record(good, key=b"AU/0")], "3 wrong-key"),
        case("under another lane's key", [record(good, key=b"JP/1")], "3 wrong-key"),
        case("without a key", [record(good, key=None)], "3 wrong-key"),
        case("under a key that is not UTF-8", [record(good, key=b"\xff/0")], "3 wrong-key"),
        case("a negative index", [record(replace(good, index=-1))], "3 index-outside"),
        case("an index at the size", [record(replace(good, index=1))], "3 index-outside"),
    ]


def seventeen(checkpoint: str) -> str:
    """Sixteen lines of unknown witnesses more."""
    text = checkpoint.rpartition("\n\n")[0] + "\n"
    return checkpoint + "".join(note.sign(text, f"w{n}.example", STRANGER) for n in range(16))


def stray_bits(checkpoint: str) -> str:
    """The root with its last two bits set, which base64 ignores and we do not."""
    root = checkpoint.splitlines()[2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return checkpoint.replace(root, root[:-2] + alphabet[alphabet.index(root[-2]) | 3] + "=")


def steps_4_to_6() -> list[Case]:
    """Register and signatures, the proof, the statement."""
    good = one(say())
    unknown = Origin(NETWORK, "XX", TOPIC, 0)
    idle = Origin(NETWORK, "AU", TOPIC, 0)
    second = Origin(NETWORK, "JP", TOPIC, 1)
    many = lane(8)
    leaf = many[3].statement
    by = str(LANE)
    ahead = one(say(issued_at=NOW + 6 * 60_000_000))
    return [
        case(
            "an administration unknown",
            [record(one(say(issuer="XX"), AU, unknown), key=b"XX/0")],
            "4 unknown-administration",
        ),
        case(
            "a topic not among its duties",
            [record(one(say(issuer="AU"), AU, idle), key=b"AU/0")],
            "4 not-its-duty",
        ),
        case(
            "a lane it has not", [record(one(say(), origin=second), key=b"JP/1")], "4 unknown-lane"
        ),
        case("a stranger's key", [record(one(say(), STRANGER))], "4 unknown-key"),
        case("another's key", [record(one(say(), AU))], "4 unknown-key"),
        case(
            "a signature over something else",
            [record(flip(good, resigned(good)))],
            "4 bad-signature",
        ),
        case("a root of one's own", [record(flip(good, other_root))], "4 bad-signature"),
        case("a witness's line", [record(witnessed(good, WITNESS_KEY))], "accepted"),
        case(
            "a witness's cosignature",
            [record(witnessed(good, WITNESS_KEY, 1_767_000_000))],
            "accepted",
        ),
        case(
            "a cosignature at another time",
            [record(flip(witnessed(good, WITNESS_KEY, 1_767_000_000), shifted))],
            "4 bad-witness",
        ),
        case("a line of an unknown witness", [record(witnessed(good, STRANGER))], "accepted"),
        case(
            "an old key after a new one",
            [
                record(many[0]),
                record(lane(9, 9, JP_NEXT)[1]),
                record(lane(12, 12)[2]),
                record(many[0]),
            ],
            "accepted",
            "accepted",
            "4 key-order",
            "duplicate",
        ),
        case(
            "a proof with a bit flipped",
            [record(replace(many[3], proof=bitflip(many[3].proof)))],
            "5 not-included",
        ),
        case(
            "a proof cut short",
            [record(replace(many[3], proof=many[3].proof[:-HASH]))],
            "5 not-included",
        ),
        case(
            "a proof too long",
            [record(replace(many[3], proof=many[3].proof + b"p" * HASH))],
            "5 not-included",
        ),
        case("another's place", [record(replace(many[3], index=2))], "5 not-included"),
        case(
            "a statement with a bit flipped",
            [record(replace(many[3], statement=bitflip(leaf)))],
            "5 not-included",
        ),
        case(
            "a leaf that is an inner node",
            [
                record(
                    replace(
                        many[0],
                        statement=leaf_hash(many[0].statement) + many[0].proof[:HASH],
                        proof=many[0].proof[HASH:],
                    )
                )
            ],
            "5 not-included",
        ),
        case(
            "a leaf that is no statement",
            [record(batches([b"hello"], 1)[0])],
            "6 statement-not-single-object",
        ),
        case(
            "a statement of the future's schema",
            [record(batches([leaf[:2] + b"\1" * 8], 1)[0])],
            "6 unknown-statement",
        ),
        case(
            "a statement with a byte too many",
            [record(batches([leaf + b"\0"], 1)[0])],
            "6 statement-malformed",
        ),
        case(
            "a statement that ends early",
            [record(batches([leaf[:-1]], 1)[0])],
            "6 statement-malformed",
        ),
        case("in another's name", [record(one(say(issuer="AU")))], "6 not-its-origin"),
        case("on another topic", [record(one(say(topic="alerts.cis")))], "6 not-its-origin"),
        case(
            "of another network",
            [record(one(say(network="exercise.entente.example")))],
            "6 not-its-origin",
        ),
        case("an id of one's own", [record(one(say(id=say(2).id)))], "6 wrong-id"),
        case("version 0", [record(one(say(version=0)))], "6 wrong-version"),
        case("before its key", [record(one(say(issued_at=NOW - 400 * DAY)))], "6 outside-key-time"),
        case("after its key", [record(one(say(issued_at=NOW + 400 * DAY)))], "6 outside-key-time"),
        case("six minutes ahead", [record(ahead)], "6 in-the-future"),
        case("six minutes later", [record(ahead)], "accepted", now=NOW + 6 * 60_000_000),
        case(
            "of a key revoked, on a lane not named",
            [record(good)],
            "6 not-believed",
            register="revoked",
        ),
        case(
            "of a key retired, as far as believed",
            [record(e) for e in lane(16, 8)],
            *["accepted"] * 8,
            *["6 not-believed"] * 8,
            register="retired",
        ),
        case(
            "of a key retired, another history",
            [record(lane(8)[7]), record(lane(8, first=50)[0]), record(lane(4, 4, first=50)[0])],
            "accepted",
            "6 not-believed",
            "6 not-believed",
            register="retired",
        ),
        case(
            "of the next key, going on",
            [record(lane(8)[7]), record(lane(9, 9, JP_NEXT)[8])],
            "accepted",
            "accepted",
            register="retired",
        ),
        case(
            f"named {by} by another key beside",
            [
                record(
                    flip(
                        good,
                        lambda c: (
                            c + note.sign(c.rpartition(chr(10) * 2)[0] + "\n", "JP", STRANGER)
                        ),
                    )
                )
            ],
            "accepted",
        ),
    ]


def resigned(envelope: Envelope) -> Callable[[str], str]:
    """The issuer's line replaced by the same key's over another text."""
    text, _, _ = envelope.checkpoint.rpartition("\n\n")
    return lambda _: f"{text}\n\n{note.sign('another text' + chr(10), str(LANE), JP)}"


def other_root(checkpoint: str) -> str:
    """Another root under the old signature."""
    return checkpoint.replace(checkpoint.splitlines()[2], b64encode(b"r" * 32).decode())


def shifted(checkpoint: str) -> str:
    """The last line's time changed, its signature kept."""
    head, _, last = checkpoint[:-1].rpartition(" ")
    raw = note.decode_base64(last)
    return f"{head} {note.encode_base64(raw[:11] + bytes([raw[11] ^ 1]) + raw[12:])}\n"


def bitflip(data: bytes) -> bytes:
    """The last bit of the first byte flipped."""
    return bytes([data[0] ^ 1]) + data[1:]


def steps_7_and_8() -> list[Case]:
    """The lane and the body."""
    a, b = lane(8), lane(8, first=50)
    leaves = [e.statement for e in a]
    late = batches([*leaves[:5], *(e.statement for e in b[:3])], 8)
    longer = batches([*leaves, *(e.statement for e in b)], 8)
    sealed = say(change="WITHDRAWAL", version=2, body=b"", reason="withdrawn on appeal")
    return [
        case("a lane in order", [record(e) for e in longer], *["accepted"] * 16),
        case("a lane backwards", [record(e) for e in reversed(longer)], *["accepted"] * 16),
        case(
            "a lane with a gap, then filled",
            [record(a[n]) for n in (0, 1, 5, 3, 2, 4, 4)],
            *["accepted"] * 6,
            "duplicate",
        ),
        case("a lane that begins late", [record(e) for e in longer[10:]], *["accepted"] * 6),
        case("another leaf at an index read", [record(a[0]), record(b[0])], "accepted", "7 fork"),
        case("two roots of one size", [record(a[7]), record(late[2])], "accepted", "7 fork"),
        case(
            "another past behind the next leaf",
            [*(record(e) for e in a[:6]), record(late[6])],
            *["accepted"] * 6,
            "7 fork",
        ),
        case(
            "a smaller checkpoint that does not lead here",
            [*(record(e) for e in longer), record(b[7])],
            *["accepted"] * 16,
            "7 fork",
        ),
        case(
            "another past across a gap",
            [*(record(e) for e in a[:4]), record(batches([b[0].statement, *leaves[1:]], 8)[6])],
            *["accepted"] * 4,
            "7 fork",
        ),
        case(
            "after a fork",
            [*(record(e) for e in a[:6]), record(late[5]), record(a[6]), record(a[2])],
            *["accepted"] * 6,
            "7 fork",
            "7 suspended",
            "duplicate",
        ),
        case("a withdrawal", [record(one(sealed))], "accepted"),
        case(
            "a withdrawal with a body",
            [record(one(replace(sealed, body=b"b")))],
            "8 withdrawal-with-body",
        ),
        case(
            "a withdrawal without a reason",
            [record(one(replace(sealed, reason=None)))],
            "8 reason-missing",
        ),
        case(
            "a correction without a reason",
            [record(one(say(change="CORRECTION", version=2)))],
            "8 reason-missing",
        ),
        case(
            "an unknown schema in the body",
            [record(one(say(schema=b"s" * 32)))],
            "8 unknown-schema",
        ),
        case(
            "waiting is tried again",
            [record(one(say(schema=b"s" * 32)))] * 2,
            *["8 unknown-schema"] * 2,
        ),
        case(
            "a body of another type",
            [record(one(say(type="entente.alert.Warning")))],
            "8 wrong-type",
        ),
        case(
            "a body with a byte too many",
            [record(one(say(body=say().body + b"\0")))],
            "8 body-malformed",
        ),
        case("an empty body", [record(one(say(body=b"")))], "8 body-malformed"),
        case(
            "another's subject",
            [record(one(say(subject=say(2).subject, id=say(2).id)))],
            "8 wrong-subject",
        ),
        case(
            "H3 without conditions",
            [record(one(say(handling=replace(say().handling, codes=("H3",)))))],
            "8 handling-wrong",
        ),
        case(
            "information grade 5",
            [record(one(say(handling=replace(say().handling, information_grade=5))))],
            "8 handling-wrong",
        ),
        case("a date that is none", [record(one(undated()))], "8 body-wrong"),
        case(
            "a place that our list lacks",
            [record(one(placed("CN9ZZ")))] * 2,
            *["8 not-listed"] * 2,
        ),
        case(
            "a place that our list lacks, and a date that is none",
            [record(one(placed("CN9ZZ", "2026-02-30")))],
            "8 body-wrong",
        ),
        case(
            "what waits for a newer list leaves no gap",
            [record(e) for e in batches([encode_statement(placed("CN9ZZ")), *leaves[1:3]], 3)],
            "8 not-listed",
            "accepted",
            "accepted",
        ),
        case(
            "a bad body leaves no gap",
            [record(e) for e in batches([encode_statement(undated()), *leaves[1:3]], 3)],
            "8 body-wrong",
            "accepted",
            "accepted",
        ),
    ]


def grants() -> list[Case]:
    """The compacted topic: keys name the grant, and a tombstone needs a withdrawal."""
    lane = Origin(NETWORK, "JP", "grants", 0)
    granted, other = say(1).id, say(2).id

    def under(said: Statement, recipient: str = "AU", key: bytes | None = None) -> dict[str, Any]:
        name = grant_key("JP", granted, recipient) if key is None else key
        return record(one(said, origin=lane), topic="grants", key=name)

    def tombstone(recipient: str) -> dict[str, Any]:
        return record(None, topic="grants", key=grant_key("JP", granted, recipient))

    schema = latest("grant")
    subject = subject_id(NETWORK, "JP", grant_ref(granted, "AU"))
    wrapped = {"recipient_key": bytes(32), "wrapped": bytes(80), "commitment": bytes(32)}
    names: dict[str, Any] = {"type": schema.fullname, "schema": schema.sha256}
    good = say(
        topic="grants",
        body=encode(schema, {"statement": granted.bytes, "recipient": "AU", **wrapped}),
        subject=subject,
        id=statement_id(subject, 1, "NEW"),
        **names,
    )
    elsewhere = encode(schema, {"statement": other.bytes, "recipient": "AU", **wrapped})
    over = say(
        topic="grants",
        change="WITHDRAWAL",
        version=2,
        body=b"",
        reason="case closed",
        subject=subject,
        id=statement_id(subject, 2, "WITHDRAWAL"),
        **names,
    )
    another = replace(over, subject=say(7).subject, id=say(7, change="WITHDRAWAL", version=2).id)
    return [
        case("a grant", [under(good)], "accepted"),
        case("a grant under another recipient's key", [under(good, "CN")], "8 wrong-grant-key"),
        case(
            "a grant under another statement's key",
            [under(replace(good, body=elsewhere))],
            "8 wrong-grant-key",
        ),
        case(
            "a withdrawal of something else under a grant's key",
            [under(another), tombstone("AU")],
            "8 wrong-grant-key",
            "1 tombstone",
        ),
        case("an alert on grants", [under(say(topic="grants"))], "8 wrong-grant-key"),
        case("a grant under a lane's key", [under(good, key=b"JP/0")], "3 wrong-key"),
        case(
            "a grant under another issuer's key",
            [under(good, key=grant_key("AU", granted, "AU"))],
            "3 wrong-key",
        ),
        case("a tombstone for a grant not withdrawn", [tombstone("AU")], "1 tombstone"),
        case(
            "a grant withdrawn, then cleared",
            [under(good), under(over), tombstone("AU"), tombstone("CN")],
            "accepted",
            "accepted",
            "duplicate",
            "1 tombstone",
        ),
    ]


def undated() -> Statement:
    """A seizure on the 30th of February."""
    alert = Seizure(national_ref="JP-1", event=Event(date="2026-02-30"))
    return say(body=encode_body(alert)[1])


def placed(place: str, date: str = "2026-01-01") -> Statement:
    """A seizure of what came from a place; the list of places grows twice a year."""
    alert = Seizure(
        national_ref="JP-1",
        event=Event(date=date),
        route=Route(departure=Leg(country="CN", place=place), location=Leg(country="JP")),
        goods=(Goods(group="ipr"),),
    )
    return say(body=encode_body(alert)[1])


def registers() -> dict[str, Any]:
    """Today's register, and two in which JP's first key has ended."""

    def key(signer: SigningKey, start: int, **more: Any) -> dict[str, Any]:
        times = {"from": start, "until": NOW + 300 * DAY}
        return {"public": signer.public.raw.hex(), **times, "ended": None, "believed": {}} | more

    def register(first: dict[str, Any]) -> dict[str, Any]:
        keys = [first, key(JP_NEXT, NOW - 10 * DAY)]
        parties = [
            {"id": "JP", "lanes": {TOPIC: 1, "alerts.cis": 1, "grants": 1}, "keys": keys},
            {"id": "AU", "lanes": {"receipts.asia-pacific": 1}, "keys": [key(AU, NOW - 300 * DAY)]},
        ]
        return {"parties": parties, "witnesses": {WITNESS: WITNESS_KEY.public.raw.hex()}}

    root = checkpoint_root(lane(8))
    believed = {str(LANE): {"size": 8, "root": root.hex()}}
    start = NOW - 300 * DAY
    return {
        "today": register(key(JP, start)),
        "revoked": register(key(JP, start, ended="compromised")),
        "retired": register(key(JP, start, ended="retired", believed=believed)),
    }


def checkpoint_root(envelopes: Sequence[Envelope]) -> bytes:
    """The root of the last checkpoint."""
    return note.decode_base64(envelopes[-1].checkpoint.splitlines()[2])


def make() -> str:
    """The file's text."""
    table = {
        "network": NETWORK,
        "now": NOW,
        "registers": registers(),
        "cases": [*steps_1_to_3(), *steps_4_to_6(), *steps_7_and_8(), *grants()],
    }
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("reading.json").write_text(make(), encoding="utf-8")
