"""Sealed names on a real broker: granted, opened, taken back, swept; and said to some alone."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource
from tests.broker.test_office import came, seizure
from tests.broker.whole import Whole, eventually

from entente import clock
from entente.alert.handling import Handling
from entente.alert.record import Nominal, Person
from entente.bus import admin
from entente.bus.arrivals import Cursor
from entente.bus.membership import announce
from entente.bus.producer import Outgoing, Producer
from entente.config import Settings
from entente.errors import AlertError, StoreBusy, TrustError
from entente.office import service
from entente.office.follow import read_heads, read_new, store
from entente.office.item import Item
from entente.office.lanes import own_lanes
from entente.office.opening import ENDED, NOT_GRANTED, Closed, Opener
from entente.office.subscriber import Subscriber
from entente.publish import grants, sweeping
from entente.publish.desk import OUTBOX
from entente.publish.publisher import Publisher
from entente.store.database import Database
from entente.trust import enrolment, files, lifecycle, network, party
from entente.trust.administration import Believed
from entente.trust.register import Agreement, Register
from entente.wire.names import grant_key, statement_id

HANDLING = Handling(tlp="AMBER", purpose="test", source_grade="A", information_grade=1)
WHO = Nominal(persons=(Person(name="Jane Roe", phones=("+81 3 1234 5678",)),))
OFFICE, OTHER = "RILO-AP", "RILO-ME"
BOTH = ("asia-pacific", "middle-east")


def publisher(net: Whole, settings: Settings | None = None) -> Publisher:
    """JP, in a register where it may share names with both offices."""
    found = Publisher("JP", settings or net.settings)
    agreements = tuple(
        Agreement(parties=("JP", office), purpose="test", nominal=True, start=clock.now())
        for office in (OFFICE, OTHER)
    )
    register = msgspec.structs.replace(found.voice.register, agreements=agreements)
    found.voice = msgspec.structs.replace(found.voice, register=register)
    return found


def head(net: Whole, subject: UUID, office: str = OFFICE) -> Item | None:
    """What an office reads of a subject now, names opened."""
    folder = net.settings.party(office)
    opener = Opener(folder, None)
    return next((i for i in read_heads(folder, opener=opener) if i.subject == subject), None)


def names(net: Whole, subject: UUID, office: str = OFFICE) -> Nominal | str | None:
    """The names an office reads, or why not."""
    one = head(net, subject, office)
    return None if one is None else one.nominal or one.closed


async def on_topic(net: Whole, subject: UUID, office: str, version: int = 1) -> list[bytes | None]:
    """What the topic has under the key of a grant; None for a tombstone."""
    id = statement_id(subject, version, "NEW" if version == 1 else "CORRECTION")
    key = grant_key("JP", id, office)
    return [record.value for record in await net.records("grants") if record.key == key]


@pytest.fixture(autouse=True)
async def offices(net: Whole) -> AsyncIterator[None]:
    async with (
        net.at_work(service.run, OFFICE, refresh=0.5),
        net.at_work(service.run, OTHER, refresh=0.5),
    ):
        stores = [store(net.settings.party(office)) for office in (OFFICE, OTHER)]
        await eventually(lambda: all(path.exists() for path in stores))
        yield


async def test_names_open_for_who_is_granted_and_until_it_is_taken_back(net: Whole) -> None:
    async with publisher(net) as jp:
        subject = await jp.publish(
            msgspec.structs.replace(seizure("SEAL-1"), nominal=WHO), HANDLING,
            regions=BOTH, recipients=(OFFICE,),
        )  # fmt: skip
        await eventually(lambda: names(net, subject) == WHO)
        await eventually(lambda: names(net, subject, OTHER) == NOT_GRANTED)
        closed, cursor = Closed(), Cursor()
        folder, opener = net.settings.party(OTHER), Opener(net.settings.party(OTHER), None)
        seen = read_new(folder, cursor, 10_000, opener=opener, closed=closed)
        assert any(one.subject == subject and one.nominal is None for one in seen)

        await jp.grant(subject, OTHER)
        await eventually(lambda: names(net, subject, OTHER) == WHO)
        (again,) = read_new(folder, cursor, opener=opener, closed=closed)
        assert (again.subject, again.nominal) == (subject, WHO)
        with pytest.raises(TrustError, match="No agreement"):
            await jp.grant(subject, "FR")

        assert await jp.ungrant(subject, OFFICE, "no longer needed") == 1
        await eventually(lambda: names(net, subject) == NOT_GRANTED)
        assert names(net, subject, OTHER) == WHO
        given, withdrawn, cleared = await on_topic(net, subject, OFFICE)
        assert None not in (given, withdrawn)
        assert cleared is None
        assert len(await on_topic(net, subject, OTHER)) == 1


async def test_a_stranger_with_the_right_to_write_cannot_take_a_grant_back(net: Whole) -> None:
    async with publisher(net) as jp:
        subject = await jp.publish(
            msgspec.structs.replace(seizure("SEAL-2"), nominal=WHO), HANDLING, recipients=(OFFICE,)
        )
        marker = await jp.publish(
            msgspec.structs.replace(seizure("SEAL-3"), nominal=WHO), HANDLING, recipients=(OFFICE,)
        )
    await eventually(lambda: names(net, subject) == WHO)
    async with Producer(net.root) as producer:
        key = grant_key("JP", statement_id(subject, 1, "NEW"), OFFICE)
        await producer.send([Outgoing("grants", key, None), Outgoing("grants", key, b"\xc3\x01")])
    async with publisher(net) as jp:
        await jp.ungrant(marker, OFFICE, "to see that all before was read")
    await eventually(lambda: names(net, marker) == NOT_GRANTED)
    assert names(net, subject) == WHO


@pytest.mark.parametrize("who", ["an open publisher", "the office of the same member"])
async def test_what_ends_is_swept_without_being_asked(net: Whole, who: str) -> None:
    soon = msgspec.structs.replace(HANDLING, expires_at=clock.now() + 3_600_000_000)
    async with publisher(net) as jp:
        subject = await jp.publish(
            msgspec.structs.replace(seizure(f"SEAL-4 {who}"), nominal=WHO), soon,
            recipients=(OFFICE,),
        )  # fmt: skip
        await eventually(lambda: names(net, subject) == WHO)
        # Its reader keeps the time that was set, should the issuer never withdraw anything.
        later = Opener(net.settings.party(OFFICE), None, now=lambda: soon.expires_at or 0)
        heads = read_heads(net.settings.party(OFFICE), opener=later)
        (one,) = (item for item in heads if item.subject == subject)
        assert (one.nominal, one.closed) == (None, ENDED)
        assert await jp.sweep() == 0

    def come() -> bool:
        """The statement's own time must be now, or readers hold it back; only what is due moves."""
        try:
            database = Database(net.settings.party("JP") / OUTBOX)
        except StoreBusy:
            return False
        with database as outbox, outbox.transaction() as tx:
            rows = tx.rows(grants.PROJECTION)
            for key, value in list(rows.scan(grants.ENDING)):
                rows.delete(grants.ENDING, key)
                rows.put(grants.ENDING, (1).to_bytes(8, "big") + key[8:], value)
        return True

    async def cleared() -> bool:
        return (await on_topic(net, subject, OFFICE))[-1] is None

    if who == "an open publisher":
        assert come()
        async with Publisher("JP", net.settings, tend=0.2):
            await eventually(cleared)
    else:
        async with net.at_work(sweeping.run, "JP", every=0.2):
            await asyncio.sleep(2)  # the look at the start comes first, and finds nothing
            await eventually(come)
            await eventually(cleared)
    await eventually(lambda: names(net, subject) == NOT_GRANTED)
    async with publisher(net) as jp:
        with pytest.raises(AlertError, match="nothing to grant"):
            await jp.grant(subject, OFFICE)


async def test_after_a_lost_disk_what_ends_is_swept_from_the_topic(net: Whole) -> None:
    soon = msgspec.structs.replace(HANDLING, expires_at=clock.now() + 3_600_000_000)
    async with publisher(net) as jp:
        subject = await jp.publish(
            msgspec.structs.replace(seizure("SEAL-8"), nominal=WHO), soon, recipients=(OFFICE,)
        )
        await jp.grant(subject, OTHER)
        await jp.ungrant(subject, OTHER, "not theirs")
        with jp._desk.outbox.transaction() as tx:
            rows = tx.rows(grants.PROJECTION)
            for table in (grants.KEPT, grants.GIVEN, grants.ENDING, grants.CLEARING):
                for key, _ in list(rows.scan(table)):
                    rows.delete(table, key)
        with pytest.raises(AlertError, match="nothing to grant"):
            await jp.grant(subject, OTHER)
        assert await jp.sweep() == 0
        with jp._desk.outbox.transaction() as tx:
            id = statement_id(subject, 1, "NEW")
            (due,) = grants.sweep(tx, jp.voice, soon.expires_at or 0)
            assert due.key == grant_key("JP", id, OFFICE)
            tx.submit(due)
        await jp.flush()
        assert (await on_topic(net, subject, OFFICE))[-1] is None


async def test_a_correction_and_a_withdrawal_end_what_was_granted_before(net: Whole) -> None:
    other = Nominal(persons=(Person(name="John Roe"),))
    async with publisher(net) as jp:
        alert = msgspec.structs.replace(seizure("SEAL-6"), nominal=WHO)
        subject = await jp.publish(alert, HANDLING, recipients=(OFFICE,))
        await eventually(lambda: names(net, subject) == WHO)
        await jp.correct(
            msgspec.structs.replace(alert, nominal=other), HANDLING,
            version=2, reason="another person", recipients=(OFFICE,),
        )  # fmt: skip
        await eventually(lambda: names(net, subject) == other)
        assert (await on_topic(net, subject, OFFICE))[-1] is None
        await jp.withdraw("SEAL-6", HANDLING, version=3, reason="not seized")
        assert (await on_topic(net, subject, OFFICE, 2))[-1] is None
        await eventually(lambda: (found := head(net, subject)) is not None and not found.sealed)
        with pytest.raises(AlertError, match="withdrawn"):
            await jp.grant(subject, OFFICE)


async def test_a_subscriber_is_handed_the_names_it_was_granted(net: Whole) -> None:
    async with publisher(net) as jp:
        subject = await jp.publish(
            msgspec.structs.replace(seizure("SEAL-7"), nominal=WHO), HANDLING, recipients=(OFFICE,)
        )
    await eventually(lambda: names(net, subject) == WHO)
    async with Subscriber(OFFICE, net.settings, name=None, open_names=True) as alerts:
        async for one in alerts:
            if one.subject == subject:
                assert one.nominal == WHO
                break


async def test_what_is_said_to_others_is_not_there(net: Whole) -> None:
    async with publisher(net) as jp:
        hidden = await jp.publish(
            seizure("AUD-1"), HANDLING, regions=("asia-pacific",), audience_administrations=(OTHER,)
        )
        by_region = await jp.publish(
            seizure("AUD-2"), HANDLING, regions=BOTH, audience_regions=("middle-east",)
        )
        mine = await jp.publish(
            seizure("AUD-3"), HANDLING, regions=BOTH, audience_administrations=(OFFICE,)
        )
    await eventually(lambda: bool(came(net, OFFICE, [mine])))
    assert not came(net, OFFICE, [hidden])
    assert len(came(net, OFFICE, [by_region])) == 1, "it is of that region too"
    await eventually(lambda: bool(came(net, OTHER, [by_region])))
    assert not came(net, OTHER, [mine])
    assert head(net, mine, OTHER) is None


async def test_what_was_cleared_is_gone_from_the_brokers_disk(net: Whole) -> None:
    """The topic's own rule does it within an hour; here that hour is made short."""
    async with publisher(net) as jp:
        subject = await jp.publish(
            msgspec.structs.replace(seizure("SEAL-9"), nominal=WHO), HANDLING, recipients=(OFFICE,)
        )
        kept = await jp.publish(
            msgspec.structs.replace(seizure("SEAL-10"), nominal=WHO), HANDLING, recipients=(OFFICE,)
        )
        (given,) = await on_topic(net, subject, OFFICE)
        await jp.ungrant(subject, OFFICE, "no longer needed")
        rule = ConfigResource(ConfigResource.Type.TOPIC, "grants")
        for name, value in (("max.compaction.lag.ms", "1000"), ("min.cleanable.dirty.ratio", "0")):
            rule.add_incremental_config(
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            )
        client = admin.client(net.root)
        (done,) = client.incremental_alter_configs([rule]).values()
        admin.result(done, "shortening the hour")
        await asyncio.sleep(1.1)
        await jp.grant(subject, OTHER)  # the next record lets the broker close its file

    async def gone() -> bool:
        return given not in await on_topic(net, subject, OFFICE)

    await eventually(gone)
    assert len(await on_topic(net, kept, OFFICE)) == 1
    logs = (net.settings.home / "broker").rglob("grants-0/*.log")
    assert given is not None
    assert not [path for path in logs if given in path.read_bytes()]


async def test_what_a_thief_has_granted_is_taken_back_and_said_again(
    net: Whole, tmp_path: Path
) -> None:
    """The last test here: JP's first key ends with it."""
    home, folder = net.settings.home, net.settings.party("JP")
    async with publisher(net) as jp:
        shared = await jp.publish(
            msgspec.structs.replace(seizure("SEAL-11"), nominal=WHO), HANDLING, recipients=(OFFICE,)
        )
        hidden = await jp.publish(
            msgspec.structs.replace(seizure("SEAL-12"), nominal=WHO), HANDLING,
            regions=BOTH, recipients=(OFFICE,),
        )  # fmt: skip
    await eventually(lambda: names(net, shared) == WHO == names(net, hidden))
    believed = {
        one.lane: Believed(one.size, one.root) for one in own_lanes(folder / OUTBOX) if one.size
    }

    stolen = tmp_path / "stolen"
    shutil.copytree(home, stolen, ignore=shutil.ignore_patterns("broker", "inbox.*"))
    async with publisher(net, msgspec.structs.replace(net.settings, home=stolen)) as thief:
        await thief.grant(hidden, OTHER)
        await thief.ungrant(shared, OFFICE, "a lie")
    await eventually(lambda: names(net, hidden, OTHER) == WHO)
    await eventually(lambda: names(net, shared) == NOT_GRANTED)

    async def change(register: Register) -> Register:
        network.publish(home, network.sign(home, register, now=clock.now(), secret=None))
        await announce(net.root, network.entries(home))
        return network.open(home, clock.now())

    old = files.signing_key(folder / "signing.key").public.raw
    now = clock.now()
    register = await change(
        lifecycle.end_signing(
            network.open(home, now), "JP", old, why="compromised", at=now, believed=believed
        )
    )
    await eventually(lambda: names(net, hidden, OTHER) == NOT_GRANTED)
    assert names(net, hidden) == WHO, "that was granted before"
    assert names(net, shared) == NOT_GRANTED, "its key was forgotten here, as the thief demanded"

    me = msgspec.structs.replace(register.administration("JP"), signing=(), hpke=())
    asked = party.rekey(folder, register.network, me, start=clock.now(), secret=None)
    found = enrolment.read(asked, register.network).administration  # people made sure
    register = await change(lifecycle.rekey(register, found))
    assert party.adopt(folder, register, "JP", clock.now(), secret=None)
    async with publisher(net) as jp:
        await jp.grant(shared, OFFICE)
    await eventually(lambda: names(net, shared) == WHO)
    assert names(net, hidden, OTHER) == NOT_GRANTED
