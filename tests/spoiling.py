"""Exports spoilt in every way: bit by bit, file by file, claim by claim, by issuers themselves.

With a fixed seed they are the same each time. Nothing here says which still hold: two verifiers
that know nothing of each other are asked.
"""

import io
import json
import random
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from entente.alert.handling import Handling
from entente.errors import ProofError, WireError
from entente.proof import cosignature, note
from entente.proof.checkpoint import Checkpoint
from entente.proof.key import SigningKey
from entente.proof.merkle import head
from entente.proof.tlog import to_tlog_proof
from entente.proof.writer import Writer
from entente.trust import lifecycle
from entente.trust.administration import Believed, Signing, Witness
from entente.trust.archive import ArchiveReader, ArchiveWriter
from entente.trust.manifest import PLAIN, decode_manifest
from entente.trust.register import Register
from entente.wire.envelope import Envelope, decode_envelope, encode_envelope
from entente.wire.names import Origin
from entente.wire.statement import Statement, decode_statement, encode_statement
from exporting import (
    AMBER,
    DAY,
    NOW,
    TOPIC,
    Lanes,
    Trust,
    exported,
    hear,
    key,
    network,
    receipt,
    receive,
    seizure,
)

LANE = f"lanes/JP/{TOPIC}/0/"
ORIGIN = Origin("evidence.entente.example", "JP", TOPIC, 0)
Files = dict[str, bytes]
NEW, OLD, STOLEN = "witness.example", "before.example", "stolen.example"
WITNESSES = ((NEW, NOW - 20 * DAY, None), (OLD, 0, NOW - 5 * DAY), (STOLEN, 1, 0))
"""Name, since when, until when what it co-signed counts."""


class Case(NamedTuple):
    """An export, and what its reader has."""

    what: str
    export: bytes
    root: bytes
    now: int = NOW + DAY
    at: int | None = None


class Good(NamedTuple):
    """An export that holds, taken apart."""

    files: Files
    trust: Trust
    register: Register

    def case(self, what: str, files: Files | None = None, **given: Any) -> Case:
        given = {"root": self.trust.root} | given
        return Case(what, packed(self.files if files is None else files), **given)


def packed(files: Files, at: int = NOW, sums_of: Files | None = None) -> bytes:
    """An export of these files as they are, with right sums: the spoiler knows how to make one."""
    file = io.BytesIO()
    writer = ArchiveWriter(file, at)
    for name, data in files.items():
        writer.add(name, data)
    if sums_of is not None:
        lines = (f"{sha256(data).hexdigest()}  {name}\n" for name, data in sums_of.items())
        writer._sums[:] = "".join(lines).encode()
    writer.close()
    return file.getvalue()


def unpacked(data: bytes) -> Files:
    return dict(ArchiveReader(io.BytesIO(data), lambda name: 1 << 30))


def good_exports(folder: Path) -> dict[str, Good]:
    """A plain export, one with everything in it, one after a rotation of keys."""
    found: dict[str, Good] = {}

    def made(
        name: str, trust: Trust, register: Register, lanes: Lanes, notes: tuple[str, ...] = ()
    ) -> None:
        receive(folder / name, register, lanes.records)
        if notes:
            hear(folder / name, register, receipt(register, *notes))
        data, _ = exported(folder / name, register, trust)
        found[name] = Good(unpacked(data), trust, register)

    trust, lanes = Trust(), Lanes()
    register = network(trust, "JP", "NZ")
    lanes.say("JP", *(lanes.statement("JP", seizure(f"P{n}")) for n in range(5)))
    lanes.say("JP", lanes.statement("JP", seizure("P5")))
    made("plain", trust, register, lanes)

    trust, lanes = Trust("rich", roots=3), Lanes()
    register = network(trust, "JP", "NZ", lanes=2)
    for name, since, until in WITNESSES:
        made_of = Witness(name=name, public=key(name).public.raw, start=since, until=until)
        register = lifecycle.add_witness(register, made_of)
    register = trust.sign(register)
    strict = Handling(
        tlp="AMBER_STRICT", codes=("H1", "H3"), conditions='say "who" asked', purpose="p",
        source_grade="C", information_grade=4,
    )  # fmt: skip
    lanes.say("JP", *(lanes.statement("JP", seizure(f"J{n}")) for n in range(3)))
    lanes.say("JP", lanes.statement("JP", seizure("lost")), deliver=False)
    lanes.say("JP", lanes.statement("JP", seizure("J1", "B"), version=2, change="CORRECTION"),
              lanes.statement("JP", "J2", version=2, change="WITHDRAWAL"))  # fmt: skip
    lanes.say("JP", lanes.statement("JP", seizure("second lane"), handling=strict), lane=1)
    lanes.say("NZ", *(lanes.statement("NZ", seizure(f"N{n}"), handling=strict) for n in range(2)))
    notes = [
        cosigned(decode_envelope(lanes.records[n].value or b""), *by)
        for n, by in ((0, (OLD, -9)), (0, (NEW, -8)), (3, (OLD, -4)), (3, (NEW, -3)))
    ]
    made("rich", trust, register, lanes, tuple(notes))

    trust, lanes = Trust("old"), Lanes()
    register = network(trust, "JP")
    lanes.say("JP", *(lanes.statement("JP", seizure(f"K{n}")) for n in range(3)))
    last = lanes.writers[ORIGIN]
    register = lifecycle.rotate_signing(
        register, "JP", Signing(key("JP second").public.raw, NOW - 5 * DAY)
    )
    register = trust.sign(register)
    lanes.keys["JP"] = key("JP second")
    lanes.say("JP", *(lanes.statement("JP", seizure(f"K{n}"), issued_at=NOW - DAY) for n in (3, 4)))
    register = ended(trust, register, last)
    made("rotated", trust, register, lanes)
    return found


def ended(trust: Trust, register: Register, at: Writer) -> Register:
    """End JP's first key, believing what it said before ``at``."""
    believed = {str(ORIGIN): Believed(at.size, head(at.compact))} if at.size else {}
    return trust.sign(
        lifecycle.end_signing(
            register,
            "JP",
            key("JP").public.raw,
            why="compromised",
            at=NOW - 2 * DAY,
            believed=believed,
        )
    )


def cosigned(envelope: Envelope, by: str, days: int, signer: SigningKey | None = None) -> str:
    """The checkpoint of an envelope, co-signed so many days from now."""
    return cosignature.cosign(envelope.checkpoint, by, signer or key(by), NOW + days * DAY)


def flipped(data: bytes, chance: random.Random) -> bytes:
    """One bit of it is another."""
    at = chance.randrange(len(data) * 8)
    return data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :]


def records(files: Files) -> list[str]:
    """The records of an export: their names without suffix."""
    return [name.removesuffix(".envelope") for name in files if name.endswith(".envelope")]


def without(files: Files, record: str) -> Files:
    return {name: data for name, data in files.items() if not name.startswith(record + ".")}


def of_envelope(record: str, value: bytes) -> Files:
    """The three files of a record, as far as its value still is an envelope."""
    envelope = decode_envelope(value)
    return {
        f"{record}.envelope": value,
        f"{record}.statement": envelope.statement,
        f"{record}.tlog-proof": to_tlog_proof(envelope).encode(),
    }


def raw_bits(name: str, one: Good, chance: random.Random) -> Iterator[Case]:
    """The file as a whole: flipped, cut, lengthened; sums are not mended."""
    whole = packed(one.files)
    for n in range(30):
        yield Case(f"{name}: bit {n} of the zip", flipped(whole, chance), one.trust.root)
    tail = len(whole) - whole.rindex(b"PK\1\2") + 400
    for n in range(15):
        spoilt = whole[:-tail] + flipped(whole[-tail:], chance)
        yield Case(f"{name}: bit {n} of the directory", spoilt, one.trust.root)
    for n in range(8):
        cut = whole[: chance.randrange(len(whole))]
        yield Case(f"{name}: cut {n}", cut, one.trust.root)
    for what, data in (
        ("more", whole + b"\0"),
        ("before", b"\0" + whole),
        ("twice", whole + whole),
        ("empty", b""),
        ("no zip", b"%PDF-1.7" * 99),
        ("headers only", whole[:30]),
    ):
        yield Case(f"{name}: {what}", data, one.trust.root)


def file_bits(name: str, one: Good, chance: random.Random) -> Iterator[Case]:
    """One bit of one file, with right sums: only what the file says is wrong."""
    for file in one.files:
        times = 3 if file.endswith((".envelope", ".json", ".cosigned")) else name == "plain"
        for n in range(times):
            files = one.files | {file: flipped(one.files[file], chance)}
            yield one.case(f"{name}: bit {n} of {file}", files)


def shuffled(name: str, one: Good, chance: random.Random) -> Iterator[Case]:
    """Files removed, swapped, doubled, renamed."""
    files = one.files
    for file in [*files][:: 1 if name == "plain" else 3]:
        yield one.case(f"{name}: no {file}", {k: v for k, v in files.items() if k != file})
    for record in records(files):
        yield one.case(f"{name}: no {record}", without(files, record))
    for n in range(6):
        a, b = chance.sample(records(files), 2)
        swap = {f"{a}.envelope": files[f"{b}.envelope"], f"{b}.envelope": files[f"{a}.envelope"]}
        yield one.case(f"{name}: envelopes swapped {n}", files | swap)
        swap = of_envelope(a, files[f"{b}.envelope"]) | of_envelope(b, files[f"{a}.envelope"])
        yield one.case(f"{name}: records swapped {n}", files | swap)
        copied = files | of_envelope(a, files[f"{b}.envelope"])
        yield one.case(f"{name}: record doubled {n}", copied)
        x, y = chance.sample(list(files), 2)
        order = [y if k == x else x if k == y else k for k in files]
        other = one.files | {x: one.files[y]}
        yield Case(f"{name}: sums {n}", packed(one.files, NOW, other), one.trust.root)
        yield one.case(f"{name}: order {n}", {k: files[k] for k in order})
    last = records(files)[-1]
    there = [k for k in files if k.startswith(last + ".")]
    rest = {k: v for k, v in files.items() if k not in there}
    for new in (
        "lanes/ZZ/alerts.asia-pacific/0/0", "lanes/NZ/alerts.cis/0/0",
        "lanes/NZ/alerts.asia-pacific/9/0", "lanes/NZ/grants/0/0", "lanes/../../etc/0",
        "lanes/NZ/alerts.asia-pacific/0/007", f"{last}7", "lanes/NZ/alerts.asia-pacific/00/1",
        f"lanes/NZ/alerts.asia-pacific/0/{2**63}", f"lanes/NZ/alerts.asia-pacific/0/{2**63 - 1}",
    ):  # fmt: skip
        renamed = {new + k.removeprefix(last): files[k] for k in there}
        yield one.case(f"{name}: last is {new}", rest | renamed)
    for new in ("extra.txt", "/etc/passwd", "../x", "schemas/zzz.1.avsc", "root/9.json", "zzz"):
        schema = files["schemas/seizure.1.avsc"]
        for data in (schema, schema + b" ", b""):
            at = list(files).index("schemas/statement.1.avsc") + 1
            listed = list(files.items())
            more = dict([*listed[:at], (new, data), *listed[at:]])
            yield one.case(f"{name}: with {new}", more)


def claims(name: str, one: Good, chance: random.Random) -> Iterator[Case]:
    """The manifest says other things."""
    text = one.files["manifest.json"].decode()

    def said(what: str, new: str) -> Case:
        return one.case(f"{name}: {what}", one.files | {"manifest.json": new.encode()})

    for field, value in json.loads(text).items():
        others = (0, 1, 7, -1, 2**63, 1.5, True, None, "", "RILO-AP", "x.y", [], {}, value)
        for other in others if name == "rich" else others[:2]:
            plain = json.loads(text) | {field: other}
            new = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            yield said(f"{field} is {other!r}", new)
    for old, new in (
        ("{", "{ "), ("}", "}\n"), ('"to":', '"TO":'), ('"to":', '"to":0,"to":'),
        ('"gaps":[', '"gaps":[{"from":0,"to":1,"why":"refused"},'), ('"from":0', '"from":1'),
        ('"from":0', '"from":-0'), ('"from":0', '"from":0.0'), ('"from":0', '"from":0e0'),
        ('"gaps":[]', '"gaps":[{"from":0,"to":1,"why":"not-held"}]'),
        ('"why":"not-held"', '"why":"lost"'), ("/JP/", "/NZ/"), ("/JP/", "\\u002fJP/"),
        ('"tlp":"AMBER', '"tlp":"GREEN'), ('"codes":[', '"codes":["H2",'), ("H0", "H4"),
        ('"conditions":[', '"conditions":["x",'), ('"asked":"', '"asked":"\u2028\\n\\u0001\x7f'),
        ('"asked":"', '"asked":"\\ud800'), ('"asked":"', '"asked":"\n'),
        ('"asked":"', '"asked":"\\u000a'), ('"asked":', '"asked\u00e9":'), ("alerts", "grants"),
        ("alerts.asia-pacific/0", "alerts.asia-pacific/00"),
    ):  # fmt: skip
        yield said(f"{old} becomes {new}", text.replace(old, new, 1))
    manifest = decode_manifest(one.files["manifest.json"])
    for at in (NOW - 1, NOW + 1_999_999, NOW + 2_000_000, NOW + DAY, 0, -1, 1 << 62):
        spoilt = one.files | {"manifest.json": replace(manifest, made_at=NOW + 1).encode()}
        spoilt["manifest.json"] = spoilt["manifest.json"].replace(
            str(NOW + 1).encode(), str(at).encode()
        )
        yield one.case(f"{name}: made at {at}", spoilt)
    for now in (NOW, NOW - 300 * 1_000_000, NOW - 301 * 1_000_000):
        yield one.case(f"{name}: read at {now}", now=now)
    for days in (-301, -199, -11, -3, 29, 30, 31, 99, 100, 101):
        yield one.case(f"{name}: judged {days} days later", at=NOW + days * DAY)
    yield Case(f"{name}: other times", packed(one.files, NOW + 2_000_000), one.trust.root)


def trusts(name: str, one: Good, chance: random.Random) -> Iterator[Case]:
    """Another root is trusted, or the chain is another."""
    roots = [k for k in one.files if k.startswith("root/")]
    (register,) = [k for k in one.files if k.startswith("register/")]
    for root in roots:
        yield one.case(f"{name}: {root} is trusted", root=one.files[root])
    yield one.case(f"{name}: another network's root", root=Trust("foreign", 3).root)
    yield one.case(f"{name}: a register as root", root=one.files[register])
    foreign = Trust("foreign", len(roots))
    mine = network(foreign, "JP", "NZ", lanes=2)
    while f"register/{mine.version}.json" != register:
        mine = foreign.sign(mine)
    chain = {f"{k}.json": foreign.entries[k] for k in ("root/1", f"register/{mine.version}")}
    yield one.case(f"{name}: a foreign register", one.files | {register: chain[register]})
    yield one.case(f"{name}: a foreign chain", one.files | chain)
    yield one.case(f"{name}: a foreign chain trusted", one.files | chain, root=foreign.root)
    for file in (*roots, register):
        plain = json.loads(one.files[file])
        signatures = plain["signatures"]
        for what, some in (
            ("no signatures", []), ("one", signatures[:1]), ("one twice", signatures[:1] * 2),
            ("in turn", signatures[::-1]), ("a stranger's", [{"keyid": "ab", "sig": "cd"}]),
            ("and a stranger's", [*signatures, {"keyid": "ab", "sig": "cd"}]),
        ):  # fmt: skip
            data = json.dumps({"signed": plain["signed"], "signatures": some}).encode()
            yield one.case(f"{name}: {file} with {what}", one.files | {file: data})
        plain["signed"]["version"] += 1
        data = json.dumps(plain).encode()
        yield one.case(f"{name}: {file} renumbered", one.files | {file: data})
    old = one.files | {register: one.trust.entries["register/1"]}
    yield one.case(f"{name}: register 1 under another name", old)
    if register != "register/1.json":
        at = list(one.files).index(register)
        listed = list(one.files.items())
        listed[at] = ("register/1.json", one.trust.entries["register/1"])
        manifest = replace(decode_manifest(one.files["manifest.json"]), register=1)
        rolled = dict(listed) | {"manifest.json": manifest.encode()}
        yield one.case(f"{name}: rolled back", rolled)


def revoked(one: Good) -> Iterator[Case]:
    """The register ends JP's key, and believes this or that of it."""
    envelopes = [decode_envelope(one.files[f"{LANE}{n}.envelope"]) for n in range(6)]
    statements = [envelope.statement for envelope in envelopes]
    histories = {"nothing": Writer(ORIGIN)}
    for size in (1, 3, 5, 6):
        histories[f"all of {size}"], _ = Writer(ORIGIN).append(statements[:size], key("JP"))
        other = [b"other" + statement for statement in statements[:size]]
        histories[f"other {size}"], _ = Writer(ORIGIN).append(other, key("JP"))
    histories["more"], _ = Writer(ORIGIN).append([*statements, b"more"], key("JP"))
    for what, believed in histories.items():
        trust = Trust()
        ended(trust, network(trust, "JP", "NZ"), believed)
        manifest = replace(decode_manifest(one.files["manifest.json"]), register=2)
        files = {"manifest.json": manifest.encode()}
        for file, data in one.files.items():
            if file == "register/1.json":
                files["register/2.json"] = trust.entries["register/2"]
            else:
                files.setdefault(file, data)
        yield one.case(f"ended, {what} believed", files)


def resigned(one: Good) -> Iterator[Case]:
    """The issuer itself says what it must not; its signatures are good."""
    first = decode_statement(one.files[f"{LANE}0.statement"])
    raw = one.files[f"{LANE}0.statement"]

    def changed(**fields: Any) -> bytes:
        return encode_statement(replace(first, **fields))

    def marked(**fields: Any) -> bytes:
        return changed(handling=replace(first.handling, **fields))

    lanes = Lanes()
    wrong_subject = lanes.statement("NZ", seizure("P0"))
    moved: Statement = replace(decode_statement(wrong_subject), issuer="JP")
    spoilt = {
        "unchanged": raw,
        "version": changed(version=0),
        "id": changed(version=2),
        "network": changed(network="other.example"),
        "issuer": changed(issuer="NZ"),
        "topic": changed(topic="alerts.cis"),
        "too early": changed(issued_at=NOW - 400 * DAY),
        "now": changed(issued_at=NOW),
        "a little ahead": changed(issued_at=NOW + 300 * 1_000_000),
        "ahead": changed(issued_at=NOW + 300 * 1_000_001),
        "trailing": raw + b"\0",
        "cut": raw[:-1],
        "empty": b"",
        "ten bytes": raw[:10],
        "marker": b"\xc3\x02" + raw[2:],
        "fingerprint": raw[:2] + bytes(8) + raw[10:],
        "body trailing": changed(body=first.body + b"\0"),
        "body cut": changed(body=first.body[:-1]),
        "no body": changed(body=b""),
        "type": changed(type="entente.alert.Warning"),
        "schema": changed(schema=bytes(32)),
        "other schema": changed(schema=sha256(b"").digest()),
        "subject": encode_statement(moved),
        "H3": marked(codes=("H3",)),
        "H3 empty": marked(codes=("H3",), conditions=""),
        "H3 blank": marked(codes=("H3",), conditions="  "),
        "H3 good": marked(codes=("H3",), conditions="ask"),
        "conditions without H3": marked(conditions="ask"),
        "H3 and no schema": changed(
            schema=bytes(32), handling=replace(first.handling, codes=("H3",))
        ),
        "expiry": marked(expires_at=5),
        "expired": marked(expires_at=NOW - DAY),
        "codes twice": marked(codes=("H0", "H0")),
        "no codes": marked(codes=()),
        "grade": marked(information_grade=5),
        "grade 0": marked(information_grade=0),
        "red": marked(tlp="RED"),
        "correction": lanes.statement("JP", seizure("P0", "B"), version=2, change="CORRECTION"),
        "withdrawal": lanes.statement("JP", "P0", version=2, change="WITHDRAWAL"),
    }
    for text in (
        "",
        " ",
        "a ",
        "a\u00a0",
        "a\tb",
        "\u200b",
        "\u200e",
        "\u2028",
        "\ufeff",
        "\uffff",
        "\ufffd",
        "\x7f",
        "\x85",
        "\ue000",
        "\U000e0001",
        "a" * 4_096,
        "a" * 4_097,
        "\u0301",
    ):
        for field in ("purpose", "legal_basis"):
            what = f"{field} {text[:9]!r} of {len(text)}"
            spoilt[what] = marked(**{field: text})
    for what in ("CORRECTION", "WITHDRAWAL"):
        for reason in (None, "", " "):
            said = decode_statement(spoilt[what.lower()])
            spoilt[f"{what} because {reason!r}"] = encode_statement(replace(said, reason=reason))
    withdrawal = decode_statement(spoilt["withdrawal"])
    spoilt["withdrawal with body"] = encode_statement(replace(withdrawal, body=first.body))
    spoilt["withdrawal of no type"] = encode_statement(replace(withdrawal, type="?"))
    spoilt["withdrawal under H3"] = encode_statement(
        replace(withdrawal, handling=replace(first.handling, codes=("H3",)))
    )
    for what, statement in spoilt.items():
        statements = [statement, *(one.files[f"{LANE}{n}.statement"] for n in range(1, 6))]
        yield one.case(f"issuer says: {what}", said_again(one, statements))
    for what, by in (
        ("a stranger", key("nobody")),
        ("NZ", key("NZ")),
        ("a root", key("officer 0")),
    ):
        statements = [one.files[f"{LANE}{n}.statement"] for n in range(6)]
        yield one.case(f"signed by {what}", said_again(one, statements, by))
    for n in range(6):
        statements = [one.files[f"{LANE}{i}.statement"] for i in range(6)]
        statements[n] = lanes.statement("JP", seizure(f"fork {n}"))
        forked = said_again(one, statements)
        for kept in ({n}, set(range(n, 6)), set(range(n)), {0, 5}, {1, 3}):
            mixed = dict(one.files)
            for index in kept:
                mixed |= of_envelope(f"{LANE}{index}", forked[f"{LANE}{index}.envelope"])
            yield one.case(f"fork at {n}, other {sorted(kept)}", mixed)


def said_again(one: Good, statements: list[bytes], by: SigningKey | None = None) -> Files:
    """The plain export with JP's lane said anew."""
    writer = Writer(ORIGIN)
    files = dict(one.files)
    for batch in (statements[:5], statements[5:]):
        writer, envelopes = writer.append(batch, by or key("JP"))
        for envelope in envelopes:
            files |= of_envelope(f"{LANE}{envelope.index}", encode_envelope(envelope))
    marks = decode_manifest(files["manifest.json"]).marks
    for statement in statements[:1]:
        try:
            marks = replace(marks, codes=(), conditions=())
            marks = marks.joined(decode_statement(statement).handling).joined(AMBER)
        except WireError:
            marks = decode_manifest(files["manifest.json"]).marks
    manifest = replace(decode_manifest(files["manifest.json"]), marks=marks)
    return files | {"manifest.json": manifest.encode()}


def envelopes(one: Good, chance: random.Random) -> Iterator[Case]:
    """Envelopes changed piece by piece, and their other files with them."""
    value = one.files[f"{LANE}1.envelope"]
    envelope = decode_envelope(value)
    text = envelope.checkpoint
    body, _, lines = text.rpartition("\n\n")
    own = lines.rstrip("\n")
    stranger = note.sign(body + "\n", "stranger.example", key("stranger")).rstrip("\n")
    witness = note.sign(body + "\n", "witness.example", key(NEW)).rstrip("\n")
    false = note.sign("other\n", "witness.example", key(NEW)).rstrip("\n")
    unknown = note.sign(body + "\n", "witness.example", key("not it")).rstrip("\n")

    def noted(*signatures: str) -> str:
        return body + "\n\n" + "".join(one + "\n" for one in signatures)

    notes = {
        "stranger after": noted(own, stranger),
        "stranger before": noted(stranger, own),
        "witness": noted(own, witness),
        "false witness": noted(own, false),
        "unknown key of a witness": noted(own, unknown),
        "sixteen": noted(own, *[stranger] * 15),
        "seventeen": noted(own, *[stranger] * 16),
        "issuer twice": noted(own, own),
        "no issuer": noted(stranger),
        "no lines": body + "\n\n",
        "no newline": text[:-1],
        "no dash": text.replace("\u2014", "-"),
        "tab": text.replace("\u2014 ", "\u2014\t"),
        "carriage return": text.replace("\n", "\r\n"),
        "a line more": text.replace("\n\n", "\nx\n\n"),
        "size with zero": text.replace("\n5\n", "\n05\n"),
        "size with sign": text.replace("\n5\n", "\n+5\n"),
        "name with plus": noted(own, stranger.replace("stranger.", "stranger+")),
        "name with no-break space": noted(own, stranger.replace("stranger.", "stran\u00a0ger.")),
        "name with zero-width space": noted(own, stranger.replace("stranger.", "stran\u200bger.")),
        "name with line separator": noted(own, stranger.replace("stranger.", "stran\u2028ger.")),
        "name with \u0085": noted(own, stranger.replace("stranger.", "stran\u0085ger.")),
        "name with \u180e": noted(own, stranger.replace("stranger.", "stran\u180eger.")),
        "delete character": noted(own, stranger.replace("stranger.", "stran\x7fger.")),
        "base64 padding": text.replace("=", ""),
        "short line": noted(own, "\u2014 x AAAA"),
        "id only": noted(own, "\u2014 x AAAAAA=="),
        "id and a byte": noted(own, "\u2014 x AAAAAAA="),
        "loose base64": noted(own, "\u2014 x AAAAAAB="),
        "empty": "",
        "two empty lines": text.replace("\n\n", "\n\n\n"),
        "other lane": Checkpoint(ORIGIN._replace(lane=1), 5, bytes(32)).sign(key("JP")),
        "other topic": Checkpoint(ORIGIN._replace(topic="alerts.cis"), 5, bytes(32)).sign(
            key("JP")
        ),
        "other network": Checkpoint(ORIGIN._replace(network="x.y"), 5, bytes(32)).sign(key("JP")),
        "other root": Checkpoint(ORIGIN, 5, bytes(32)).sign(key("JP")),
        "smaller": Checkpoint(ORIGIN, 1, bytes(32)).sign(key("JP")),
        "empty tree": Checkpoint(ORIGIN, 0, bytes(32)).sign(key("JP")),
        "huge": Checkpoint(ORIGIN, 2**63 - 1, bytes(32)).sign(key("JP")),
        "too huge": text.replace("\n5\n", f"\n{2**63}\n"),
        "long": noted(own, "\u2014 x " + b64encode(bytes(12_600)).decode()),
    }
    changed = {what: replace(envelope, checkpoint=some) for what, some in notes.items()}
    proof = envelope.proof
    for what, some in {
        "proof cut": proof[:-32],
        "proof longer": proof + bytes(32),
        "proof odd": proof[:-1],
        "no proof": b"",
        "63": bytes(63 * 32),
        "64": bytes(64 * 32),
    }.items():
        changed[what] = replace(envelope, proof=some)
    for index in (0, 2, 4, 5, -1, 2**63 - 1):
        changed[f"index {index}"] = replace(envelope, index=index)
    for what, some in changed.items():
        data = encode_envelope(some)
        where = f"{LANE}1"
        yield one.case(f"envelope: {what}", one.files | of_envelope(where, data))
    top, rest = value[:10], value[10:]
    for what, data in {
        "trailing": value + b"\0",
        "cut": value[:-1],
        "header": value[:10],
        "nothing": b"",
        "marker": b"\xc3\2" + value[2:],
        "fingerprint": value[:2] + bytes(8) + rest,
        "nested": top + bytes(99),
        "negative": top + b"\1" + rest[1:],
        "long length": top + b"\xff" * 9 + b"\1" + rest,
        "overlong": top + b"\xff" * 11 + rest,
        "eleven": top + b"\x80" * 10 + b"\0" + rest,
    }.items():
        yield one.case(f"envelope bytes: {what}", one.files | {f"{LANE}1.envelope": data})
    # A length in a longer form than it needs: the same envelope in other bytes, which is allowed.
    low, high = rest[0], rest[1]
    longer = top + bytes([low, high | 0x80, 0]) + rest[2:]
    yield one.case("envelope bytes: longer form", one.files | of_envelope(f"{LANE}1", longer))
    for n in range(60):
        data = flipped(value, chance)
        try:
            files = of_envelope(f"{LANE}1", data)
        except (WireError, ProofError):
            files = {f"{LANE}1.envelope": data}
        yield one.case(f"envelope: bit {n} and its files", one.files | files)


def words(one: Good) -> Iterator[Case]:
    """What witnesses say: of other records, out of their time, not at all."""
    where = f"{LANE}2"
    envelope, good = decode_envelope(one.files[f"{where}.envelope"]), one.files[f"{where}.cosigned"]
    spoilt: dict[str, bytes] = {
        "of another": one.files[f"{LANE}5.cosigned"],
        "nothing": b"",
        "not text": b"\xff" + good,
        "cut": good[:-1],
        "a line more": good.replace(b"\n\n", b"\nx\n\n"),
        "extra": good.replace(b"@v1\n", b"@v1\nextra AA==\n"),
        "no index": good.replace(b"index 2\n", b""),
        "another index": good.replace(b"index 2", b"index 1"),
        "index with zero": good.replace(b"index 2", b"index 02"),
        "another file": good.replace(b"proof@v1", b"proof@v2"),
        "no proof": b"\n".join([*good.split(b"\n")[:2], *good.split(b"\n")[3:]]),
        "longer proof": good.replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n\n"),
        "the plain proof": one.files[f"{where}.tlog-proof"],
    }
    for what, checkpoint in {
        "now": cosigned(envelope, NEW, 0),
        "before it was a witness": cosigned(envelope, NEW, -21),
        "when it began": cosigned(envelope, NEW, -20),
        "when it ended": cosigned(envelope, OLD, -5),
        "after it had ended": cosigned(envelope, OLD, -4),
        "by a stolen key": cosigned(envelope, STOLEN, -9),
        "by a stranger": cosigned(envelope, "stranger.example", -9),
        "by another's key": cosigned(envelope, NEW, -9, key(OLD)),
        "by its issuer": cosigned(envelope, f"{ORIGIN._replace(lane=1)}", -9, key("JP")),
        "without a time": envelope.checkpoint
        + note.sign(note.parse(envelope.checkpoint).text, NEW, key(NEW)),
        "by both": cosigned(envelope, NEW, -9)
        + cosigned(envelope, OLD, -9).splitlines(keepends=True)[-1],
        "by one, the other spoilt": cosigned(envelope, NEW, -9)
        + cosigned(envelope, OLD, -8).splitlines()[-1].replace("A", "B")
        + "\n",
    }.items():
        spoilt[what] = to_tlog_proof(replace(envelope, checkpoint=checkpoint)).encode()
    statements = [one.files[f"{LANE}{n}.statement"] for n in range(3)]
    for what, said in {
        "another past": [b"other", *statements[1:]],
        "another future": [*statements, b"other"],
        "another leaf": [*statements[:2], b"other"],
        "a larger tree": [*statements, b"more", b"and more"],
    }.items():
        _, other = Writer(ORIGIN).append(said, key("JP"))
        text = cosigned(other[2], NEW, -9)
        spoilt[what] = to_tlog_proof(replace(other[2], checkpoint=text)).encode()
    for what, data in spoilt.items():
        yield one.case(f"a witness says: {what}", one.files | {f"{where}.cosigned": data})
    files = list(one.files.items())
    at = [name for name, _ in files].index(f"{where}.cosigned")
    moved = [*files[: at - 1], files[at], files[at - 1], *files[at + 1 :]]
    yield one.case("a witness's word before the proof", dict(moved))
    unsaid = next(r for r in records(one.files) if f"{r}.cosigned" not in one.files)
    yield one.case("another's word", _after(one.files, f"{unsaid}.tlog-proof", good, unsaid))
    for days in product((-9, -8, -7), repeat=5):
        yield one.case(f"words of {days}", _said(one.files, days))
    plain = replace(decode_manifest(one.files["manifest.json"]), format=PLAIN)
    yield one.case("a form without words", one.files | {"manifest.json": plain.encode()})


def _said(files: Files, days: tuple[int, ...]) -> Files:
    """With a word so many days ago on each record of JP's first lane; some are of who said two."""
    found: Files = {}
    words = dict(zip((0, 1, 2, 4, 5), days, strict=True))
    for name, data in files.items():
        found |= {} if name.startswith(LANE) and name.endswith(".cosigned") else {name: data}
        index = name.removeprefix(LANE).removesuffix(".tlog-proof")
        if name == f"{LANE}{index}.tlog-proof":
            envelope = decode_envelope(files[f"{LANE}{index}.envelope"])
            text = cosigned(
                envelope, OLD if (int(index) + sum(days)) % 2 else NEW, words[int(index)]
            )
            proof = to_tlog_proof(replace(envelope, checkpoint=text)).encode()
            found[f"{LANE}{index}.cosigned"] = proof
    return found


def _after(files: Files, before: str, data: bytes, record: str) -> Files:
    listed = list(files.items())
    at = [name for name, _ in listed].index(before) + 1
    return dict([*listed[:at], (f"{record}.cosigned", data), *listed[at:]])


def everything(good: dict[str, Good]) -> list[Case]:
    chance = random.Random(20260101)
    found: list[Case] = []
    for name, one in good.items():
        found.append(one.case(name))
        if not any(file.endswith(".cosigned") for file in one.files):
            manifest = replace(decode_manifest(one.files["manifest.json"]), format=PLAIN)
            found.append(one.case(f"{name}, in the form of before", one.files
                                  | {"manifest.json": manifest.encode()}))  # fmt: skip
        for kind in (raw_bits, file_bits, shuffled, claims, trusts):
            found += kind(name, one, chance)
    for one in (good["plain"],):
        found += (*revoked(one), *resigned(one), *envelopes(one, chance))
    found += words(good["rich"])
    return found
