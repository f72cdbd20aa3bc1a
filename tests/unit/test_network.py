"""A network on disk: made in one go, joined by files, and made again where it was left."""

import stat
from pathlib import Path

import pytest
from msgspec.structs import replace

from entente.errors import EntenteError, FileError, KeyMissing, TrustError
from entente.trust import enrolment, files, lifecycle, metadata, network, party, pki
from entente.trust.administration import Administration
from entente.trust.register import Register

NOW = 1_764_000_000_000_000
DAY = 86_400_000_000
NAME = "demo.entente.example"
JP = Administration(id="JP", name="Japan Customs", country="JP", home="asia-pacific")
FR = Administration(id="FR", name="Douane", country="FR", home="western-europe")
OFFICE = Administration(id="RILO-AP", name="RILO", role="liaison_office", home="asia-pacific")
CORRELATOR = Administration(id="CORRELATOR", name="Correlator", role="correlator")


def create(home: Path, *members: Administration, now: int = NOW) -> Register:
    return network.create(home, NAME, members, now=now, secret=None)


def snapshot(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}


def test_who_reads_goes_on_with_a_register_that_has_expired(tmp_path: Path) -> None:
    """Not one that sees its first; and a newer one counts, expired or not, for it may end keys."""
    home, reader, fresh = tmp_path / "home", tmp_path / "reader", tmp_path / "fresh"
    network.create(home, NAME, [JP], now=NOW, secret=None, officers=1, threshold=1)
    for folder in (reader, fresh):
        files.write(folder / "root.json", network.entries(home)["root/1"])
    party.follow(reader, network.entries(home), NOW)
    later = NOW + network.YEAR // 2
    changed = lifecycle.retire(network.open(home, later), "JP", at=later, believed={})
    network.publish(home, network.sign(home, changed, now=later, secret=None))
    shown, late = network.entries(home), NOW + 2 * network.YEAR
    with pytest.raises(TrustError, match="register 2 expired on"):
        party.follow(fresh, shown, late, reading=True)
    with pytest.raises(TrustError, match="register 2 expired on"):
        party.follow(reader, shown, late)
    found = party.follow(reader, shown, late, reading=True)
    assert (found.version, found.administration("JP").retired) == (2, later)
    assert found.ends == found.expires <= late
    with pytest.raises(TrustError, match="Register 2 has expired"):
        found.unexpired(late)
    with pytest.raises(TrustError, match="register 2 was here before, now only 1"):
        party.follow(reader, {"register/1": shown["register/1"]}, late, reading=True)


def test_all_that_a_demo_needs(tmp_path: Path) -> None:
    register = create(tmp_path, JP, OFFICE, CORRELATOR)
    assert set(register.administrations) == {"JP", "RILO-AP", "CORRELATOR"}
    for id, member in register.administrations.items():
        folder = tmp_path / "parties" / id
        problem = pki.check_certificate(folder / "tls.crt", NOW, ca=folder / "ca.crt", name=id)
        assert problem is None
        assert files.signing_key(folder / "signing.key").public.raw == member.signing[0].public
        (hpke,) = party.hpke_keys(folder, secret=None)
        assert hpke.public_key().public_bytes_raw() == register.hpke_key(id, NOW).public
        assert network.open(tmp_path, NOW, id) == register
    for name in ("broker", "secretariat"):
        crt = tmp_path / name / "tls.crt"
        assert pki.check_certificate(crt, NOW, ca=tmp_path / "network/ca.crt", name=name) is None
    private = list(tmp_path.rglob("*.key"))
    assert len(private) == 3 * 3 + 2 + 5
    assert {stat.S_IMODE(p.stat().st_mode) for p in private} == {0o600}
    assert not [p for p in (tmp_path / "network").rglob("*") if b"PRIVATE" in _read(p)]


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_made_again_it_is_the_same(tmp_path: Path) -> None:
    first = create(tmp_path, JP)
    before = snapshot(tmp_path)
    assert create(tmp_path, JP, now=NOW + DAY) == first
    assert snapshot(tmp_path) == before
    second = create(tmp_path, JP, FR, now=NOW + DAY)
    assert second.version == 2
    after = snapshot(tmp_path)
    assert {k: v for k, v in before.items() if after[k] != v}.keys() == {"network/register.json"}
    with pytest.raises(TrustError, match="holds the network"):
        network.create(tmp_path, "other.example", [JP], now=NOW, secret=None)


class Failing:
    """A disk on which one write fails."""

    def __init__(self, stop: int) -> None:
        self.left = stop
        self.write = files.write

    def __call__(self, path: Path, data: bytes, *, private: bool = False) -> None:
        if self.left == 0:
            raise FileError("the disk is full")
        self.left -= 1
        self.write(path, data, private=private)


def test_a_creation_cut_short_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever write fails, the next run gets to the end, and no published version changes."""
    whole = tmp_path / "whole"
    create(whole, JP, FR)
    writes = len(snapshot(whole))
    real = files.write
    for stop in range(writes):
        home = tmp_path / str(stop)
        monkeypatch.setattr(files, "write", Failing(stop))
        with pytest.raises(FileError):
            create(home, JP, FR)
        monkeypatch.setattr(files, "write", real)
        published = {k: v for k, v in snapshot(home).items() if k.startswith("network/re")}
        register = create(home, JP, FR, now=NOW + 1)
        assert set(register.administrations) == {"JP", "FR"}
        assert published.items() <= snapshot(home).items()
        assert set(snapshot(home)) == set(snapshot(whole))


def test_certificates_are_renewed_before_they_end(tmp_path: Path) -> None:
    create(tmp_path, JP)
    path = tmp_path / "parties/JP/tls.crt"
    old = path.read_bytes()
    late = NOW + 340 * DAY
    what = [ending.what for ending in network.endings(tmp_path, late)]
    assert "certificate parties/JP/tls.crt" in what
    assert "register 1" in what
    create(tmp_path, JP, now=late)
    assert path.read_bytes() != old
    assert pki.check_certificate(path, NOW + 400 * DAY) is None
    publish = network.sign(tmp_path, network.open(tmp_path, late), now=late, secret=None)
    network.publish(tmp_path, publish)
    assert network.endings(tmp_path, late) == ()


def test_enrolment_by_files_between_machines(tmp_path: Path) -> None:
    office, machine = tmp_path / "office", tmp_path / "machine"
    network.found(office, NAME, now=NOW, secret=b"office word", officers=5, threshold=3)
    empty = Register(network=NAME, made=NOW, root=1)
    network.publish(office, network.sign(office, empty, now=NOW, secret=b"office word"))

    request = party.prepare(machine, NAME, FR, now=NOW, secret=b"machine word")
    assert b"PRIVATE KEY" not in request

    register = network.open(office, NOW)
    asked = enrolment.read(request, register.network, register)
    changed = lifecycle.enrol(register, asked.administration)
    network.publish(office, network.sign(office, changed, now=NOW, secret=b"office word"))
    certificate = network.certify(office, request, now=NOW, secret=b"office word")

    party.install(machine, certificate, office / "network")
    assert pki.check_certificate(machine / "tls.crt", NOW, ca=machine / "ca.crt", name="FR") is None
    found = party.follow(machine, network.entries(office), NOW)
    assert found.administration("FR").signing[0].public == (
        files.signing_key(machine / "signing.key", b"machine word").public.raw
    )
    for key in (*machine.glob("*.key"), *(office / "secretariat").glob("*.key")):
        assert b"ENCRYPTED" in key.read_bytes()
    with pytest.raises(KeyMissing):
        network.sign(office, found, now=NOW, secret=None)


def test_no_certificate_for_who_is_not_enrolled(tmp_path: Path) -> None:
    create(tmp_path, JP)
    request = party.prepare(tmp_path / "x", NAME, FR, now=NOW, secret=None)
    with pytest.raises(EntenteError, match="not enrolled"):
        network.certify(tmp_path, request, now=NOW, secret=None)
    false = party.prepare(tmp_path / "y", NAME, JP, now=NOW, secret=None)
    with pytest.raises(TrustError, match="knows no good key of JP"):
        network.certify(tmp_path, false, now=NOW, secret=None)
    gone = lifecycle.retire(network.open(tmp_path, NOW), "JP", at=NOW, believed={})
    network.publish(tmp_path, network.sign(tmp_path, gone, now=NOW, secret=None))
    own = party.prepare(tmp_path / "parties/JP", NAME, JP, now=NOW, secret=None)
    with pytest.raises(TrustError, match="knows no good key of JP"):
        network.certify(tmp_path, own, now=NOW, secret=None)


def test_new_keys_come_into_use_when_the_register_lists_them(tmp_path: Path) -> None:
    register = create(tmp_path, JP)
    folder = tmp_path / "parties" / "JP"
    before = files.signing_key(folder / "signing.key")
    start = NOW + DAY
    request = party.rekey(folder, NAME, JP, start=start, secret=None)
    assert not party.adopt(folder, register, "JP", start, secret=None)
    asked = enrolment.read(request, NAME, register)
    changed = lifecycle.rekey(register, asked.administration)
    network.publish(tmp_path, network.sign(tmp_path, changed, now=NOW, secret=None))
    register = network.open(tmp_path, NOW, "JP")
    assert not party.adopt(folder, register, "JP", start - 1, secret=None)
    assert files.signing_key(folder / "signing.key").seed == before.seed
    old_hpke = party.hpke_keys(folder, secret=None)
    assert party.adopt(folder, register, "JP", start, secret=None)
    assert not party.adopt(folder, register, "JP", start, secret=None)
    now_used = files.signing_key(folder / "signing.key").public.raw
    assert now_used == register.administration("JP").signing[-1].public
    hpke = party.hpke_keys(folder, secret=None)
    assert hpke[0].public_key().public_bytes_raw() == register.hpke_key("JP", start).public
    assert hpke[1].private_bytes_raw() == old_hpke[0].private_bytes_raw()


def test_no_key_is_less_protected_than_those_beside_it(tmp_path: Path) -> None:
    party.prepare(tmp_path, NAME, JP, now=NOW, secret=b"known to few")
    before = {path: path.read_bytes() for path in tmp_path.glob("*")}
    assert all(files.encrypted(path) for path in before)
    for make in (
        lambda: party.rekey(tmp_path, NAME, JP, start=NOW, secret=None),
        lambda: party.signing_or_new(tmp_path / "witness.key", None),
        lambda: party.tls_or_new(tmp_path / "other.key", None),
    ):
        with pytest.raises(KeyMissing, match="no passphrase for the new key"):
            make()
    assert {path: path.read_bytes() for path in tmp_path.glob("*")} == before


def test_a_member_remembers_what_it_was_shown(tmp_path: Path) -> None:
    create(tmp_path, JP)
    first = network.entries(tmp_path)
    create(tmp_path, JP, FR)
    network.open(tmp_path, NOW, "JP")
    kept = snapshot(tmp_path / "parties/JP")
    (tmp_path / "network/register/2.json").unlink()
    assert network.entries(tmp_path) == first
    with pytest.raises(TrustError, match="was here before"):
        network.open(tmp_path, NOW, "JP")
    assert snapshot(tmp_path / "parties/JP") == kept


def test_the_root_is_rotated(tmp_path: Path) -> None:
    create(tmp_path, JP)
    network.open(tmp_path, NOW, "JP")
    office = tmp_path / "secretariat"
    officers = [files.signing_key(office / f"officer-{n}.key") for n in (2, 3)]
    fresh = party.signing_or_new(office / "officer-4.key", None)
    registrar = files.signing_key(office / "registrar.key")
    root = metadata.root_document(
        NAME,
        2,
        NOW + 1000 * DAY,
        officers=[key.public for key in (*officers, fresh)],
        threshold=2,
        registrars=[registrar.public],
    )
    with pytest.raises(TrustError, match="too few signatures"):
        network.publish(tmp_path, metadata.sign(root, fresh))
    for key in officers:
        root = metadata.sign(root, key)
    network.publish(tmp_path, root)
    assert network.open(tmp_path, NOW, "JP").version == 1
    assert metadata.parse((tmp_path / "parties/JP/root.json").read_bytes()).version == 2


def test_one_version_is_published_once(tmp_path: Path) -> None:
    register = create(tmp_path, JP)
    same = (tmp_path / "network/register/1.json").read_bytes()
    network.publish(tmp_path, same)
    other = metadata.sign(
        replace(register, made=NOW + 5).document(),
        files.signing_key(tmp_path / "secretariat/registrar.key"),
    )
    with pytest.raises(TrustError, match="another register 1"):
        network.publish(tmp_path, other)
    unsigned = replace(register, version=2).document()
    with pytest.raises(TrustError, match="too few signatures"):
        network.publish(tmp_path, unsigned)


def test_there_must_be_a_network(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no network at"):
        network.open(tmp_path, NOW)
    with pytest.raises(TrustError, match="not a network's name"):
        network.create(tmp_path, "Not A Name/", [], now=NOW, secret=None)
