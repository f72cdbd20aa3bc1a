"""Exports: what goes in, what stays, what is proven, and what hostile files come to."""

import io
import subprocess
import sys
import tracemalloc
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from entente import clock
from entente.alert.handling import Handling
from entente.cli.main import main
from entente.errors import InputError
from entente.office import selection
from entente.office.filter import Filter
from entente.office.selection import Asked
from entente.proof.merkle import head
from entente.trust import files, lifecycle
from entente.trust import network as networks
from entente.trust.administration import Believed
from entente.trust.archive import ArchiveReader, ArchiveWriter, Damaged
from entente.trust.evidence import verify
from entente.trust.findings import Report
from entente.trust.manifest import Gap
from entente.wire.names import subject_id
from entente.wire.statement import Audience
from exporting import (
    AMBER,
    DAY,
    NETWORK,
    NOW,
    OFFICE,
    TOPIC,
    Lanes,
    Trust,
    exported,
    key,
    member,
    network,
    receive,
    seizure,
)

RED = replace(AMBER, tlp="RED")


class Office:
    """Two issuers, an office that holds what they said, and its exports."""

    def __init__(self, folder: Path, lanes: int = 1) -> None:
        self.folder = folder
        self.trust = Trust()
        self.register = network(self.trust, "JP", "NZ", lanes=lanes)
        self.lanes = Lanes()
        self.received = 0

    def say(self, *refs: str, issuer: str = "JP", deliver: bool = True, **said: Any) -> None:
        statements = (self.lanes.statement(issuer, seizure(ref), **said) for ref in refs)
        self.lanes.say(issuer, *statements, deliver=deliver)

    def export(self, at: int = NOW, **asked: Any) -> tuple[bytes, Any]:
        receive(self.folder, self.register, self.lanes.records[self.received :])
        self.received = len(self.lanes.records)
        return exported(self.folder, self.register, self.trust, Asked(**asked), at)

    def verify(self, data: bytes, **how: Any) -> Report:
        return verify(io.BytesIO(data), self.trust.root, **({"now": NOW} | how))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "office")


def names(data: bytes) -> set[str]:
    """The records in an export."""
    listed = zipfile.ZipFile(io.BytesIO(data)).namelist()
    return {name.removesuffix(".envelope") for name in listed if name.endswith(".envelope")}


def jp(*indexes: int) -> set[str]:
    return {f"lanes/JP/{TOPIC}/0/{index}" for index in indexes}


def test_an_export_holds_and_says_what_is_complete(office: Office) -> None:
    office.say("a", "b", "c")
    office.say("d", issuer="NZ")
    data, done = office.export()
    report = office.verify(data)
    assert report.holds
    assert not report.faults
    assert [(lane.origin.administration, lane.start, lane.end, lane.complete)
            for lane in report.lanes] == [("JP", 0, 3, True), ("NZ", 0, 1, True)]  # fmt: skip
    assert report.records == done.manifest.records == 4
    assert report.marks == done.manifest.marks
    assert (report.root, report.register, report.at) == (1, 1, NOW)


def test_equal_questions_give_equal_bytes_and_plain_zip_files(office: Office) -> None:
    office.say("a", "b")
    data, _ = office.export()
    assert office.export()[0] == data
    assert office.export(at=NOW + DAY)[0] != data
    plain = zipfile.ZipFile(io.BytesIO(data))
    assert plain.testzip() is None
    sums = dict(line.split("  ")[::-1] for line in plain.read("SHA256SUMS").decode().splitlines())
    assert sums == {
        name: sha256(plain.read(name)).hexdigest() for name in plain.namelist()[:-1]
    }  # fmt: skip


def test_an_alert_is_asked_for_as_its_issuer_calls_it_or_by_its_id(office: Office) -> None:
    office.say("a", "b", "c")
    office.say("b", "d", issuer="NZ")
    id = subject_id(NETWORK, "JP", "c")
    data, done = office.export(subjects=("b", str(id).upper()))
    nz = {f"lanes/NZ/{TOPIC}/0/0"}
    assert names(data) == jp(1, 2) | nz, "two issuers may call theirs the same"
    assert done.manifest.asked == f"subjects: b, {str(id).upper()}"
    assert done.unmet == []
    data, done = office.export(subjects=("b", "c", "d", "e"), filter=Filter(issuers=("NZ",)))
    assert names(data) == nz | {f"lanes/NZ/{TOPIC}/0/1"}
    assert done.unmet == ["c", "e"]
    with pytest.raises(InputError, match="asked for"):
        office.export(subjects=("e",))


def test_a_subject_goes_whole_and_only_it_goes(office: Office) -> None:
    office.say("a", "b", "c")
    changed = office.lanes.statement("JP", seizure("b", "Other"), version=2, change="CORRECTION")
    gone = office.lanes.statement("JP", "b", version=3, change="WITHDRAWAL")
    office.lanes.say("JP", changed, gone)
    for asked in (
        {"subjects": (str(subject_id(NETWORK, "JP", "b")),)},
        {"filter": Filter(text="other")},
    ):
        data, done = office.export(**asked)
        assert names(data) == jp(1, 3, 4)
        assert done.manifest.lanes[0].gaps == (Gap(2, 3, "not-selected"),)
        assert office.verify(data).holds
        text = zipfile.ZipFile(io.BytesIO(data)).read("cover.txt").decode()
        assert text.count("LATER WITHDRAWN") == 2
        assert "withdrawal of b: it was otherwise" in text
        assert "b, version 3 of " in text


def test_lanes_issuers_and_kinds_are_chosen(office: Office) -> None:
    office.say("a", "b")
    office.say("c", issuer="NZ")
    assert names(office.export(lanes=(f"JP/{TOPIC}/0",))[0]) == jp(0, 1)
    assert names(office.export(filter=Filter(issuers=("JP",)))[0]) == jp(0, 1)
    with pytest.raises(InputError, match="asked for"):
        office.export(filter=Filter(kinds=("warning",)))


def test_each_gap_has_its_reason(office: Office) -> None:
    office.say("first")
    office.say("red", handling=RED)
    office.say("lost", "lost too", deliver=False)
    office.say("bad", issued_at=NOW + DAY)
    office.say("other", "last")
    data, done = office.export(filter=Filter(text="sports"))
    (lane,) = done.manifest.lanes
    assert lane.gaps == (
        Gap(1, 2, "withheld"), Gap(2, 4, "not-held"), Gap(4, 5, "refused"),
    )  # fmt: skip
    report = office.verify(data)
    assert report.holds
    assert report.lanes[0].gaps == [(1, 5)]
    assert [one.why_not for one in done.left_out]


@pytest.mark.parametrize(
    ("said", "leaves"),
    [
        ({"handling": RED}, False),
        ({"handling": replace(AMBER, tlp="AMBER_STRICT")}, True),
        ({"handling": replace(AMBER, expires_at=NOW)}, False),
        ({"handling": replace(AMBER, expires_at=NOW + 1)}, True),
        ({"audience": Audience(administrations=("NZ", OFFICE))}, True),
        ({"audience": Audience(regions=("asia-pacific",), administrations=("NZ",))}, True),
    ],
)
def test_what_may_not_leave_stays(office: Office, said: dict[str, Any], leaves: bool) -> None:
    office.say("a", **said)
    if leaves:
        assert names(office.export()[0]) == jp(0)
        return
    with pytest.raises(InputError, match="may leave"):
        office.export()
    office.say("b")
    data, done = office.export()
    assert names(data) == jp(1)
    assert len(done.left_out) == 1
    assert done.manifest.lanes[0].start == 1


def test_of_what_is_said_to_others_only_the_place_shows(tmp_path: Path) -> None:
    manifests = []
    for n, ref in enumerate(("secret", "seen")):
        office = Office(tmp_path / str(n))
        office.say("seen first")
        office.say(ref, audience=Audience(administrations=("NZ",)))
        office.say("seen last")
        data, done = office.export(filter=Filter(text="seen"))
        assert not done.left_out
        assert office.verify(data).holds
        with pytest.raises(InputError, match="asked for"):
            office.export(filter=Filter(text="secret"))
        manifests.append(done.manifest)
    assert manifests[0] == manifests[1]
    assert manifests[0].lanes[0].gaps == (Gap(1, 2, "withheld"),)


def test_too_many_gaps_are_refused_with_a_repair(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MAX_GAPS", 2)
    office.say(*(f"{'x' if n % 2 else 'y'}-{n}" for n in range(8)))
    assert office.export()[1].manifest.records == 8
    with pytest.raises(InputError, match="gaps") as caught:
        office.export(filter=Filter(text="x-"))
    assert "--lane" in caught.value.advice


def test_marks_stand_on_every_page_and_nothing_of_others_is_markup(office: Office) -> None:
    strict = Handling(
        tlp="AMBER", codes=("H1", "H3"), conditions="ask <b>first</b> [red]", purpose="p",
        source_grade="A", information_grade=1,
    )  # fmt: skip
    office.say(*(f"<script>{n}" for n in range(45)), handling=strict)
    statement = office.lanes.statement("JP", seizure("z", "<script>x</script>[bold]"))
    office.lanes.say("JP", statement)
    data, _ = office.export()
    plain = zipfile.ZipFile(io.BytesIO(data))
    pages = plain.read("cover.txt").decode().split("\f")
    assert len(pages) == 4
    for page in pages:
        assert page.count("NOT TO BE USED IN COURT WITHOUT THE ISSUER'S PERMISSION") == 2
        assert page.count("TLP:AMBER:") == 2
        assert "H3: ask <b>first</b> [red]" in page
    html = plain.read("cover.html").decode()
    assert html.count("NOT TO BE USED IN COURT") == 8
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;x&lt;/script&gt;[bold]" in html


def test_lanes_of_which_nothing_is_here_are_named(tmp_path: Path) -> None:
    office = Office(tmp_path, lanes=3)
    office.say("a")
    report = office.verify(office.export()[0])
    assert report.holds
    assert [(one.administration, one.lane) for one in report.absent] == [("JP", 1), ("JP", 2)]


def test_an_export_is_judged_when_it_was_made(office: Office) -> None:
    office.say("a")
    data, _ = office.export()
    years = 5 * 365 * DAY
    assert office.verify(data, now=NOW + years).holds
    late = office.verify(data, now=NOW + years, at=NOW + years).refused
    assert late is not None
    assert "expired" in late.message
    assert not office.verify(data, at=NOW - 11 * DAY).holds  # said later than that
    ahead = office.verify(data, now=NOW - DAY).refused
    assert ahead is not None
    assert "future" in ahead.message


def test_what_was_said_with_a_key_that_ended_later_holds(office: Office) -> None:
    office.say("a", "b")
    office.export()
    writer = next(iter(office.lanes.writers.values()))
    believed = {str(writer.origin): Believed(writer.size, head(writer.compact))}
    for kept, holds in ((believed, True), ({}, False)):
        trust = Trust()
        trust.entries = dict(office.trust.entries)
        register = lifecycle.end_signing(
            office.register, "JP", key("JP").public.raw, why="compromised", at=NOW, believed=kept
        )
        data, _ = exported(office.folder, trust.sign(register), trust)
        report = office.verify(data)
        assert report.holds is holds
        assert report.ended == ["JP"]


def test_a_root_leads_to_all_later_ones(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.trust = Trust(roots=3)
    office.register = network(office.trust, "JP", "NZ")
    office.say("a")
    data, _ = office.export()
    for version in (1, 2, 3):
        root = office.trust.entries[f"root/{version}"]
        assert verify(io.BytesIO(data), root, now=NOW).holds
    refused = verify(io.BytesIO(data), Trust("other").root, now=NOW).refused
    assert refused is not None
    assert refused.code == "register"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, bytes]:
    office = Office(tmp_path_factory.mktemp("office"))
    office.say("a", "b")
    return office, office.export()[0]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_bit_may_change(one: tuple[Office, bytes], data: st.DataObject) -> None:
    office, good = one
    at = data.draw(st.integers(0, len(good) * 8 - 1))
    spoilt = bytearray(good)
    spoilt[at // 8] ^= 1 << at % 8
    report = office.verify(bytes(spoilt))
    assert not report.holds
    assert report.refused is not None
    assert report.refused.message


def _zip(*entries: tuple[Any, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return file.getvalue()


def _ours(*entries: tuple[str, bytes]) -> bytes:
    """In the form of exports, whatever is in it."""
    file = io.BytesIO()
    writer = ArchiveWriter(file, NOW)
    for name, data in entries:
        writer.add(name, data)
    writer.close()
    return file.getvalue()


def _link() -> zipfile.ZipInfo:
    link = zipfile.ZipInfo("manifest.json", (2026, 1, 1, 0, 0, 0))
    link.create_system, link.external_attr = 3, 0o120777 << 16
    return link


@pytest.mark.parametrize(
    ("what", "data", "says"),
    [
        ("empty", b"", "cut off"),
        ("no zip", b"%PDF-1.7 " * 100, "no zip file"),
        ("an empty zip", _zip(), "cut off"),
        ("bomb", _zip(("manifest.json", bytes(10_000_000)), method=zipfile.ZIP_DEFLATED), "stored"),
        ("traversal", _ours(("manifest.json", b"{}"), ("../../etc/passwd", b"x")), "manifest"),
        ("first traversal", _ours(("../../etc/passwd", b"x")), "no file of an export"),
        ("absolute", _ours(("/etc/passwd", b"x")), "no file of an export"),
        ("two manifests", _ours(("manifest.json", b""), ("manifest.json", b"")), "manifest"),
        ("no manifest", _ours(("cover.txt", b"")), "stands where it may not"),
        ("huge", _ours(("manifest.json", bytes((16 << 20) + 1))), "the most it may have"),
        ("link", _zip((_link(), b"/etc/passwd")), "stored"),
        ("long name", _ours(("x" * 60_000, b"")), "60000 bytes"),
        ("nested JSON", _ours(("manifest.json", b"[" * 1_000_000)), "manifest"),
        ("NUL", _ours(("mani\0fest.json", b"{}")), "no file of an export"),
    ],
)
def test_hostile_files_are_refused_with_a_sentence(what: str, data: bytes, says: str) -> None:
    report = verify(io.BytesIO(data), Trust().root, now=NOW)
    assert report.refused is not None
    assert says in report.refused.message
    assert report.refused.advice


def test_a_size_that_lies_takes_no_memory(one: tuple[Office, bytes]) -> None:
    office, good = one
    for claimed in (1 << 24, (1 << 24) + 1, (1 << 32) - 1):
        lying = bytearray(good)
        lying[18:26] = claimed.to_bytes(4, "little") * 2
        tracemalloc.start()
        refused = office.verify(bytes(lying[:500])).refused
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert refused is not None
        assert peak < 2_000_000


def test_archives_of_very_many_files_are_zip64() -> None:
    file = io.BytesIO()
    writer = ArchiveWriter(file, NOW)
    for n in range(65_536):
        writer.add(str(n), b"")
    writer.close()
    assert len(zipfile.ZipFile(file).namelist()) == 65_537
    file.seek(0)
    assert sum(1 for _ in ArchiveReader(file, lambda name: 1 << 30)) == 65_536
    cut = io.BytesIO(file.getvalue()[:-1])
    with pytest.raises(Damaged):
        list(ArchiveReader(cut, lambda name: 1 << 30))


def test_verifying_needs_no_store_bus_or_event_loop() -> None:
    program = (
        "import sys, entente.trust.evidence;"
        "print({'aiokafka', 'confluent_kafka', 'sqlite3', 'asyncio'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.usefixtures("socket_disabled")
def test_the_commands_export_and_verify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    members = [member("JP"), member(OFFICE, "liaison_office")]
    register = networks.create(tmp_path, NETWORK, members, now=now, secret=None)
    lanes = Lanes()
    lanes.keys["JP"] = files.signing_key(tmp_path / "parties/JP/signing.key")
    lanes.say("JP", lanes.statement("JP", seizure("a"), issued_at=now))
    lanes.say("JP", lanes.statement("JP", seizure("b"), issued_at=now, handling=RED))
    party = tmp_path / "parties" / OFFICE
    receive(party, register, lanes.records, now)
    networks.open(tmp_path, now, OFFICE)
    settings_file = tmp_path / "entente.toml"
    settings_file.write_text(f'network = "{NETWORK}"\nhome = "."\n')
    out = tmp_path / "evidence.zip"
    command = ["--config", str(settings_file), "export", "--as", OFFICE, "--out", str(out)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "left out" in said
    assert "TLP:RED" in said
    assert out.stat().st_mode & 0o777 == 0o600
    assert main(command) == 64  # never over what is there
    capsys.readouterr()
    root = str(tmp_path / "network" / "root.json")
    monkeypatch.chdir("/")
    assert main(["verify", str(out), "--root", root]) == 0
    said = capsys.readouterr().out
    assert "index 0 to 0" in said
    assert "made by RILO-AP" in said
    spoilt = tmp_path / "spoilt.zip"
    spoilt.write_bytes(out.read_bytes()[:-1])
    assert main(["verify", str(spoilt), "--root", root]) == 65
    assert "does not hold" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "nothing.zip"), "--root", root]) == 66
