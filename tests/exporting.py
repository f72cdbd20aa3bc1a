"""A small network with fixed keys, an office's inbox filled through the eight steps, and exports.

No broker: records are folded by the inbox's own fold, as a projection would.
"""

import io
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, get_args

from entente.alert.handling import Handling
from entente.alert.receipt import Receipt
from entente.alert.record import (
    AnyAlert,
    Container,
    Event,
    Goods,
    Leg,
    Right,
    Route,
    Seizure,
    Transport,
)
from entente.alert.record import Text as Words
from entente.bus.inbox import Inbox
from entente.bus.reception import Reception
from entente.office import receipts, witness
from entente.office.evidence import Asked, Exported, export
from entente.office.follow import PROJECTION, store
from entente.proof.key import SigningKey
from entente.proof.record import Record
from entente.proof.writer import Writer
from entente.store.database import Database
from entente.trust import lifecycle, metadata
from entente.trust.administration import Administration, Signing, usual_duties, usual_reads
from entente.trust.register import Register
from entente.wire.body import encode_body
from entente.wire.envelope import encode_envelope
from entente.wire.names import Origin, record_key, statement_id, subject_id
from entente.wire.statement import Audience, Change, Statement, encode_statement

NETWORK = "evidence.entente.example"
SECOND = 1_000_000
DAY = 86_400 * SECOND
NOW = 1_767_225_600 * SECOND
"""2026-01-01, the time of all exports here."""
TOPIC = "alerts.asia-pacific"
OFFICE = "RILO-AP"
AMBER = Handling(tlp="AMBER", purpose="risk analysis", source_grade="A", information_grade=1)


def key(name: str) -> SigningKey:
    """A key that is the same each time."""
    return SigningKey(name.encode().ljust(32, b"."))


def member(id: str, role: Any = "administration", lanes: int = 1) -> Administration:
    """A member of one region with its usual duties."""
    regions = ("asia-pacific",)
    duties = usual_duties(role, regions)
    return Administration(
        id=id, name=id, role=role, country=id if role == "administration" else None,
        home="asia-pacific", duties=duties | {TOPIC: lanes}, reads=usual_reads(role, regions),
        signing=(Signing(key(id).public.raw, NOW - 300 * DAY),),
    )  # fmt: skip


class Trust:
    """Officers, a root in so many versions, and registers under it."""

    def __init__(self, seed: str = "", roots: int = 1) -> None:
        self.officers = [key(f"officer {n} {seed}") for n in range(3)]
        self.registrar = key(f"registrar {seed}")
        self.entries: dict[str, bytes] = {}
        for version in range(1, roots + 1):
            # Each root has another third officer, so that each rotation changes something.
            officers = [*self.officers[:2], key(f"officer of root {version} {seed}")]
            root = metadata.root_document(
                NETWORK, version, NOW + 100 * DAY, threshold=2,
                officers=[one.public for one in officers], registrars=[self.registrar.public],
            )  # fmt: skip
            for officer in self.officers[:2]:
                root = metadata.sign(root, officer)
            self.entries[f"root/{version}"] = root

    @property
    def root(self) -> bytes:
        """The first version of the root."""
        return self.entries["root/1"]

    def sign(self, register: Register, until: int = NOW + 30 * DAY) -> Register:
        """Publish the next version of the register."""
        roots = [k for k in self.entries if k.startswith("root/")]
        registers = [k for k in self.entries if k.startswith("register/")]
        before = self.entries[registers[-1]] if registers else None
        new = lifecycle.successor(
            register, before, root=len(roots), now=NOW - 200 * DAY + len(registers), until=until
        )
        signed = metadata.sign(new.document(), self.registrar)
        self.entries[f"register/{new.version}"] = signed
        return Register.load(
            self.root, signed, NOW, roots=[self.entries[name] for name in roots[1:]]
        )


def network(trust: Trust, *ids: str, lanes: int = 1) -> Register:
    """A register of these administrations and the office."""
    members = (*(member(id, lanes=lanes) for id in ids), member(OFFICE, "liaison_office"))
    return trust.sign(
        Register(
            network=NETWORK, made=NOW - 200 * DAY, root=1,
            administrations={one.id: one for one in members},
        )
    )  # fmt: skip


def seizure(ref: str, brand: str = "Acme", country: str = "CN") -> Seizure:
    """A seizure of ordinary size."""
    return Seizure(
        national_ref=ref,
        event=Event(date="2025-11-03", detection=("risk_profile",), direction="import"),
        route=Route(departure=Leg(country=country), location=Leg(country="JP", place="JPTYO")),
        transport=Transport(mode="1", containers=(Container(number="CSQU3054383"),)),
        goods=(
            Goods(
                group="ipr", hs="640411", quantity=Decimal(1200), unit="NPR",
                description=Words(text="sports shoes", language="en"),
                rights=(Right(type="word_mark", brand=brand, holder="Acme Inc"),),
            ),
        ),
    )  # fmt: skip


class Lanes:
    """Lanes of issuers, and the records that come of what is said in them."""

    def __init__(self) -> None:
        self.writers: dict[Origin, Writer] = {}
        self.keys: dict[str, SigningKey] = {}
        self.records: list[Record] = []

    def statement(
        self,
        issuer: str,
        said: AnyAlert | str,
        *,
        version: int = 1,
        change: Change = "NEW",
        handling: Handling = AMBER,
        audience: Audience | None = None,
        issued_at: int = NOW - 10 * DAY,
    ) -> bytes:
        """A statement; what is said is an alert, or the reference of one that is withdrawn."""
        reference = said if isinstance(said, str) else said.national_ref
        subject = subject_id(NETWORK, issuer, reference)
        schema, body = encode_body(said) if not isinstance(said, str) else (None, b"")
        return encode_statement(
            Statement(
                id=statement_id(subject, version, change), subject=subject, version=version,
                change=change, type=schema.fullname if schema else "",
                schema=schema.sha256 if schema else bytes(32), network=NETWORK, issuer=issuer,
                topic=TOPIC, issued_at=issued_at, handling=handling, body=body,
                audience=audience or Audience(),
                reason=None if change == "NEW" else "it was otherwise",
            )
        )  # fmt: skip

    def say(self, issuer: str, *statements: bytes, lane: int = 0, deliver: bool = True) -> None:
        """Sign statements as one batch; what is not delivered is missing at the office."""
        origin = Origin(NETWORK, issuer, TOPIC, lane)
        writer = self.writers.get(origin, Writer(origin))
        self.writers[origin], envelopes = writer.append(
            statements, self.keys.get(issuer) or key(issuer)
        )
        for envelope in envelopes if deliver else ():
            self.records.append(
                Record(TOPIC, 0, len(self.records), 0, record_key(issuer, lane),
                       encode_envelope(envelope))
            )  # fmt: skip


def receive(folder: Path, register: Register, records: Iterable[Record], now: int = NOW) -> None:
    """Fold records into the inbox of an office."""
    clock: Callable[[], int] = partial(int, now)
    reception = Reception(OFFICE, NETWORK, lambda: register, clock)
    inbox = Inbox(reception, clock, get_args(AnyAlert))
    folder.mkdir(parents=True, exist_ok=True)
    waiting = list(records)
    with Database(store(folder)) as database:
        for start in range(0, len(waiting), 1024):
            with database.transaction() as tx:
                rows = tx.rows(PROJECTION, 0)
                for record in waiting[start : start + 1024]:
                    inbox.fold(rows, record)


def receipt(register: Register, *notes: str, by: str = OFFICE) -> bytes:
    """The statement of a receipt with nothing in it but co-signed checkpoints."""
    made = Receipt(lanes=(), witnessed=notes)
    me = register.administration(by)
    return receipts._submission(made, TOPIC, me, NETWORK, NOW - SECOND).statement


def hear(folder: Path, register: Register, *said: bytes, by: str = OFFICE) -> None:
    """Fold receipts of an office into what another one knows of witnesses."""
    topic = "receipts.asia-pacific"
    _, envelopes = Writer(Origin(NETWORK, by, topic, 0)).append(list(said), key(by))
    reception = Reception("NZ", NETWORK, lambda: register, partial(int, NOW + DAY))
    fold = witness.Witnessed(lambda: register, reception)
    with Database(store(folder)) as database, database.transaction() as tx:
        for number, envelope in enumerate(envelopes):
            record = Record(topic, 0, number, 0, record_key(by, 0), encode_envelope(envelope))
            assert fold.fold(tx.rows(witness.PROJECTION, 0), record) == []


def exported(
    folder: Path, register: Register, trust: Trust, asked: Asked | None = None, at: int = NOW
) -> tuple[bytes, Exported]:
    """An export, in memory."""
    file = io.BytesIO()
    done = export(
        folder, register.administration(OFFICE), register, trust.entries, asked or Asked(),
        file=file, made_at=at,
    )  # fmt: skip
    return file.getvalue(), done
