"""The command line as its users meet it: one sentence, what to do, a code, and nothing lost."""

import gzip
import logging
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from entente import clock
from entente.bus import inbox, reception
from entente.cli import demo
from entente.cli.context import VERSION
from entente.cli.main import COMMANDS, load, main
from entente.correlate.rules.rules import released
from entente.errors import EntenteError
from entente.office import follow
from entente.proof.record import Record
from entente.proof.verdict import Code, Quarantined, Waiting
from entente.store.database import Database
from entente.trust import files, lifecycle, members, network, pki

ROOT = Path(__file__).parents[2]
SECRET = "correct horse battery staple"
MEMBERS = """id,role,country,name,home,regions
JP,administration,JP,Japan,asia-pacific,
RILO-AP,liaison_office,,RILO Asia Pacific,asia-pacific,
"""
MAPPING = """kind: seizure
reference: {template: "{REF}"}
handling: {tlp: AMBER, purpose: enforcement, source_grade: A, information_grade: 2}
fields:
  /event/date: {column: DATE, date: "%d/%m/%Y"}
  /route/departure/country: {column: FROM}
  /route/location/country: {value: JP}
  /goods/0/group: {value: ipr}
  /goods/0/description/text: {column: WHAT}
"""
HEADER = b"REF,DATE,FROM,WHAT\n"
GOOD = HEADER + b"A1,03/02/2026,CN,shoes\nA2,04/02/2026,VN,bags\n"


class Said(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose private keys are encrypted, and a broker's address where none answers."""
    home = tmp_path_factory.mktemp("home")
    (home / "members.csv").write_text(MEMBERS)
    (home / "entente.toml").write_text(
        'network = "test.entente.example"\n[kafka]\nbootstrap = "localhost:1"\n'
    )
    table = members.load(home / "members.csv")
    network.create(
        home, "test.entente.example", table, now=clock.now(), secret=SECRET.encode(),
        officers=1, threshold=1,
    )  # fmt: skip
    return home


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a good file and mapping, and settings that name the network."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENTENTE_CONFIG", str(home / "entente.toml"))
    monkeypatch.setenv("ENTENTE_PASSPHRASE", SECRET)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "good.csv").write_bytes(GOOD)
    (tmp_path / "m.yaml").write_text(MAPPING)
    (home / "parties" / "JP" / "outbox.db").unlink(missing_ok=True)
    return tmp_path


@pytest.fixture
def logs() -> Iterator[None]:
    """Put the root logger back as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in before:
            root.removeHandler(handler)
            handler.close()
    root.handlers[:], root.level = before, level


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], logs: None) -> Run:
    """The program in this process: quick."""

    def run(*arguments: str) -> Said:
        code = main(list(arguments))
        return Said(code, *capfd.readouterr())

    return run


def outside(*arguments: str, before: Callable[[], None] | None = None) -> Said:
    """The program in a process of its own."""
    command = [sys.executable, "-m", "entente", *arguments]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=120, preexec_fn=before, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Said(ran.returncode, ran.stdout, ran.stderr)


def told(said: Said, code: int, pattern: str) -> None:
    """One sentence that says what happened, one that says what to do, and nothing else.

    But for words of warning on what ends soon, before it.
    """
    assert said.code == code, said
    lines = said.err.strip().splitlines()
    lines = [line for line in lines if not line.startswith(("ends ", "ended "))]
    assert len(lines) == 2, said.err
    assert lines[0].startswith("error: ")
    assert re.search(pattern, lines[0]), lines[0]
    assert lines[1].startswith("  what to do: ")
    assert len(lines[1]) > len("  what to do: ") + 10
    quiet(said)


def quiet(said: Said) -> None:
    """No traceback, no secret."""
    assert "Traceback" not in said.out + said.err
    assert SECRET not in said.out + said.err


def publish(file: str = "good.csv", *more: str) -> list[str]:
    return ["publish", "--as", "JP", "--mapping", "m.yaml", file, *more]


def nothing(path: Path) -> None:
    pass


def bomb(path: Path) -> None:
    with gzip.open(path, "wb", 1) as file:
        file.write(HEADER)
        for _ in range(40):
            file.write(bytes(1 << 20))


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(HEADER)
        file.truncate(2 << 30)


def data(content: bytes) -> Callable[[Path], None]:
    return lambda path: nothing(path) if path.write_bytes(content) else None


@pytest.mark.parametrize(
    ("name", "make", "code", "pattern"),
    [
        ("none.csv", nothing, 66, "There is no file none.csv"),
        ("folder", Path.mkdir, 66, "folder is a directory"),
        ("empty.csv", Path.touch, 66, "empty.csv is empty"),
        ("missing.csv", data(GOOD.replace(b"DATE", b"DAY")), 66, "no column 'DATE'"),
        ("noise.csv", data(bytes(range(256)) * 20_000), 66, "NUL|not a table"),
        ("utf16.csv", data(GOOD.decode().encode("utf-16")), 66, "utf|UTF|NUL"),
        ("sparse.csv", sparse, 66, "not a table"),
        ("bomb.csv.gz", bomb, 66, "not a table|times"),
        ("cut.csv.gz", data(gzip.compress(GOOD)[:-9]), 66, "ends|cut|damaged|incomplete"),
        ("x.xlsx", data(b"PK\x03\x04 nothing"), 66, "not an Excel workbook"),
        ("x.pdf", data(b"%PDF-1.7 nothing"), 66, "is a PDF"),
    ],
)
def test_a_file_that_is_no_table(
    folder: Path, run: Run, name: str, make: Callable[[Path], None], code: int, pattern: str
) -> None:
    make(folder / name)
    told(run(*publish(name)), code, pattern)
    assert not list(folder.glob("*.rejects*"))


@pytest.mark.parametrize(
    ("old", "new", "pattern"),
    [
        ("kind: seizure", "kind: seizure\nknd: x", "knd"),
        ("value: ipr", "valeu: ipr", "valeu"),
        ("/event/date:", "/event/day:", "/event/day"),
        ("{column: FROM}", "{column: TO}", "no column 'TO'"),
        ("kind: seizure", "kind: seizure\nregions: [atlantis]", "atlantis"),
        ("tlp: AMBER", "tlp: PURPLE", "PURPLE"),
        ("{column: WHAT}", "{column: WHAT", "line"),
        ("kind: seizure", "kind: !!python/object/apply:os.system [x]", "line 1"),
    ],
)
def test_a_wrong_mapping(folder: Path, run: Run, old: str, new: str, pattern: str) -> None:
    (folder / "m.yaml").write_text(MAPPING.replace(old, new, 1))
    told(run(*publish()), 66 if "column" in pattern else 65, pattern)


def test_there_is_no_mapping(folder: Path, run: Run) -> None:
    (folder / "m.yaml").unlink()
    said = run(*publish())
    assert said.code in (65, 66)
    told(said, said.code, "m.yaml")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (b"A1,31/02/2026,CN,shoes\nA2,3 Feb,CN,bags\n", "no date"),
        ("A1,03/02/2026,CN,sacs \N{LATIN SMALL LETTER A WITH GRAVE}\n".encode("latin-1"), "utf-8"),
    ],
)
def test_bad_rows_are_told_and_kept(folder: Path, run: Run, rows: bytes, reason: str) -> None:
    (folder / "bad.csv").write_bytes(HEADER + rows + b"A9,03/02/2026,CN,good\n")
    said = run(*publish("bad.csv", "--dry-run"))
    assert said.code == 65
    assert "1 would be sent" in said.out
    assert re.search(reason, said.out)
    assert "what to do:" in said.out
    quiet(said)
    assert not (folder / "bad.csv.rejects").exists()  # only looked
    said = run(*publish("bad.csv"))
    assert said.code == 69
    kept = (folder / "bad.csv.rejects").read_bytes()
    assert all(row in kept for row in rows.splitlines())
    assert b"A9" not in kept


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["decide", "0b9f4c1e", "--as", "JP"], "Choose from: accept, decline, merge"),
        (["publsh"], "Did you mean 'publish'"),
        (["publish"], "Missing"),
        (["publish", "x.csv", "--as", "JP", "--aside"], "No such option"),
        (["tail", "--as", "JP", "--last", "-1"], "last"),
        (["broker", "up", "--port", "many"], "valid integer"),
    ],
)
def test_a_command_that_makes_no_sense(run: Run, arguments: list[str], pattern: str) -> None:
    said = run(*arguments)
    told(said, 64, pattern)
    assert "--help`" in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["publish", "--mapping", "m.yaml", "good.csv"],
        ["office"],
        ["tail"],
        ["proposals"],
        ["decide", "0b9f4c1e", "accept"],
        ["decisions"],
        ["warn", "0b9f4c1e"],
        ["quarantine"],
        ["correlate", "serve"],
    ],
)
@pytest.mark.parametrize("name", ["ZZ", "../../etc", "\x1b[2J"])
def test_who_has_no_keys_here(folder: Path, run: Run, arguments: list[str], name: str) -> None:
    said = run(*arguments, "--as", name)
    told(said, 77, "There are no keys of")
    assert "\x1b" not in said.err


def test_rules_are_listed_once_they_have_passed_their_trials(tmp_path: Path, run: Run) -> None:
    said = run("correlate", "rules")
    assert said.code == 0
    assert "P09   +1.0  route-diversion" in said.out
    rule = Path(str(released())) / "free-zone.yaml"
    (tmp_path / rule.name).write_bytes(rule.read_bytes())
    told(run("correlate", "rules", str(tmp_path)), 78, "The rule free-zone has no test alerts")


@pytest.mark.parametrize(
    ("text", "environment", "pattern"),
    [
        (None, {}, "There is no configuration file"),
        ('netwrk = "n"', {}, "Did you mean `network`"),
        ('network = "n"\n[kafka]\nport = 1', {}, "unknown field `port`"),
        ('network = "n', {}, "Cannot read"),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}", {}, "Cannot read"),
        ('network = "n"', {"ENTENTE_LOG__LEVEL": "loud"}, "loud"),
        ('network = "n"', {"ENTENTE_PASSPHRSE": SECRET}, "passphrse"),
    ],
)
def test_wrong_settings(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, text: str | None,
    environment: dict[str, str], pattern: str,
) -> None:  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if text is not None:
        (tmp_path / "entente.toml").write_bytes(text.encode("latin-1"))
    told(run("--config", str(tmp_path / "entente.toml"), "network", "show"), 78, pattern)


@pytest.mark.parametrize(
    ("passphrase", "code", "pattern"),
    [("wrong", 77, "does not open"), (None, 77, "is encrypted"), ("", 78, "is empty")],
)
def test_a_passphrase_that_does_not_fit(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, passphrase: str | None, code: int,
    pattern: str,
) -> None:  # fmt: skip
    monkeypatch.delenv("ENTENTE_PASSPHRASE")
    if passphrase is not None:
        monkeypatch.setenv("ENTENTE_PASSPHRASE", passphrase)
    told(run(*publish()), code, pattern)


def test_a_network_is_not_left_unencrypted_by_oversight(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "entente.toml").write_text('network = "n.example"')
    (tmp_path / "members.csv").write_text(MEMBERS)
    create = (
        "--config",
        f"{tmp_path}/entente.toml",
        "network",
        "create",
        f"{tmp_path}/members.csv",
    )
    monkeypatch.delenv("ENTENTE_PASSPHRASE", raising=False)
    told(run(*create), 64, "no passphrase")
    assert not (tmp_path / "secretariat").exists()
    monkeypatch.setenv("ENTENTE_PASSPHRASE", SECRET)
    said = run(*create)
    assert (said.code, said.err) == (0, "")
    keys = list(tmp_path.glob("**/*.key"))
    assert len(keys) > 5
    assert all(b"ENCRYPTED" in key.read_bytes() for key in keys)


def test_without_a_broker_what_is_accepted_waits(folder: Path, run: Run) -> None:
    (folder / "good.csv").write_bytes(GOOD + b"A3,never,CN,hats\n")
    for stored in ("2 stored and signed", "2 stored before"):
        said = run(*publish())
        assert said.code == 69
        assert stored in said.out
        assert "no broker answers at localhost:1" in said.err
        assert "entente broker up" in said.err
        assert b"A3,never" in (folder / "good.csv.rejects").read_bytes()
        quiet(said)


@pytest.mark.parametrize("command", [["office"], ["tail"], ["proposals"], ["decisions"]])
def test_a_reader_without_a_broker(folder: Path, run: Run, command: list[str]) -> None:
    told(run(*command, "--as", "RILO-AP"), 69, "no broker answers at localhost:1")


@pytest.mark.parametrize(
    ("start", "until", "pattern"), [(-3, -1, r"tls\.crt expired on"), (1, 3, "valid only from")]
)
def test_a_certificate_that_is_not_valid_now(
    folder: Path, home: Path, run: Run, start: int, until: int, pattern: str
) -> None:
    """Nothing is lost: what is accepted waits for a certificate that will do."""
    party, secretariat = home / "parties" / "JP", home / "secretariat"
    good = (party / "tls.crt").read_bytes()
    ca = pki.Authority(
        (secretariat / "ca.crt").read_bytes(),
        files.tls_key(secretariat / "ca.key", SECRET.encode()),
    )
    request = pki.request(files.tls_key(party / "tls.key", SECRET.encode()), "JP")
    now = clock.now()
    bad = pki.issue(
        ca, request, "JP", start=now + start * lifecycle.DAY, until=now + until * lifecycle.DAY
    )
    (party / "tls.crt").write_bytes(bad)
    try:
        told(run("tail", "--as", "JP"), 77, pattern)
        said = run(*publish())
    finally:
        (party / "tls.crt").write_bytes(good)
    told(said, 77, pattern)
    assert "2 stored and signed" in said.out
    said = run(*publish())
    assert (said.code, "2 stored before" in said.out) == (69, True), said


def test_who_is_not_in_the_register(folder: Path, home: Path, run: Run) -> None:
    stranger = home / "parties" / "ZZ"
    shutil.copytree(home / "parties" / "JP", stranger, dirs_exist_ok=True)
    try:
        for arguments in (publish(), ["office"], ["tail"]):
            words = ["ZZ" if word == "JP" else word for word in arguments]
            said = run(*words, *(() if "--as" in words else ("--as", "ZZ")))
            assert said.code in (69, 77), said
            quiet(said)
        told(run(*["ZZ" if word == "JP" else word for word in publish()]), 77, "'ZZ'")
        assert not (stranger / "outbox.db").exists()
    finally:
        shutil.rmtree(stranger)


def test_what_is_still_to_come_was_not_seized(folder: Path, run: Run) -> None:
    tomorrow = time.strftime("%d/%m/%Y", time.gmtime(time.time() + 20 * 3600))
    (folder / "late.csv").write_text(
        f"REF,DATE,FROM,WHAT\nL1,03/02/2199,CN,shoes\nL2,{tomorrow},CN,bags\n"
    )
    said = run(*publish("late.csv", "--dry-run"))
    assert said.code == 65
    assert "1 would be sent" in said.out
    assert "2199-02-03 is still to come." in said.out


def test_trouble_in_the_middle_says_what_was_stored(folder: Path, run: Run) -> None:
    rows = b"".join(b"M%d,03/02/2026,CN,shoes\n" % n for n in range(1500))
    (folder / "long.csv").write_bytes(HEADER + rows + b"x" * (2 << 20))
    said = run(*publish("long.csv"))
    assert said.code == 66
    assert "1,500 rows read" in said.out
    assert "1,024 stored and signed" in said.out
    assert "476 not stored: publish the file again" in said.out
    told(said, 66, "longer than")


def test_an_expired_certificate(
    folder: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "members.csv").write_text(MEMBERS)
    (tmp_path / "entente.toml").write_text(
        'network = "old.example"\n[kafka]\nbootstrap = "localhost:1"'
    )
    long_ago = clock.now() - 366 * lifecycle.DAY
    table = members.load(tmp_path / "members.csv")
    network.create(tmp_path, "old.example", table, now=long_ago, secret=SECRET.encode())
    monkeypatch.setenv("ENTENTE_CONFIG", str(tmp_path / "entente.toml"))
    told(run("office", "--as", "RILO-AP"), 77, "ended|expired|until")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB, where we may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk(
    small_disk: Path, home: Path, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["cp", "-r", *map(str, home.iterdir()), str(small_disk)], check=True)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(1 << 20))
    monkeypatch.setenv("ENTENTE_CONFIG", str(small_disk / "entente.toml"))
    told(run(*publish()), 74, "space")
    filler.unlink()
    said = run(*publish())
    assert (said.code, "2 stored and signed" in said.out) == (69, True), said


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python keeps no bytecode: of files that cannot grow it would keep half, and fail by it."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


@pytest.mark.usefixtures("uncompiled")
def test_a_file_that_cannot_grow(folder: Path, run: Run) -> None:
    """What a quota does: nothing can be written beyond some bytes."""
    (folder / "many.csv").write_bytes(
        HEADER
        + b"".join(b"B%d,03/02/2026,CN,x\nC%d,never,CN,x\n" % (i, i) for i in range(1500))
    )  # fmt: skip
    limit = 40_000

    def narrow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    said = outside(*publish("many.csv"), before=narrow)
    assert said.code == 74, said
    assert "what to do:" in said.err
    quiet(said)
    said = run(*publish("many.csv"))
    assert said.code == 69
    assert re.search(r" [1-9]\S* stored (and|before)", said.out)
    assert b"C1499,never" in (folder / "many.csv.rejects").read_bytes()


@pytest.mark.usefixtures("uncompiled")
def test_output_that_cannot_be_written(folder: Path) -> None:
    def narrow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))

    with (folder / "schema.json").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "entente", "alert", "schema"],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            preexec_fn=narrow,
        )  # fmt: skip
    told(Said(ran.returncode, "", ran.stderr), 74, "no space left to write the output")


def test_nobody_reads_on(folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    for arguments in (["--help"], publish("good.csv", "--dry-run")):
        ran = subprocess.run(
            [sys.executable, "-m", "entente", *arguments],
            stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (141, "")
    os.close(writing)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_in_the_middle(folder: Path, home: Path, number: int, code: int) -> None:
    """Wherever it hits, the next run has every row once, stored or rejected."""
    rows = 8_000
    (folder / "many.csv.rejects").write_bytes(
        HEADER
        + b"".join(b"D%d,03/02/2026,CN,shoes\n" % i for i in range(rows))
        + b"E,never,CN,hats\n"
    )
    before = (folder / "many.csv.rejects").read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "entente", *publish("many.csv.rejects")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wal = home / "parties" / "JP" / "outbox.db-wal"
    while process.poll() is None and not (wal.exists() and wal.stat().st_size > 1 << 19):
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    quiet(Said(0, out, err))
    assert process.returncode == code, err
    assert "stopped: Nothing is lost" in err
    assert (folder / "many.csv.rejects").read_bytes() == before


def test_every_command_says_what_it_does(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name, sentence in COMMANDS.items():
        command = load(name)
        assert sentence.endswith(".")
        assert command.help
        inner = getattr(command, "commands", {})
        for path in [[name, one] for one in inner] or [[name]]:
            said = run(*path, "--help")
            assert said.code == 0
            assert "Example" in said.out
            assert f"entente {' '.join(path)}" in said.out
            assert "completion" not in said.out
            assert all(len(line) <= 80 for line in said.out.splitlines())


def test_the_help_names_every_exit_code(run: Run) -> None:
    def codes(kind: type[EntenteError]) -> set[int]:
        return {kind.exit_code}.union(*map(codes, kind.__subclasses__()))

    help = run("--help").out
    assert all(re.search(rf"\b{code}\b", help) for code in codes(EntenteError) | {0, 130, 143})


def test_help_waits_for_nothing_heavy() -> None:
    code = "import sys; from entente.cli.main import main; main(['--help']); print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(ran.stdout.splitlines()[-1].split())
    assert "entente.cli.main" in loaded
    assert not loaded & {"aiokafka", "sqlite3", "cryptography", "structlog", "entente.cli.publish"}


def test_the_version(run: Run) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert run("--version").out == f"entente {VERSION}\n"
    assert project["version"] == VERSION


def test_a_slip_of_ours_leaves_a_trace_and_no_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("entente.alert.form.json_schema", lambda: 1 / 0)
    told(run("alert", "schema"), 70, "ZeroDivisionError")
    (trace,) = tmp_path.glob("entente-*.trace")
    assert "Traceback" in trace.read_text()


def test_quarantine_shows_what_was_refused(folder: Path, home: Path, run: Run) -> None:
    assert "Nothing was refused" in run("quarantine", "--as", "RILO-AP").out
    store = follow.store(home / "parties" / "RILO-AP")
    hostile = Record("alerts.asia-pacific", 0, 7, 1_700_000_000_000, b"JP/\x1b[2J", b"\xff bytes")
    late = hostile._replace(offset=8, key=b"VN/0", value=b"later")
    with Database(store) as database:
        with database.transaction() as tx:
            keep = reception.Reception("RILO-AP", "n.example", lambda: None, clock.now)._hold  # type: ignore[arg-type,return-value]
            rows = tx.rows(follow.PROJECTION, 0)
            keep(rows, hostile, Quarantined(code=Code.NOT_SINGLE_OBJECT, message="x"))
            keep(rows, late, Waiting(code=Code.UNKNOWN_KEY, message="x"))
            rows.put(inbox.NEXT, b"", bytes(8))
        database.own(follow.PROJECTION, [0])
    said = run("quarantine", "--as", "RILO-AP")
    assert said.code == 0
    refused, advice, waits, wait = said.out.splitlines()
    assert "refused" in refused
    assert "step 1, not-single-object" in refused
    assert "offset 7" in refused
    assert Code.NOT_SINGLE_OBJECT.advice in advice
    assert "\x1b" not in said.out
    assert waits.startswith("waits")
    assert "step 4, unknown-key" in waits
    assert Code.UNKNOWN_KEY.advice in wait
    assert "2 records" in run("quarantine", "--as", "RILO-AP", "--save", "kept").out
    assert (folder / "kept" / "alerts.asia-pacific-0-7.avro").read_bytes() == b"\xff bytes"
    lines = run("quarantine", "--as", "RILO-AP", "--json").out.splitlines()
    assert [msgspec.json.decode(line)["waiting"] for line in lines] == [False, True]


def test_a_path_is_shown_as_it_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, outside = tmp_path / "here" / "var" / "a demo", tmp_path / "elsewhere"
    inside.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert demo.reached(inside) == "'var/a demo'"
    assert demo.reached(outside) == str(outside)
