"""Lanes over years: a lost disk, a forgotten outbox, and what an office can say of each issuer."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from entente import clock
from entente.alert.handling import Handling
from entente.alert.record import Event, Goods, Leg, Nominal, Person, Route, Seizure, Text
from entente.bus.box import Box
from entente.bus.membership import announce
from entente.bus.producer import Outgoing, Producer
from entente.bus.provision import provision
from entente.bus.replay import replay
from entente.config import Kafka, Settings
from entente.errors import AlertError, ProofError, StoreError
from entente.proof.checkpoint import parse
from entente.proof.key import SigningKey
from entente.proof.lane import root_at
from entente.proof.read import read
from entente.proof.rows import MemoryRows
from entente.proof.verdict import Accepted
from entente.proof.writer import Writer
from entente.publish.desk import OUTBOX
from entente.publish.intake import Published
from entente.publish.publisher import Publisher
from entente.publish.recover import recover
from entente.publish.submission import Submission
from entente.trust import enrolment, files, lifecycle, network, party
from entente.trust.administration import Administration, Believed, usual_duties, usual_reads
from entente.trust.register import Agreement, Register
from entente.wire.envelope import encode_envelope
from entente.wire.names import Origin

HANDLING = Handling(tlp="AMBER", purpose="test", source_grade="A", information_grade=1)
REGION = "south-america"
TOPIC = f"alerts.{REGION}"


def member(id: str) -> Administration:
    return Administration(
        id=id, name=id, home=REGION,
        duties=usual_duties("administration", (REGION,)),
        reads=usual_reads("administration", (REGION,)),
    )  # fmt: skip


class World:
    """A network with a broker of its own, its register on the topic."""

    def __init__(self, home: Path, box: Box) -> None:
        self.home, self.box = home, box
        box.up()
        bootstrap = box.connection().bootstrap
        self.settings = Settings(
            network="lanes.entente.example", home=home, kafka=Kafka(bootstrap=bootstrap)
        )

    async def change(self, changed: Register) -> Register:
        """Sign the next register and let everybody know."""
        network.publish(self.home, network.sign(self.home, changed, now=clock.now(), secret=None))
        register = network.open(self.home, clock.now())
        provision(self.box.connection(), register)
        await announce(self.box.connection(), network.entries(self.home))
        return register

    async def enrol(self, *ids: str) -> Register:
        network.create(
            self.home, self.settings.network, map(member, ids), now=clock.now(), secret=None,
            officers=1, threshold=1,
        )  # fmt: skip
        return await self.change(network.open(self.home, clock.now()))

    def publisher(self, id: str) -> Publisher:
        publisher = Publisher(id, self.settings)
        register = network.open(self.home, clock.now())
        publisher.voice = msgspec.structs.replace(publisher.voice, register=register)
        return publisher

    async def said(self, issuer: str, topic: str = TOPIC) -> list[Accepted]:
        """What a fresh reader accepts; nothing of this issuer's may be refused."""
        register = network.open(self.home, clock.now())
        rows, found = MemoryRows(), []
        async for record in replay(self.box.connection(), topic):
            if (record.key or b"").startswith(f"{issuer}/".encode()):
                verdict = read(record, rows, register, register.network, clock.now())
                assert isinstance(verdict, Accepted), verdict
                found.append(verdict)
        return found

    def lose_disk(self, id: str) -> None:
        for path in self.settings.party(id).glob(f"{OUTBOX}*"):
            path.unlink()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("lanes")
    network.create(
        home, "lanes.entente.example", [], now=clock.now(), secret=None, officers=1, threshold=1
    )
    box = Box(home / network.BROKER)
    try:
        yield World(home, box)
    finally:
        box.down(timeout=1)


def seizure(ref: str, text: str = "shoes", nominal: Nominal | None = None) -> Seizure:
    return Seizure(
        national_ref=ref,
        event=Event(date="2026-03-01"),
        route=Route(location=Leg(country="BR")),
        goods=(Goods(description=Text(text=text)),),
        nominal=nominal,
    )


def many(id: str, start: int, count: int, text: str = "shoes") -> Iterable[Submission]:
    for n in range(start, start + count):
        alert = seizure(f"N-{n}", text)
        yield Submission(n, id, alert.national_ref, "seizure", alert, HANDLING)


async def test_a_lost_disk_forks_nothing_and_doubles_nothing(world: World) -> None:
    register = await world.enrol("BR", "AR")
    agreed = Agreement(parties=("BR", "AR"), purpose="test", nominal=True, start=0)
    await world.change(lifecycle.agree(register, agreed))
    who = Nominal(persons=(Person(name="Jane Roe"),))
    async with world.publisher("BR") as publisher:
        await publisher.publish_all(many("BR", 0, 300))
        await publisher.correct(seizure("N-3", "hats"), HANDLING, version=2, reason="looked again")
        await publisher.withdraw("N-4", HANDLING, version=2, reason="not ours")
        await publisher.publish(seizure("S-1", nominal=who), HANDLING, recipients=("AR",))
    before = await world.said("BR")
    assert len(before) == 303

    world.lose_disk("BR")
    async with world.publisher("BR") as publisher:  # the fresh outbox takes it, and says nothing
        with pytest.raises(StoreError, match="never written") as refused:
            await publisher.publish_all(many("BR", 298, 4))
        assert "entente lane recover --as BR" in refused.value.advice
    assert len(await world.said("BR")) == 303

    topics: list[str] = []
    found = await recover(world.settings, "BR", topics.append)
    assert sorted(topics) == [TOPIC, "grants", f"receipts.{REGION}"]
    lane = Origin("lanes.entente.example", "BR", TOPIC, 0)
    assert found.sizes == {lane: 303, lane._replace(topic="grants"): 1}
    assert (found.statements, found.dropped) == (304, 2)  # N-298 and N-299 were said before

    async with world.publisher("BR") as publisher:
        await publisher.flush()  # N-300 and N-301 had been accepted meanwhile
        again = await publisher.publish_all(many("BR", 0, 303))
        assert (again.accepted, again.known, again.refused) == (1, 302, [])
        await publisher.correct(seizure("N-3", "hats"), HANDLING, version=2, reason="looked again")
        await publisher.withdraw("N-4", HANDLING, version=2, reason="not ours")
        await publisher.publish(seizure("S-1", nominal=who), HANDLING, recipients=("AR",))
        with pytest.raises(AlertError, match="in other words"):
            await publisher.publish(seizure("N-5", "hats"), HANDLING)
    after = await world.said("BR")
    assert [one.index for one in after] == list(range(306))
    assert [one.statement for one in after[:303]] == [one.statement for one in before]
    assert len(await world.said("BR", "grants")) == 1

    with pytest.raises(StoreError, match="sealed statements of its own"):
        await recover(world.settings, "BR")


async def test_an_empty_topic_is_nothing_to_recover(world: World) -> None:
    await world.enrol("UY")
    found = await recover(world.settings, "UY")
    assert (found.sizes, found.statements, found.dropped) == ({}, 0, 0)
    async with world.publisher("UY") as publisher:
        await publisher.publish(seizure("U-1"), HANDLING)
    assert [one.index for one in await world.said("UY")] == [0]


async def test_others_cannot_spoil_a_recovery(world: World) -> None:
    """Who may write to the topic writes bytes under our key; no reader takes them, nor do we."""
    await world.enrol("CO", "VE")
    async with world.publisher("CO") as publisher:
        await publisher.publish_all(many("CO", 0, 3))
    origin = Origin("lanes.entente.example", "CO", TOPIC, 0)
    _, (forged,) = Writer(origin).append([b"forged"], SigningKey.generate())
    hostile = publisher._dispatch._connection
    async with Producer(hostile) as producer:
        await producer.send(
            Outgoing(TOPIC, b"CO/0", value) for value in (b"noise", encode_envelope(forged))
        )
    world.lose_disk("CO")
    found = await recover(world.settings, "CO")
    assert found.sizes == {origin: 3}


async def test_what_was_signed_and_never_came_ends_with_its_key(world: World) -> None:
    """A crash in the middle of a batch, and then the disk: the signed size cannot be reached."""
    register = await world.enrol("PE")
    async with world.publisher("PE") as publisher:
        await publisher.publish_all(many("PE", 0, 5))
        whole = await world.said("PE")
        publisher._accept(tuple(many("PE", 5, 4)), Published())
        (lane,) = publisher._outbox.waiting()
        publisher._outbox.seal(lane)
        first, *_ = publisher._outbox.unsent(lane)
        connection = publisher._dispatch._connection
    async with Producer(connection) as producer:
        await producer.send([Outgoing(TOPIC, first.key, first.value, first.headers)])
    world.lose_disk("PE")
    with pytest.raises(ProofError, match="indexes 6 to 8 were signed and are not on the topic"):
        await recover(world.settings, "PE")

    folder = world.settings.party("PE")
    start = clock.now()
    asked = party.rekey(folder, register.network, member("PE"), start=start, secret=None)
    old = files.signing_key(folder / "signing.key").public.raw
    (head,) = {msgspec.structs.astuple(one.envelope)[3] for one in whole}
    believed = {str(lane): Believed(5, _root(head))}
    changed = lifecycle.rekey(register, _asked(asked, register))
    changed = lifecycle.end_signing(changed, "PE", old, why="retired", at=start, believed=believed)
    register = await world.change(changed)
    assert party.adopt(folder, register, "PE", clock.now(), secret=None)
    found = await recover(world.settings, "PE")
    assert found.sizes == {lane: 5}
    async with world.publisher("PE") as publisher:
        again = await publisher.publish_all(many("PE", 0, 9))
        assert (again.accepted, again.known) == (4, 5)
    rows = MemoryRows()
    verdicts = [
        read(record, rows, register, register.network, clock.now())
        async for record in replay(world.box.connection(), TOPIC)
        if record.key == b"PE/0"
    ]
    good = [one for one in verdicts if isinstance(one, Accepted)]
    assert [one.index for one in good] == list(range(9))
    assert len(verdicts) == 10
    assert root_at(rows, lane, 5) == believed[str(lane)].root


def _asked(request: bytes, register: Register) -> Administration:
    return enrolment.read(request, register.network, register).administration


def _root(checkpoint: str) -> bytes:
    return parse(checkpoint).checkpoint.root
