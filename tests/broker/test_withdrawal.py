"""From a hit to a withdrawal, on a real broker: each step reaches whom it must, and no one else."""

import asyncio
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from tests.broker.whole import Whole, eventually, member, whole

from entente import clock
from entente.alert.handling import Handling
from entente.alert.record import (
    Address,
    Event,
    Goods,
    Leg,
    Nominal,
    Party,
    Route,
    Seizure,
    Shop,
    Text,
)
from entente.coordinate import received
from entente.coordinate.hits import Hit, hits
from entente.correlate.views import service as correlator
from entente.office import service as office
from entente.office.evidence import export
from entente.office.follow import read_heads
from entente.office.item import Item
from entente.office.opening import NOT_GRANTED, Opener
from entente.office.selection import Asked
from entente.publish import community, receipts
from entente.publish.publisher import Publisher
from entente.trust import files, network
from entente.trust.register import Agreement

HANDLING = Handling(tlp="AMBER", purpose="test", source_grade="A", information_grade=1)
WHO = Nominal(
    parties=(
        Party(
            role="consignor", name="Hengda Bright Trading Co., Ltd.",
            address=Address(street="Nguyen Hue", number="12", postcode="70000", country="VN"),
            phones=("+84 28 3829 1234",), emails=("sales@hengda-bright.example",),
            tax_ids=("0312345678",), shops=(Shop(platform="shopnow.example", seller="hbt-outlet"),),
        ),
    ),
)  # fmt: skip
SECRETS = (b"Hengda", b"38291234", b"hengda-bright", b"0312345678", b"hbt-outlet")


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    members = [
        member("JP", "administration", "asia-pacific"),
        member("NZ", "administration", "asia-pacific"),
        member("RILO-AP", "liaison_office", "asia-pacific"),
        member("CORRELATOR", "correlator"),
    ]
    with whole(tmp_path_factory.mktemp("hits"), members) as found:
        now = clock.now()
        community.create(
            found.settings, "JP", epoch(), Path("unused"),
            signer=files.signing_key(found.settings.party("JP") / "signing.key"),
            register=found.register, now=now,
        )  # fmt: skip
        yield found


def publisher(net: Whole, id: str) -> Publisher:
    """A publisher whose register lets all share names."""
    found = Publisher(id, net.settings)
    agreements = tuple(
        Agreement(parties=pair, purpose="test", nominal=True, start=clock.now())
        for pair in (("JP", "NZ"), ("JP", "RILO-AP"), ("NZ", "RILO-AP"))
    )
    register = msgspec.structs.replace(found.voice.register, agreements=agreements)
    found.voice = msgspec.structs.replace(found.voice, register=register)
    return found


def seizure(issuer: str, n: int) -> Seizure:
    day = datetime.fromtimestamp(clock.now() / 1_000_000, UTC).date().isoformat()
    return Seizure(
        national_ref=f"{issuer}-{n}",
        event=Event(date=day),
        route=Route(departure=Leg(country="VN"), location=Leg(country=issuer)),
        goods=(Goods(group="drugs", description=Text(text="ketamine")),),
        nominal=WHO,
    )


def head(net: Whole, reader: str, subject: UUID) -> Item:
    folder = net.settings.party(reader)
    opener = Opener(folder, None)
    (found,) = (one for one in read_heads(folder, opener=opener) if one.subject == subject)
    return found


async def found_hits(net: Whole, reader: str) -> list[Hit]:
    await net.caught_up(received.run, reader)
    proposals = received.read(net.settings.party(reader))
    return hits((one.proposal for one in proposals), reader)


async def test_from_a_hit_to_a_withdrawal(net: Whole) -> None:
    said: dict[str, list[UUID]] = {}
    for issuer in ("JP", "NZ"):
        async with publisher(net, issuer) as publishing:
            said[issuer] = [
                await publishing.publish(seizure(issuer, n), HANDLING, recipients=("RILO-AP",))
                for n in range(2)
            ]
    # A hit, and nothing shown: neither to the correlator, nor in what it says, nor on any topic.
    await net.caught_up(correlator.run, "CORRELATOR")
    records = await net.records("alerts.asia-pacific", "proposals.asia-pacific", "grants")
    assert not [r for r in records for secret in SECRETS if secret in (r.value or b"")]
    for ours, them in (("JP", "NZ"), ("NZ", "JP")):
        told = await found_hits(net, ours)
        assert {hit.them for hit in told} == {them}
        assert {hit.ours for hit in told} == set(said[ours])
        assert all("phone.1" in hit.shared for hit in told)
    ((case,),) = [{hit.case for hit in told}]
    assert not (net.settings.party("CORRELATOR") / "community").exists()

    # One of the two releases one alert; the other opens that one alone.
    await net.caught_up(office.run, "NZ")
    assert head(net, "NZ", said["JP"][0]).closed == NOT_GRANTED
    async with publisher(net, "JP") as jp:
        await jp.grant(said["JP"][0], "NZ")
    await net.caught_up(office.run, "NZ")
    assert head(net, "NZ", said["JP"][0]).nominal == WHO
    assert head(net, "NZ", said["JP"][1]).closed == NOT_GRANTED

    # A correction without the names, and a withdrawal: they reach inbox, case, proposal, export.
    async with publisher(net, "JP") as jp:
        bare = msgspec.structs.replace(seizure("JP", 0), nominal=None)
        await jp.correct(bare, HANDLING, version=2, reason="another firm")
        await jp.withdraw("JP-1", HANDLING, version=2, reason="no seizure")
    for reader in ("NZ", "RILO-AP"):
        await net.caught_up(office.run, reader)
        corrected, withdrawn = (head(net, reader, subject) for subject in said["JP"])
        assert (corrected.version, corrected.sealed, corrected.nominal) == (2, False, None)
        assert (withdrawn.change, withdrawn.alert, withdrawn.sealed) == ("WITHDRAWAL", None, False)
    await net.caught_up(correlator.run, "CORRELATOR")
    assert await found_hits(net, "NZ") == await found_hits(net, "JP") == []
    (before,) = (p for p in received.read(net.settings.party("NZ")) if p.proposal.case == case)
    named = {alert.subject for alert in before.proposal.alerts}
    assert not named.intersection(map(str, said["JP"]))
    exported = io.BytesIO()
    done = export(
        net.settings.party("RILO-AP"), net.register.administration("RILO-AP"), net.register,
        network.entries(net.settings.home), Asked(subjects=(str(said["JP"][1]),)),
        file=exported, made_at=clock.now(),
    )  # fmt: skip
    assert done.manifest.records == 2, "who gets the alert gets its withdrawal"

    # And the originator sees who has followed.
    async with (
        net.at_work(receipts.run, "JP"),
        net.at_work(office.run, "RILO-AP", receipts_every=0.3),
    ):
        await eventually(lambda: "withdrawn" in acts(net, said["JP"][1])["RILO-AP"])


async def test_the_commands_say_the_same(net: Whole) -> None:
    async with publisher(net, "JP") as jp:
        subject = await jp.publish(seizure("JP", 7), HANDLING, recipients=("RILO-AP",))
    status = await printed(net, 0, "status", "JP-7", "--as", "JP", "--json")
    assert [one["reader"] for one in json.loads(status)["readers"]] == ["NZ", "RILO-AP"]
    tail = await printed(net, 0, "tail", "--as", "RILO-AP", "--open", "--no-follow", "--json")
    (opened,) = (one for line in tail.splitlines() if (one := json.loads(line))["subject"]
                 == str(subject))  # fmt: skip
    assert opened["nominal"]["parties"][0]["name"] == "Hengda Bright Trading Co., Ltd."
    assert "No agreement" in await printed(net, 77, "grant", "JP-7", "--as", "JP", "--to", "NZ")
    taken = await printed(net, 0, "ungrant", str(subject), "--as", "JP", "--to", "RILO-AP")
    assert taken == "1 grant of JP-7 to RILO-AP taken back\n"
    assert await printed(net, 0, "sweep", "--as", "JP") == "0 grants taken back\n"
    assert "hit" in await printed(net, 64, "release", "no-case", "--as", "NZ", "--to", "JP")
    second = ("community", "create", "--as", "NZ", "--epoch", epoch())
    assert "already" in await printed(net, 77, *second)


async def printed(net: Whole, code: int, *arguments: str) -> str:
    """What a command prints, which must end with this code."""
    (net.settings.home / f"{arguments[0]}.out").unlink(missing_ok=True)
    running = net.command(*arguments)
    assert await asyncio.to_thread(running.wait) == code, net.printed(arguments[0])
    return (net.settings.home / f"{arguments[0]}.out").read_text("utf-8")


def epoch() -> str:
    """The quarter that it is now."""
    today = datetime.fromtimestamp(clock.now() / 1_000_000, UTC)
    return f"{today.year}Q{(today.month + 2) // 3}"


def acts(net: Whole, subject: UUID) -> dict[str, tuple[str, ...]]:
    """What readers have acknowledged of the version that holds."""
    newest = receipts.status(net.settings.party("JP"), net.register, subject)[0]
    return {standing.reader: standing.acts for standing in newest.readers}
