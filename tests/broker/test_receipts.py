"""Receipts on a real broker: the originator sees who has an alert, who read it, and who has not."""

import asyncio
from functools import partial
from uuid import UUID

from tests.broker.test_office import HANDLING, seizure
from tests.broker.whole import Whole, eventually

from entente.alert.receipt import Receipt
from entente.office import service
from entente.office.follow import store
from entente.office.receipts import STORE
from entente.office.subscriber import Subscriber
from entente.publish import receipts
from entente.publish.publisher import Publisher
from entente.publish.receipts import Status

OFFICE, OTHER = "RILO-AP", "RILO-ME"
BOTH = ("asia-pacific", "middle-east")
office = partial(service.run, receipts_every=0.3)


def statuses(net: Whole, subject: UUID) -> list[Status]:
    return receipts.status(net.settings.party("JP"), net.register, subject)


def acts(net: Whole, subject: UUID, version: int = 1) -> dict[str, tuple[str, ...]]:
    """What the readers of a version have acknowledged."""
    (one,) = (s for s in statuses(net, subject) if s.version == version)
    return {standing.reader: standing.acts for standing in one.readers}


async def test_the_originator_sees_who_has_read_and_who_has_not(net: Whole) -> None:
    async with Publisher("JP", net.settings) as jp:
        subject = await jp.publish(seizure("REC-1"), HANDLING, regions=BOTH)
        limited = await jp.publish(
            seizure("REC-2"), HANDLING, regions=BOTH, audience_administrations=(OTHER,)
        )
        after = await jp.publish(seizure("REC-3"), HANDLING)
    assert acts(net, subject) == {OFFICE: (), OTHER: (), "NZ": ()}
    async with net.at_work(receipts.run, "JP"), net.at_work(office, OFFICE):
        await eventually(lambda: acts(net, subject)[OFFICE] == ("delivered",))
        assert acts(net, subject)[OTHER] == ()
        assert acts(net, limited) == {OTHER: ()}
        async with Subscriber(OFFICE, net.settings, name="receipts") as alerts:
            async for one in alerts:
                if one.subject == after:  # what is handed out is done when the next is asked for
                    break
            await eventually(lambda: "read" in acts(net, subject)[OFFICE])
        async with Publisher("JP", net.settings) as jp:
            await jp.withdraw("REC-1", HANDLING, version=2, reason="mistaken", regions=BOTH)
        await eventually(lambda: acts(net, subject, 2)[OFFICE] == ("delivered", "withdrawn"))
        assert acts(net, subject, 2)[OTHER] == ()


async def test_what_a_person_was_shown_is_read_unless_some_was_left_out(net: Whole) -> None:
    async with Publisher("JP", net.settings) as jp:
        subject = await jp.publish(seizure("REC-5"), HANDLING, regions=BOTH)

    async def shown(*options: str) -> None:
        command = net.command("tail", "--as", OTHER, "--no-follow", *options)
        assert await asyncio.to_thread(command.wait, 100) == 0, net.printed("tail")

    async with net.at_work(receipts.run, "JP"):
        await shown("--text", "shoes")
        async with net.at_work(office, OTHER):
            await eventually(lambda: acts(net, subject)[OTHER] == ("delivered",))
        await shown()
        async with net.at_work(office, OTHER):
            await eventually(lambda: acts(net, subject)[OTHER] == ("delivered", "read"))


async def test_receipts_cost_little_and_are_said_once(net: Whole) -> None:
    async with Publisher("JP", net.settings) as jp:
        subjects = [await jp.publish(seizure(f"REC-3-{n}"), HANDLING, regions=("middle-east",))
                    for n in range(40)]  # fmt: skip
    last = subjects[-1]
    async with net.at_work(receipts.run, "JP"), net.at_work(office, OTHER):
        await eventually(lambda: bool(acts(net, last)[OTHER]))
    said = await receipt_statements(net, OTHER)
    assert 0 < len(said) < 20
    before = {one.lanes for one in said}
    # The inbox is deleted, as any projection may be, and read anew: nothing new is said.
    for path in net.settings.party(OTHER).glob(f"{store(net.settings.party(OTHER)).name}*"):
        path.unlink()
    await net.caught_up(office, OTHER)
    async with net.at_work(office, OTHER), Publisher("JP", net.settings) as jp:
        newest = await jp.publish(seizure("REC-4"), HANDLING, regions=("middle-east",))
        async with net.at_work(receipts.run, "JP"):
            await eventually(lambda: bool(acts(net, newest)[OTHER]))
    later = {one.lanes for one in await receipt_statements(net, OTHER)} - before
    (only,) = (lane for lanes in later for lane in lanes)
    assert sum(one.last - one.first + 1 for one in only.delivered) == 1
    assert (net.settings.party(OTHER) / STORE).exists()


async def receipt_statements(net: Whole, reader: str) -> list[Receipt]:
    """What a reader has said, verified."""
    found = await net.said(*(f"receipts.{region}" for region in BOTH))
    return [
        one.body
        for one in found.values()
        if one.statement.issuer == reader and isinstance(one.body, Receipt)
    ]
