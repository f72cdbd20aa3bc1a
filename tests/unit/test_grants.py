"""The grants a member may use: whatever came first, and whatever a thief said meanwhile."""

import runpy
from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.test_read import VECTORS

from entente.bus.grants import Grants, arrived, granted, heads
from entente.bus.reception import HELD, Reception, held
from entente.proof.key import SigningKey
from entente.proof.keyring import FOREVER, Believed, Key, Keyring, Party
from entente.proof.merkle import head
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.writer import Writer
from entente.seal.grant import TYPE
from entente.wire.avro import encode
from entente.wire.envelope import decode_envelope, encode_envelope
from entente.wire.names import Origin, grant_key, grant_ref, statement_id, subject_id
from entente.wire.schemas import latest
from entente.wire.statement import decode_statement, encode_statement

MADE: dict[str, Any] = runpy.run_path(str(VECTORS / "make.py"))
NETWORK, NOW, DAY = MADE["NETWORK"], MADE["NOW"], MADE["DAY"]
JP, JP_NEXT = MADE["JP"], MADE["JP_NEXT"]
LANE = Origin(NETWORK, "JP", "grants", 0)
GRANTED = MADE["say"](1).id
HONEST, THIEF, AGAIN = b"honest".ljust(32), b"thief".ljust(32), b"again".ljust(32)


class Said(NamedTuple):
    """A version of the grant, and whether it gives it or takes it back."""

    version: int
    gives: bool
    by: bytes


def statement(said: Said) -> bytes:
    subject = subject_id(NETWORK, "JP", grant_ref(GRANTED, "AU"))
    change = "NEW" if said.gives else "WITHDRAWAL"
    body = {"statement": GRANTED.bytes, "recipient": "AU", "recipient_key": bytes(32),
            "wrapped": said.version.to_bytes(80), "commitment": said.by}  # fmt: skip
    return encode_statement(
        replace(
            MADE["say"](),
            topic="grants",
            type=TYPE,
            schema=latest("grant").sha256,
            version=said.version,
            change=change,
            body=encode(latest("grant"), body) if said.gives else b"",
            reason=None if said.gives else "why not",
            subject=subject,
            id=statement_id(subject, said.version, change),
        )
    )


class World(NamedTuple):
    """What was said under JP's first key, what its thief said after, and what JP said then."""

    honest: list[Record]
    thief: list[Record]
    again: list[Record]
    believed: Believed

    @classmethod
    def of(cls, honest: Sequence[Said], thief: Sequence[Said], again: Sequence[Said]) -> "World":
        at, true = lane(Writer(LANE), honest, JP)
        _, false = lane(at, thief, JP)
        _, more = lane(at, again, JP_NEXT)
        return cls(true, false, more, Believed(at.size, head(at.compact)))

    def register(self, *, stolen: bool) -> Keyring:
        first = Key(
            public=JP.public,
            valid_from=NOW - 300 * DAY,
            valid_until=FOREVER,
            ended="compromised" if stolen else None,
            believed={str(LANE): self.believed} if stolen else {},
        )
        then = Key(public=JP_NEXT.public, valid_from=NOW - 10 * DAY, valid_until=FOREVER)
        keys = (first, then) if stolen else (first,)
        return Keyring({"JP": Party(id="JP", lanes={"grants": 1}, keys=keys)})


def lane(writer: Writer, said: Sequence[Said], key: SigningKey) -> tuple[Writer, list[Record]]:
    records = []
    for one in said:
        writer, (envelope,) = writer.append([statement(one)], key)
        value = encode_envelope(envelope)
        records.append(Record("grants", 0, 0, 0, grant_key("JP", GRANTED, "AU"), value))
    return writer, records


class Reader:
    """A member that reads grants while the register changes."""

    def __init__(self, world: World) -> None:
        self.rows = MemoryRows()
        self._world = world
        self._register = world.register(stolen=False)
        self._fold = Grants("AU", Reception("AU", NETWORK, lambda: self._register, lambda: NOW))
        self._offset = 0

    def read(self, record: Record) -> None:
        self._offset += 1
        self._fold.fold(self.rows, record._replace(offset=self._offset))

    def learn(self) -> None:
        """The register says now that the key was stolen."""
        self._register = self._world.register(stolen=True)
        self._fold.judge_again(self.rows, changed=True)

    @property
    def grant(self) -> tuple[int, bytes] | None:
        """The version that holds, and by whom."""
        found = granted(self.rows, GRANTED, "JP")
        return None if found is None else (int.from_bytes(found.wrapped), found.commitment)


def read(world: World, records: Sequence[Record], learns: int) -> Reader:
    """Read all, and learn of the theft before the record of this number."""
    reader = Reader(world)
    for number, record in enumerate(records):
        if number == learns:
            reader.learn()
        reader.read(record)
    if learns >= len(records):
        reader.learn()
    return reader


def holds(said: Sequence[Said]) -> tuple[int, bytes] | None:
    """What the highest version says."""
    last = max(said, default=None)
    return (last.version, last.by) if last and last.gives else None


@st.composite
def stories(draw: st.DrawFn, *, may_withdraw: bool) -> tuple[list[Said], list[Said], list[Said]]:
    """What is said honestly, by the thief, and again; versions of one hand are different."""
    honest = [Said(n, n % 2 == 1, HONEST) for n in range(1, draw(st.integers(0, 4)) + 1)]
    gives = st.booleans() if may_withdraw else st.just(True)
    thief = [
        Said(version, draw(gives), THIEF)
        for version in draw(st.lists(st.integers(1, 7), max_size=4, unique=True))
    ]
    again = [Said(len(honest) + 1, True, AGAIN)] if draw(st.booleans()) else []
    return honest, thief, again


def shuffled(data: st.DataObject, world: World) -> tuple[list[Record], int]:
    """All records in any order, some twice, and when the theft is heard of."""
    records = [*world.honest, *world.thief, *world.again]
    twice = data.draw(st.lists(st.sampled_from(records), max_size=2)) if records else []
    order = data.draw(st.permutations([*records, *twice]))
    return order, data.draw(st.integers(0, len(order)))


@settings(max_examples=200)
@given(stories(may_withdraw=False), st.data())
def test_the_order_of_register_and_grants_does_not_matter(
    story: tuple[list[Said], list[Said], list[Said]], data: st.DataObject
) -> None:
    honest, _, again = story
    world = World.of(*story)
    reader = read(world, *shuffled(data, world))
    assert reader.grant == holds([*honest, *again])
    assert all(one.size <= len(honest) + len(again) for one in heads(reader.rows))


@settings(max_examples=200)
@given(stories(may_withdraw=True), st.data())
def test_what_a_thief_takes_back_holds_when_it_is_said_again(
    story: tuple[list[Said], list[Said], list[Said]], data: st.DataObject
) -> None:
    honest, _, again = story
    world = World.of(*story)
    reader = read(world, *shuffled(data, world))
    if again:
        assert reader.grant == holds(again)
    else:
        assert reader.grant in (holds(honest), None), "forgotten, and not yet said again"
    until = max((one.version for one in [*honest, *again] if not one.gives), default=0)
    accepted = [key for key, row in reader.rows.scan(HELD) if b"not-believed" not in row]
    envelopes = [decode_envelope(held(reader.rows, key).value or b"") for key in accepted]
    kept = [decode_statement(one.statement) for one in envelopes]
    assert not [one for one in kept if one.change == "NEW" and one.version < until]


def test_what_comes_to_hold_is_told_again() -> None:
    world = World.of([Said(1, True, HONEST)], [Said(5, True, THIEF)], [])
    reader = read(world, [*world.honest, *world.thief], 2)
    assert arrived(reader.rows, 0) == (GRANTED,) * 3, "the first, the thief's, the first again"


def test_a_tombstone_after_a_thiefs_withdrawal_clears_nothing() -> None:
    world = World.of([Said(1, True, HONEST)], [Said(2, False, THIEF)], [])
    tombstone = world.honest[0]._replace(value=None)
    reader = read(world, [*world.thief, *world.honest], 1)
    reader.read(tombstone)
    assert reader.grant == (1, HONEST)
    places = [key for key, row in reader.rows.scan(HELD) if b"tombstone" in row]
    assert len(places) == 1
