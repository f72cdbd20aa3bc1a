"""Grants given, given again, taken back and swept, in the publisher's own store."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest

from entente.alert.handling import Handling
from entente.errors import AlertError, TrustError
from entente.publish import granting, grants, say
from entente.publish.say import Voice
from entente.publish.submission import Submission
from entente.seal.grant import PrivateKeys, open_grant, read_grant
from entente.seal.sealed import new_content_key
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.trust import files, lifecycle, network, party
from entente.trust.administration import Administration, usual_duties
from entente.trust.register import Agreement
from entente.wire import names
from entente.wire.avro import decode
from entente.wire.schemas import latest
from entente.wire.statement import Statement, decode_statement

NOW = 1_790_000_000_000_000
HOUR = 3_600_000_000


class World(NamedTuple):
    home: Path
    voice: Voice
    database: Database

    def keys(self, id: str = "JP") -> PrivateKeys:
        return party.hpke_keys(self.home / "parties" / id, secret=None)

    def say(self, ref: str = "A", version: int = 1, ends: int | None = None) -> tuple[UUID, bytes]:
        """Say a statement with a sealed part; what a publisher does, without the alert."""
        handling = Handling(
            tlp="AMBER", purpose="test", source_grade="A", information_grade=1, expires_at=ends
        )
        about = names.subject_id(self.voice.register.network, "JP", ref)
        id = names.statement_id(about, version, "NEW" if version == 1 else "CORRECTION")
        key = new_content_key()
        with self.database.transaction() as tx:
            s = Submission(1, "JP", ref, "seizure", None, handling, version=version, change="NEW")
            for one in say.statements(s, self.voice, NOW).statements:
                tx.submit(one)
            grants.keep(tx, grants.wrapped(self.voice, grants.To(id, "JP"), key, NOW), handling)
        return about, key

    def said(self) -> list[Statement]:
        """What was said on ``grants``, in order."""
        found = self.database.file.all(
            "SELECT bytes FROM submission WHERE topic = 'grants' ORDER BY seq"
        )
        return [decode_statement(data) for (data,) in found]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("granting")
    members = [
        Administration(id=id, name=id, home="cis", duties=usual_duties("administration", ("cis",)))
        for id in ("JP", "FR", "NZ", "XX")
    ]
    network.create(
        path, "test.entente.example", members, now=NOW, secret=None, officers=1, threshold=1
    )
    return path


@pytest.fixture
def world(home: Path, tmp_path: Path) -> Iterator[World]:
    register = network.open(home, NOW)
    agreements = tuple(
        Agreement(parties=("JP", other), purpose="test", nominal=True, start=NOW)
        for other in ("FR", "NZ")
    )
    register = msgspec.structs.replace(register, agreements=agreements)
    with Database(tmp_path / "outbox.db") as database:
        yield World(home, Voice(register=register, administration="JP"), database)


def test_what_was_said_is_granted_later_and_opens(world: World) -> None:
    about, key = world.say()
    for _ in range(2):
        id = granting.grant(world.database, world.voice, about, "FR", keys=world.keys(), now=NOW)
    (said,) = world.said()
    granted = read_grant(decode(latest("grant"), said.body))
    assert (granted.statement, granted.recipient) == (id.bytes, "FR")
    assert open_grant(granted, world.keys("FR")) == key
    with pytest.raises(TrustError):
        open_grant(granted, world.keys("NZ"))
    with pytest.raises(TrustError, match="No agreement"):
        granting.grant(world.database, world.voice, about, "XX", keys=world.keys(), now=NOW)
    assert world.said() == [said]


def test_a_grant_is_taken_back_and_given_again_under_the_same_subject(world: World) -> None:
    about, key = world.say()
    record = None
    for turn in range(3):
        id = granting.grant(world.database, world.voice, about, "FR", keys=world.keys(), now=NOW)
        record = names.grant_key("JP", id, "FR")
        assert granting.clearing(world.database) == [], "what holds again is not cleared"
        if turn < 2:
            for taken in (1, 0):
                assert taken == granting.ungrant(
                    world.database, world.voice, about, "FR", reason="why not", now=NOW
                )
            assert granting.clearing(world.database) == [record]
    said = world.said()
    assert [(s.version, s.change) for s in said] == [
        (1, "NEW"), (2, "WITHDRAWAL"), (3, "NEW"), (4, "WITHDRAWAL"), (5, "NEW"),
    ]  # fmt: skip
    assert len({s.subject for s in said}) == 1
    assert all(s.body == b"" and s.reason == "why not" for s in said[1::2])
    assert open_grant(read_grant(decode(latest("grant"), said[4].body)), world.keys("FR")) == key


def test_what_was_granted_before_a_theft_is_granted_again_once(world: World) -> None:
    about, key = world.say()
    granting.grant(world.database, world.voice, about, "FR", keys=world.keys(), now=NOW)
    (signing,) = world.voice.member.signing
    for why, said in (("retired", 1), ("compromised", 2)):
        register = lifecycle.end_signing(
            world.voice.register, "JP", signing.public, why=why, at=NOW + HOUR, believed={}
        )
        voice = msgspec.structs.replace(world.voice, register=register)
        for _ in range(2):
            granting.grant(
                world.database, voice, about, "FR", keys=world.keys(), now=NOW + 2 * HOUR
            )
        assert len(world.said()) == said
    last = world.said()[-1]
    assert (last.version, last.change) == (2, "NEW")
    assert open_grant(read_grant(decode(latest("grant"), last.body)), world.keys("FR")) == key


def test_taking_back_from_one_leaves_the_other(world: World) -> None:
    about, _ = world.say()
    for to in ("FR", "NZ"):
        granting.grant(world.database, world.voice, about, to, keys=world.keys(), now=NOW)
    granting.ungrant(world.database, world.voice, about, "FR", reason="x", now=NOW)
    (cleared,) = granting.clearing(world.database)
    assert cleared.endswith(b"/FR")


def test_what_ends_is_swept_once_with_its_key(world: World) -> None:
    soon, _ = world.say("SOON", ends=NOW + HOUR)
    late, _ = world.say("LATE", ends=NOW + 9 * HOUR)
    ever, _ = world.say("EVER")
    for about in (soon, late, ever):
        for to in ("FR", "NZ"):
            granting.grant(world.database, world.voice, about, to, keys=world.keys(), now=NOW)
    assert granting.sweep(world.database, world.voice, NOW + HOUR - 1) == 0
    assert granting.sweep(world.database, world.voice, NOW + HOUR) == 2
    assert granting.sweep(world.database, world.voice, NOW + HOUR) == 0
    assert len(granting.clearing(world.database)) == 2
    with pytest.raises(AlertError, match="nothing to grant"):
        granting.grant(world.database, world.voice, soon, "FR", keys=world.keys(), now=NOW + HOUR)
    granting.grant(world.database, world.voice, late, "FR", keys=world.keys(), now=NOW + HOUR)
    assert granting.sweep(world.database, world.voice, NOW + 99 * HOUR) == 2


@pytest.mark.parametrize("sent", range(5))
def test_what_is_forgotten_unsaid_leaves_grants_as_they_were(world: World, sent: int) -> None:
    """Given, taken back, given, taken back: of these so many were sealed, the rest is forgotten."""
    about, _ = world.say(ends=NOW + HOUR)
    key = files.signing_key(world.home / "parties" / "JP" / "signing.key")
    outbox = Outbox(world.database, key)
    record = b""

    def act(turn: int) -> None:
        nonlocal record
        if turn % 2:
            granting.ungrant(world.database, world.voice, about, "FR", reason="x", now=NOW)
        else:
            id = granting.grant(
                world.database, world.voice, about, "FR", keys=world.keys(), now=NOW
            )
            record = names.grant_key("JP", id, "FR")

    def state() -> object:
        with world.database.transaction() as tx:
            rows = tx.rows(grants.PROJECTION)
            given = [grants._given.decode(row) for _, row in rows.scan(grants.GIVEN)]
            ending = len(list(rows.scan(grants.ENDING)))
        return [(g.version, g.live) for g in given], granting.clearing(world.database), ending

    for turn in range(sent):
        act(turn)
    before = state()
    for origin in outbox.waiting():
        outbox.seal(origin)
    for turn in range(sent, 4):
        act(turn)
    with world.database.transaction() as tx:
        grants.unsay(tx.rows(grants.PROJECTION), outbox.never_sealed(names.GRANTS))
    assert outbox.forget_waiting() == 4 - sent
    assert state() == before
    act(sent)
    ((_, said),) = outbox.never_sealed(names.GRANTS)
    assert decode_statement(said).version == sent + 1


def test_nothing_is_granted_of_what_was_never_said(world: World) -> None:
    with pytest.raises(AlertError, match="said nothing"):
        granting.grant(world.database, world.voice, UUID(int=1), "FR", keys=world.keys(), now=NOW)
    with pytest.raises(AlertError, match="said nothing"):
        granting.ungrant(world.database, world.voice, UUID(int=1), "FR", reason="a slip", now=NOW)
