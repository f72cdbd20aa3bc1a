"""Two worlds that differ in what a reader may not see give that reader byte-identical output.

One world lacks an alert, or it says another thing there, or something else is sealed in it. Only
the records themselves differ, which lie on the topic for whoever may read the topic.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from entente.alert.decision import Decision, ProposalReference
from entente.alert.listing import Listing
from entente.alert.proposal import Basis, Proposal, Releasability, Suggestion, Window
from entente.alert.receipt import Receipt
from entente.bus.arrivals import Cursor
from entente.bus.inbox import Inbox
from entente.bus.membership import Membership
from entente.bus.reception import Reception
from entente.coordinate import heard, received
from entente.coordinate.hits import hits
from entente.errors import EntenteError
from entente.office import receipts, show
from entente.office.filter import Filter
from entente.office.follow import read_heads, read_new
from entente.office.opening import Closed, Opener
from entente.office.selection import Asked
from entente.proof.record import Record
from entente.proof.writer import Writer
from entente.store.database import Database
from entente.trust import files
from entente.trust.administration import Administration, Signing
from entente.trust.register import Register
from entente.wire.body import encode_body
from entente.wire.envelope import encode_envelope
from entente.wire.names import Origin, record_key, statement_id, subject_id
from entente.wire.schemas import latest
from entente.wire.statement import (
    Audience,
    LinkToken,
    Sealed,
    Statement,
    decode_statement,
    encode_statement,
)
from exporting import (
    AMBER,
    DAY,
    NETWORK,
    NOW,
    OFFICE,
    Lanes,
    Trust,
    exported,
    key,
    member,
    network,
    seizure,
)
from exporting import receive as fold
from spoiling import Files, unpacked

quick = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
OTHERS = (
    Audience(administrations=("NZ",)),
    Audience(regions=("cis",)),
    Audience(regions=("cis", "caribbean"), administrations=("NZ", "JP")),
)
OURS = (
    Audience(), Audience(administrations=(OFFICE, "NZ")), Audience(regions=("asia-pacific", "cis"))
)  # fmt: skip
_folders = count()


class Said(NamedTuple):
    """Something said: an alert, or with ``text`` None its withdrawal."""

    issuer: str
    ref: str
    text: str | None
    audience: Audience
    sealed: bool = False


visible = st.builds(
    Said, st.sampled_from(("JP", "FR")), st.sampled_from("abc"),
    st.none() | st.sampled_from(("Acme", "Zeta")), st.sampled_from(OURS), st.booleans(),
)  # fmt: skip
hidden = st.builds(
    Said, st.sampled_from(("JP", "FR")), st.sampled_from("abcx"),
    st.none() | st.sampled_from(("Acme", "Secret")), st.sampled_from(OTHERS), st.booleans(),
)  # fmt: skip


class Office:
    """An office that has read a history."""

    def __init__(
        self,
        folder: Path,
        trusted: tuple[Trust, Register],
        history: Iterable[Said | None],
        noise: Callable[[int], bytes] = bytes,
    ) -> None:
        trust, register = trusted
        self.folder, self.trust, self.register = folder, trust, register
        lanes = Lanes()
        for number, said in enumerate(history, 1):
            if said is None:
                continue
            # A version is its place in the history, so that it is the same in both worlds.
            alert = said.ref if said.text is None else seizure(said.ref, said.text)
            data = lanes.statement(
                said.issuer, alert, version=number, audience=said.audience,
                change="NEW" if said.text else "WITHDRAWAL",
            )  # fmt: skip
            if said.sealed and said.text:
                data = encode_statement(sealed(decode_statement(data), noise))
            lanes.say(said.issuer, data)
        fold(folder, register, lanes.records)
        files.write(folder / "register.json", trust.entries["register/1"])

    def everything(self) -> bytes:
        """All that this reader is shown, as bytes."""
        opener = Opener(self.folder, None)
        cursor: Cursor = {}
        new = read_new(self.folder, cursor, 10_000, opener=opener, closed=Closed())
        heads = read_heads(self.folder, opener=opener)
        shown: list[Any] = [
            sorted(map(str, (one.to_json() for one in new))),
            [one.to_json() for one in heads],
            [(show.line(one), list(show.names(one))) for one in heads],
            len(heads), len(new),
            [f.wants(one) for one in heads
             for f in (Filter(text="secret"), Filter(issuers=("JP",)), Filter(hs="64"))],
            self.errors(),
        ]  # fmt: skip
        return msgspec.json.encode(shown)

    def errors(self) -> list[str]:
        """What the office says when it cannot give what is asked for."""
        found = []
        for asked in (Asked(filter=Filter(text="secret")), Asked(filter=Filter(text="acme"))):
            try:
                _, done = exported(self.folder, self.register, self.trust, asked)
                found.append(f"{done.manifest.records} {done.left_out} {done.manifest.marks}")
            except EntenteError as error:
                found.append(f"{error} {error.advice}")
        return found

    def export(self) -> Files | str:
        """An export of all that it holds, or why there is none.

        But for the proofs: they hold the hash of every leaf of a lane, also of those for others.
        """
        try:
            files = unpacked(exported(self.folder, self.register, self.trust)[0])
        except EntenteError as error:
            return f"{error} {error.advice}"
        proofs = ("envelope", "tlog-proof", "SHA256SUMS")
        return {name: b"" if name.endswith(proofs) else data for name, data in files.items()}

    def receipts(self) -> list[Receipt | object]:
        """What it tells the originators."""
        membership = Membership.__new__(Membership)
        membership._register = self.register
        with Database(self.folder / receipts.STORE) as database, database.transaction() as tx:
            said = asyncio.run(receipts.new(self.folder, tx, membership, OFFICE, NOW))
        return [decode_statement(one.statement).body for one in said]


def sealed(statement: Statement, noise: Callable[[int], bytes]) -> Statement:
    """With a sealed part that we cannot open: noise, and a token of noise."""
    return replace(
        statement,
        sealed=Sealed(schema=latest("nominal").sha256, nonce=noise(12), ciphertext=noise(40)),
        link_tokens=(LinkToken(kind="phone.1", epoch="2026Q4", token=noise(16)),),
    )


@pytest.fixture(scope="module")
def trusted() -> tuple[Trust, Register]:
    trust = Trust()
    return trust, network(trust, "JP", "FR", "NZ")


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[], Path]:
    def new() -> Path:
        found = tmp_path / str(next(_folders)) / OFFICE
        files.write_key(found / "hpke.key", X25519PrivateKey.from_private_bytes(bytes(32)), None)
        return found

    return new


@quick
@given(st.lists(visible, max_size=6), hidden, st.integers(0, 6))
@example(  # a withdrawal that comes before what it withdraws, for who was not told the first
    [Said("JP", "a", None, Audience()), Said("JP", "a", "Acme", Audience())],
    Said("JP", "a", "Acme", OTHERS[0]),
    0,
)
def test_an_alert_said_to_others_is_as_if_it_had_not_been_said(
    trusted: tuple[Trust, Register], folder: Callable[[], Path],
    history: list[Said], secret: Said, at: int,
) -> None:  # fmt: skip
    with_it = [*history[:at], secret, *history[at:]]
    without = [*history[:at], None, *history[at:]]
    one = Office(folder(), trusted, with_it)
    other = Office(folder(), trusted, without)
    assert one.everything() == other.everything()


@quick
@given(st.lists(visible, max_size=5), hidden, hidden, st.integers(0, 5))
def test_what_an_alert_to_others_says_shows_nowhere(
    trusted: tuple[Trust, Register], folder: Callable[[], Path],
    history: list[Said], a: Said, b: Said, at: int,
) -> None:  # fmt: skip
    """Here both worlds have the place in the lane, and so even receipts are the same."""
    b = b._replace(issuer=a.issuer)
    worlds = [
        Office(folder(), trusted, [*history[:at], secret, *history[at:]]) for secret in (a, b)
    ]
    assert worlds[0].everything() == worlds[1].everything()
    assert worlds[0].receipts() == worlds[1].receipts()
    assert worlds[0].export() == worlds[1].export()


@quick
@given(st.lists(visible.map(lambda said: said._replace(sealed=True)), min_size=1, max_size=4))
def test_what_is_sealed_shows_nowhere(
    trusted: tuple[Trust, Register], folder: Callable[[], Path], history: list[Said]
) -> None:
    worlds = [
        Office(folder(), trusted, history, noise)
        for noise in (secrets.token_bytes, lambda size: b"\1" * (size + (size == 40) * 9))
    ]
    assert worlds[0].everything() == worlds[1].everything()
    assert worlds[0].receipts() == worlds[1].receipts()


# Proposals


def proposal(case: str, allowed: Releasability) -> Proposal:
    return Proposal(
        case=case, pattern="network", claim=f"case {case}", probability=Decimal("0.900"),
        bits=Decimal("9.0"), releasability=allowed,
        window=Window(first="2026-01-01", last="2026-02-01", stale_after="2026-08-01"),
        suggestion=Suggestion(type="bilateral", leader="JP", days=10, reason="two saw it"),
        innocent_explanation="chance", refuted_by="an invoice",
        basis=Basis(engine="1", rules="1", weights="1", calibration="1", epoch=1),
    )  # fmt: skip


CASES = tuple(str(subject_id(NETWORK, "CORRELATOR", case)) for case in "abc")
allowed = st.sampled_from(
    (
        Releasability(tlp="AMBER"),
        Releasability(tlp="AMBER", regions=("asia-pacific",), administrations=()),
    )
)
barred = st.sampled_from(
    (
        Releasability(tlp="AMBER", regions=("cis",), administrations=()),
        Releasability(tlp="AMBER", regions=(), administrations=("NZ",)),
        Releasability(tlp="AMBER", regions=(), administrations=()),  # nobody in common
    )
)
said_proposals = st.lists(st.tuples(st.sampled_from(CASES), allowed), max_size=4)


@quick
@given(said_proposals, st.sampled_from(CASES), barred, st.integers(0, 4))
def test_a_proposal_for_others_is_as_if_it_had_not_been_made(
    trusted: tuple[Trust, Register], folder: Callable[[], Path],
    history: list[tuple[str, Releasability]], case: str, release: Releasability, at: int,
) -> None:  # fmt: skip
    trust = Trust("proposals")
    register = correlated(trust)
    outputs = []
    for extra in ([(case, release)], [None]):
        place = folder()
        proposals(place, register, [*history[:at], *extra, *history[at:]])
        files.write(place / "register.json", trust.entries["register/1"])
        found = received.read(place)
        outputs.append(msgspec.json.encode([found, hits((one.proposal for one in found), OFFICE)]))
    assert outputs[0] == outputs[1]


@quick
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(OURS)), max_size=4),
    st.sampled_from("abcx"), st.sampled_from(OTHERS), st.integers(0, 4), st.booleans(),
)  # fmt: skip
def test_a_decision_said_to_others_is_as_if_it_had_not_been_made(
    folder: Callable[[], Path],
    history: list[tuple[str, Audience]], case: str, audience: Audience, at: int, listed: bool,
) -> None:  # fmt: skip
    trust = Trust("decisions")
    register = correlated(trust)
    outputs = []
    for extra in ((case, audience), None):
        place = folder()
        said = [
            one and (one[0], listing(one[0]) if listed else decision(one[0]), one[1])
            for one in (*history[:at], extra, *history[at:])
        ]
        spoken(register, said, "COORD-AP", heard.store(place), heard.PROJECTION)
        files.write(place / "register.json", trust.entries["register/1"])
        outputs.append(msgspec.json.encode([heard.read(place), heard.listings(place)]))
    assert outputs[0] == outputs[1]


def decision(case: str) -> Decision:
    return Decision(
        proposal=ProposalReference(case=case, version=1, statement="0" * 64), ruling="accept",
        alerts=(case,),
    )  # fmt: skip


def listing(value: str) -> Listing:
    return Listing(service="courier", known_by="name", value=value, reason="known")


def correlated(trust: Trust) -> Register:
    """A network with a correlator and a coordinator."""
    correlator = Administration(
        id="CORRELATOR", role="correlator", name="C", duties={"proposals.asia-pacific": 1},
        signing=(Signing(key("CORRELATOR").public.raw, NOW - 300 * DAY),),
    )  # fmt: skip
    coordinator = Administration(
        id="COORD-AP", role="coordinator", name="A", duties={"decisions.asia-pacific": 1},
        signing=(Signing(key("COORD-AP").public.raw, NOW - 300 * DAY),),
    )  # fmt: skip
    members = (member(OFFICE, "liaison_office"), correlator, coordinator)
    return trust.sign(
        Register(
            network=NETWORK, made=NOW - 200 * DAY, root=1,
            administrations={one.id: one for one in members},
        )
    )  # fmt: skip


def proposals(
    folder: Path, register: Register, history: Iterable[tuple[str, Releasability] | None]
) -> None:
    """Fold what a correlator said into a coordinator's store."""
    said = [
        one
        and (
            one[0],
            proposal(*one),
            Audience(regions=one[1].regions or (), administrations=one[1].administrations or ()),
        )
        for one in history
    ]
    spoken(register, said, "CORRELATOR", received.store(folder), received.PROJECTION)


def spoken(
    register: Register,
    history: Iterable[tuple[str, Proposal | Decision | Listing, Audience] | None],
    issuer: str,
    store: Path,
    projection: str,
) -> None:
    """Fold what one issuer said into a store."""
    (topic,) = register.administration(issuer).duties
    origin = Origin(NETWORK, issuer, topic, 0)
    writer, records = Writer(origin), list[Record]()
    for number, said in enumerate(history, 1):
        if said is None:
            continue
        about, what, audience = said
        schema, body = encode_body(what)
        subject = subject_id(NETWORK, issuer, about)
        statement = Statement(
            id=statement_id(subject, number, "NEW"), subject=subject, version=number,
            change="NEW", type=schema.fullname, schema=schema.sha256, network=NETWORK,
            issuer=issuer, topic=origin.topic, issued_at=NOW - DAY, handling=AMBER, body=body,
            audience=audience,
        )  # fmt: skip
        writer, (envelope,) = writer.append([encode_statement(statement)], key(issuer))
        records.append(
            Record(origin.topic, 0, len(records), 0, record_key(issuer, 0),
                   encode_envelope(envelope))
        )  # fmt: skip
    reception = Reception(OFFICE, NETWORK, lambda: register, lambda: NOW)
    inbox = Inbox(reception, lambda: NOW, (Proposal, Decision, Listing))
    with Database(store) as database, database.transaction() as tx:
        for record in records:
            inbox.fold(tx.rows(projection, 0), record)
