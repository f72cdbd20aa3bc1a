"""Community keys reach every administration, and nobody else can give or take one."""

import itertools
from pathlib import Path

import msgspec
import pytest

from entente.config import Settings
from entente.errors import TrustError, WireError
from entente.proof.key import SigningKey
from entente.publish import community
from entente.seal import community as seal
from entente.trust import files, network, party
from entente.trust.administration import Administration, Role
from entente.trust.register import Register

NOW = 1_790_000_000_000_000


def member(id: str, role: Role = "administration") -> Administration:
    return Administration(id=id, role=role, name=id, home="cis")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Register]:
    home = tmp_path_factory.mktemp("community")
    members = [
        *map(member, ("JP", "FR", "NZ")), member("RILO-AP", "liaison_office"),
        member("CORRELATOR", "correlator"),
    ]  # fmt: skip
    register = network.create(
        home, "test.entente.example", members, now=NOW, secret=None, officers=1, threshold=1
    )
    return Settings(network=register.network, home=home), register


def signer(settings: Settings, id: str) -> SigningKey:
    return files.signing_key(settings.party(id) / "signing.key")


def held(made: tuple[Settings, Register], id: str) -> list[bytes]:
    settings, _ = made
    return [key.key for key in community.load(settings.party(id), id, None)]


def test_one_makes_it_and_every_administration_has_it(
    made: tuple[Settings, Register], tmp_path: Path
) -> None:
    settings, register = made
    away = settings.party("NZ").rename(tmp_path / "NZ")  # another machine
    try:
        here, written = community.create(
            settings, "JP", "2026Q3", tmp_path,
            signer=signer(settings, "JP"), register=register, now=NOW,
        )  # fmt: skip
        assert (here, [path.name for path in written]) == (["FR", "JP"], ["NZ.2026Q3.key"])
        assert community.add(away, "NZ", written[0], register, None) == "2026Q3"
        community.add(away, "NZ", written[0], register, None)
    finally:
        away.rename(settings.party("NZ"))
    assert held(made, "JP") == held(made, "FR") == held(made, "NZ") != []
    for other in ("RILO-AP", "CORRELATOR"):
        assert not (settings.party(other) / "community").exists()
    with pytest.raises(TrustError, match="already"):
        community.create(
            settings, "FR", "2026Q3", tmp_path,
            signer=signer(settings, "FR"), register=register, now=NOW,
        )  # fmt: skip
    with pytest.raises(TrustError, match="liaison office"):
        seal.hand_over(
            seal.epoch_key("2027Q1"), maker="JP", recipient="RILO-AP",
            signer=signer(settings, "JP"), register=register, now=NOW,
        )  # fmt: skip


def test_an_epoch_is_a_quarter_and_its_key_outlives_it() -> None:
    keys = [seal.epoch_key(name) for name in ("2026Q1", "2026Q2", "2026Q3", "2026Q4", "2027Q1")]
    assert all(one.start < other.start < one.until for one, other in itertools.pairwise(keys))
    assert keys[0].start == 1_767_225_600_000_000  # 2026-01-01
    assert keys[0].until > keys[4].start
    for wrong in ("2026Q5", "2026", "Q4", "../2026Q4"):
        with pytest.raises(TrustError, match="name of an epoch"):
            seal.epoch_key(wrong)


def test_nobody_slips_in_a_key(made: tuple[Settings, Register]) -> None:
    """Not another key, not under another's name, not for the correlator, not a changed file."""
    settings, register = made
    keys = {id: party.hpke_keys(settings.party(id), secret=None) for id in ("FR", "CORRELATOR")}
    key = seal.epoch_key("2026Q4")
    good = seal.hand_over(
        key, maker="JP", recipient="FR", signer=signer(settings, "JP"), register=register, now=NOW
    )
    assert seal.receive(good, recipient="FR", keys=keys["FR"], register=register) == key
    for maker, by in (("JP", SigningKey.generate()), ("JP", signer(settings, "NZ")),
                      ("RILO-AP", signer(settings, "RILO-AP"))):  # fmt: skip
        forged = seal.hand_over(
            key, maker=maker, recipient="FR", signer=by, register=register, now=NOW
        )
        with pytest.raises(TrustError):
            seal.receive(forged, recipient="FR", keys=keys["FR"], register=register)
    with pytest.raises(TrustError, match="only administrations"):
        seal.hand_over(
            key, maker="JP", recipient="CORRELATOR", signer=signer(settings, "JP"),
            register=register, now=NOW,
        )  # fmt: skip
    with pytest.raises(TrustError, match="for 'FR'"):
        seal.receive(good, recipient="CORRELATOR", keys=keys["CORRELATOR"], register=register)
    found = msgspec.json.decode(good, type=seal.HandOver)
    for changed in (
        {"wrapped": found.wrapped[:-1] + b"\0"}, {"signature": bytes(64)}, {"epoch": "2027Q4"},
        {"public": bytes(32)}, {"maker": "NZ"},
    ):  # fmt: skip
        data = msgspec.json.encode(msgspec.structs.replace(found, **changed))
        with pytest.raises((TrustError, WireError)):
            seal.receive(data, recipient="FR", keys=keys["FR"], register=register)
    for junk in (b"", b"{}", b"\xff", good[:-3]):
        with pytest.raises(WireError):
            seal.receive(junk, recipient="FR", keys=keys["FR"], register=register)
