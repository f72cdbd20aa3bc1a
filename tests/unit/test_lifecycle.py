"""Trust over years: versions that follow each other, readers that notice when they do not."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from entente.alert.handling import Handling
from entente.alert.record import Event as Happening
from entente.alert.record import Goods, Leg, Route, Seizure
from entente.errors import TrustError, UnknownParty
from entente.proof.checkpoint import parse
from entente.proof.key import SigningKey
from entente.proof.read import read
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.proof.writer import Writer
from entente.trust import enrolment, lifecycle, metadata, pki
from entente.trust.administration import Administration, Believed, Hpke, Signing, Witness
from entente.trust.chain import Chain
from entente.trust.register import Agreement, Register
from entente.wire.body import encode_body
from entente.wire.envelope import encode_envelope
from entente.wire.names import Origin, statement_id, subject_id
from entente.wire.statement import Statement, encode_statement

START = 1_764_000_000_000_000
DAY = 86_400_000_000
NETWORK = "demo.entente.example"
LANE = f"{NETWORK}/JP/alerts.asia-pacific/0"


class Office:
    """A secretariat in memory, with three officers of whom two must sign, and a registrar."""

    def __init__(self, network: str = NETWORK) -> None:
        self.network = network
        self.officers = [SigningKey.generate() for _ in range(3)]
        self.registrar = SigningKey.generate()
        self.entries: dict[str, bytes] = {}
        self.roots = 0
        self.registers = 0
        self.content = Register(network=network, made=START, root=1)
        self.new_root(START)

    def new_root(
        self,
        now: int,
        *,
        officers: list[SigningKey] | None = None,
        registrar: SigningKey | None = None,
        life: int = 3650 * DAY,
    ) -> None:
        """Make the next root, signed by two officers of before and all of the new."""
        before, self.officers = self.officers, officers or self.officers
        self.registrar = registrar or self.registrar
        document = metadata.root_document(
            self.network,
            self.roots + 1,
            now + life,
            officers=[key.public for key in self.officers],
            threshold=2,
            registrars=[self.registrar.public],
        )
        for key in {*before[:2], *self.officers}:
            document = metadata.sign(document, key)
        self.roots += 1
        self.entries[f"root/{self.roots}"] = document

    def publish(self, content: Register, now: int, life: int = 90 * DAY) -> bytes:
        """Number, sign and publish the next register."""
        new = lifecycle.successor(
            content,
            self.entries.get(f"register/{self.registers}"),
            root=self.roots,
            now=now,
            until=now + life,
        )
        self.registers = new.version
        self.content = new
        data = metadata.sign(new.document(), self.registrar)
        self.entries[f"register/{new.version}"] = data
        return data


class Keys(NamedTuple):
    signing: SigningKey
    member: Administration


def keys(id: str = "JP", start: int = START) -> Keys:
    signing = SigningKey.generate()
    hpke = Hpke(X25519PrivateKey.generate().public_key().public_bytes_raw(), start)
    member = Administration(
        id=id,
        name=id,
        home="asia-pacific",
        signing=(Signing(signing.public.raw, start),),
        hpke=(hpke,),
    )
    return Keys(signing, member)


@pytest.fixture
def office() -> Office:
    made = Office()
    made.publish(lifecycle.enrol(made.content, keys().member), START)
    return made


def fresh(office: Office) -> Chain:
    return Chain(office.entries["root/1"])


# Attacks on what a reader is shown: each case changes the entries that the true office published
# (root 1 and 2, register 1 to 3) and names the words that must appear.

Attack = Callable[[dict[str, bytes], Office], None]


def resigned(data: bytes, key: SigningKey) -> bytes:
    tree = json.loads(data)
    tree["signatures"] = []
    return metadata.sign(json.dumps(tree).encode(), key)


def rollback(entries: dict[str, bytes], office: Office) -> None:
    del entries["register/3"]
    del entries["register/2"]


def another_history(entries: dict[str, bytes], office: Office) -> None:
    """The registrar itself shows one reader another register 2, and a register 3 upon it."""
    two = replace(Register.content(metadata.parse(entries["register/2"])), made=START + 2)
    entries["register/2"] = metadata.sign(two.document(), office.registrar)
    three = lifecycle.successor(
        two, entries["register/2"], root=2, now=START + 5 * DAY, until=START + 90 * DAY
    )
    entries["register/3"] = metadata.sign(three.document(), office.registrar)


def grafted(entries: dict[str, bytes], office: Office) -> None:
    """The same, but the register 2 that differs is not shown."""
    another_history(entries, office)
    del entries["register/2"]


def hidden_version(entries: dict[str, bytes], office: Office) -> None:
    del entries["register/2"]


def skipped_link(entries: dict[str, bytes], office: Office) -> None:
    entries["register/2"] = entries["register/1"]


def renamed(entries: dict[str, bytes], office: Office) -> None:
    entries["register/4"] = entries["register/3"]


def strange_key(entries: dict[str, bytes], office: Office) -> None:
    entries["register/03"] = entries["register/3"]


def foreign_registrar(entries: dict[str, bytes], office: Office) -> None:
    entries["register/3"] = resigned(entries["register/3"], SigningKey.generate())


def officer_as_registrar(entries: dict[str, bytes], office: Office) -> None:
    entries["register/3"] = resigned(entries["register/3"], office.officers[0])


def unsigned(entries: dict[str, bytes], office: Office) -> None:
    tree = json.loads(entries["register/3"])
    tree["signatures"] = []
    entries["register/3"] = json.dumps(tree).encode()


def tampered(entries: dict[str, bytes], office: Office) -> None:
    entries["register/3"] = entries["register/3"].replace(b'"name":"JP"', b'"name":"XX"')


def one_officer(entries: dict[str, bytes], office: Office) -> None:
    entries["root/2"] = resigned(entries["root/2"], office.officers[0])


def foreign_root(entries: dict[str, bytes], office: Office) -> None:
    """Thieves with two keys of their own make a root 2 that only they sign."""
    thieves = Office()
    thieves.new_root(START)
    entries["root/2"] = thieves.entries["root/2"]


def other_network(entries: dict[str, bytes], office: Office) -> None:
    """The same officers run an exercise: its root 2 and registers are not this network's."""
    exercise = Office("exercise.entente.example")
    exercise.officers, exercise.registrar = office.officers, office.registrar
    exercise.new_root(START)
    entries["root/2"] = exercise.entries["root/2"]


def foreign_content(entries: dict[str, bytes], office: Office) -> None:
    """A register of the exercise, signed by the same registrar, among this network's files."""
    other = replace(
        Register.content(metadata.parse(entries["register/3"])), network="exercise.entente.example"
    )
    entries["register/3"] = metadata.sign(other.document(), office.registrar)


def missing_root(entries: dict[str, bytes], office: Office) -> None:
    del entries["root/2"]


def root_gap(entries: dict[str, bytes], office: Office) -> None:
    entries["root/4"] = entries["root/2"]


def rewritten_root(entries: dict[str, bytes], office: Office) -> None:
    entries["root/1"] = Office().entries["root/1"]


def swapped(entries: dict[str, bytes], office: Office) -> None:
    entries["register/3"] = entries["root/2"]


def noise(entries: dict[str, bytes], office: Office) -> None:
    entries["register/3"] = b"\xff" * 1000


def deep(entries: dict[str, bytes], office: Office) -> None:
    entries["register/3"] = b"[" * 200_000


def huge(entries: dict[str, bytes], office: Office) -> None:
    entries["register/3"] = b" " * (metadata.REGISTER_LIMIT + 1)


def twice_the_same_key(entries: dict[str, bytes], office: Office) -> None:
    """One officer signs under two names: a key id is not a key."""
    tree = json.loads(entries["root/1"])
    tree["signed"]["version"] = 2
    ids = tree["signed"]["roles"]["root"]["keyids"]
    tree["signed"]["keys"]["again"] = tree["signed"]["keys"][ids[0]]
    ids.append("again")
    tree["signatures"] = []
    entries["root/2"] = metadata.sign(json.dumps(tree).encode(), office.officers[0])


ATTACKS: list[tuple[Attack, str]] = [
    (rollback, "was here before, now only 1 is shown"),
    (another_history, "register 2 is another than was here before"),
    (grafted, "register 3 does not follow register 2 as it was here"),
    (hidden_version, "register 2 is another|register 2 is missing|missing between"),
    (skipped_link, "another than was here before"),
    (renamed, "does not follow register 3"),
    (strange_key, "not a key of the register topic"),
    (foreign_registrar, "not signed as root 2 demands"),
    (officer_as_registrar, "not signed as root 2 demands"),
    (unsigned, "not signed as root 2 demands"),
    (tampered, "not signed as root 2 demands"),
    (one_officer, "not signed as root 1 demands"),
    (foreign_root, "not signed as root 1 demands"),
    (other_network, "of another network"),
    (foreign_content, "of network 'exercise"),
    (missing_root, "not signed as root 1 demands|only root 1 is here"),
    (root_gap, "root 3 is missing"),
    (rewritten_root, "root 1 is another than was here before"),
    (swapped, "not a register file|does not follow|not well formed"),
    (noise, "not TUF metadata"),
    (deep, "not TUF metadata"),
    (huge, "bytes; at most"),
    (twice_the_same_key, "names a key twice"),
]

# Against these a reader that knows nothing yet has no defence but its root; it needs the chain.
ONLY_WITH_MEMORY = {rollback, another_history, grafted, hidden_version, skipped_link}


def attacked_office() -> Office:
    office = Office()
    office.publish(lifecycle.enrol(office.content, keys().member), START)
    office.new_root(START + DAY, registrar=SigningKey.generate())
    office.publish(office.content, START + 2 * DAY)
    office.publish(lifecycle.add_duties(office.content, "JP", {"alerts.cis": 1}), START + 3 * DAY)
    return office


@pytest.mark.parametrize(
    ("attack", "says"), ATTACKS, ids=lambda value: getattr(value, "__name__", "")
)
def test_an_attack_on_a_reader_that_knows_version_two(attack: Attack, says: str) -> None:
    office = attacked_office()
    first = {key: office.entries[key] for key in ("root/1", "register/1")}
    reader = fresh(office).follow(first, START + DAY)
    if attack in ONLY_WITH_MEMORY:
        known = {k: v for k, v in office.entries.items() if k != "register/3"}
        reader = reader.follow(known, START + 3 * DAY)
    shown = dict(office.entries)
    assert reader.follow(shown, START + 4 * DAY).load(START + 4 * DAY).version == 3
    attack(shown, office)
    if attack is hidden_version:
        reader = fresh(office).follow(
            {k: office.entries[k] for k in ("root/1", "register/1")}, START
        )
    with pytest.raises(TrustError, match=says):
        reader.follow(shown, START + 4 * DAY)


@pytest.mark.parametrize(
    "attack",
    [attack for attack, _ in ATTACKS if attack not in ONLY_WITH_MEMORY],
    ids=lambda attack: attack.__name__,
)
def test_an_attack_on_a_fresh_reader(attack: Attack) -> None:
    office = attacked_office()
    shown = dict(office.entries)
    attack(shown, office)
    with pytest.raises(TrustError):
        fresh(office).follow(shown, START + 4 * DAY)


def test_every_flipped_byte_of_a_register_is_noticed(office: Office) -> None:
    good = office.entries["register/1"]
    unharmed = Register.load(office.entries["root/1"], good, START)
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 1
        try:
            found = Register.load(office.entries["root/1"], bytes(bad), START)
        except TrustError:
            continue
        # What is outside the signed part may change; what is said may not.
        assert found == unharmed, at


def test_a_frozen_register_is_noticed_when_it_expires(office: Office) -> None:
    reader = fresh(office).follow(office.entries, START)
    assert reader.follow(office.entries, START + 90 * DAY - 1_000_000)
    with pytest.raises(TrustError, match="register 1 expired on") as caught:
        reader.follow(office.entries, START + 90 * DAY)
    assert "holding it back" in caught.value.advice


def test_an_expired_root_is_noticed(office: Office) -> None:
    office.new_root(START, life=10 * DAY)
    office.publish(office.content, START)
    with pytest.raises(TrustError, match="root 2 expired"):
        fresh(office).follow(office.entries, START + 11 * DAY)


def test_nothing_new_changes_nothing(office: Office) -> None:
    reader = fresh(office).follow(office.entries, START)
    assert reader.follow({}, START) == reader
    assert reader.follow(office.entries, START) == reader
    with pytest.raises(TrustError, match="no register yet"):
        fresh(office).follow({}, START)
    with pytest.raises(TrustError, match="no register yet"):
        fresh(office).load(START)


def test_registers_of_before_are_known_by_the_hash_that_their_successor_names(
    office: Office,
) -> None:
    for day in (1, 2):
        office.publish(replace(office.content, made=START + day), START + day * DAY)
    chain = fresh(office).follow(office.entries, START + 2 * DAY)
    assert dict(chain.before(office.entries)) == {
        version: office.entries[f"register/{version}"] for version in (1, 2)
    }
    forged = dict(office.entries)
    another_history(forged, office)
    with pytest.raises(TrustError, match="register 2 is not the one that register 3 names"):
        dict(chain.before(forged))
    del forged["register/2"]
    assert dict(chain.before(forged)) == {}


def test_more_signatures_are_not_another_register(office: Office) -> None:
    reader = fresh(office).follow(office.entries, START)
    office.entries["register/1"] = metadata.sign(
        office.entries["register/1"], SigningKey.generate()
    )
    assert reader.follow(office.entries, START).load(START).version == 1


def test_a_year_away_and_ten_rotations_later() -> None:
    """Keys of members, officers and registrar all change; old and fresh readers agree."""
    office, jp = Office(), keys()
    office.publish(lifecycle.enrol(office.content, jp.member), START)
    sleeper = fresh(office).follow(office.entries, START)
    used = [jp.signing]
    now = START
    for turn in range(10):
        now += 36 * DAY
        officers = [*office.officers[1:], SigningKey.generate()]
        office.new_root(now, officers=officers, registrar=SigningKey.generate(), life=100 * DAY)
        used.append(SigningKey.generate())
        new = Signing(used[-1].public.raw, now)
        content = lifecycle.rotate_signing(office.content, "JP", new)
        new_hpke = Hpke(X25519PrivateKey.generate().public_key().public_bytes_raw(), now)
        content = lifecycle.rotate_hpke(content, "JP", new_hpke)
        office.publish(content, now)
        seen = {LANE: Believed(10 * turn + 10, bytes([turn] * 32))}
        old = used[-2].public.raw
        office.publish(
            lifecycle.end_signing(office.content, "JP", old, why="retired", at=now, believed=seen),
            now,
        )
    awake = sleeper.follow(office.entries, now)
    assert awake.load(now) == fresh(office).follow(office.entries, now).load(now)
    assert sleeper.load(START).version == 1
    register = awake.load(now)
    assert register.version == 21
    party = register.party("JP")
    assert party is not None
    by_key = {key.public: key for key in party.keys}
    assert set(by_key) == {key.public for key in used}
    for turn, key in enumerate(used[:-1]):
        message = b"said in turn %d" % turn
        known = by_key[key.public]
        assert known.public.verify(key.sign(message), message)
        assert known.valid_from == START + turn * 36 * DAY
        assert known.valid_until == START + (turn + 1) * 36 * DAY
        assert known.believed[LANE].size == 10 * turn + 10
    assert by_key[used[-1].public].ended is None


class Issuer:
    """JP's lane writer, whatever key it holds at the time."""

    def __init__(self) -> None:
        self.writer = Writer(Origin.parse(LANE))
        self.records: list[Record] = []
        self.seen: dict[str, Believed] = {}

    def say(self, key: SigningKey, at: int, count: int = 3) -> None:
        """Say ``count`` alerts in one batch, and remember the checkpoint."""
        said = [self.statement(len(self.records) + n, at) for n in range(count)]
        self.writer, envelopes = self.writer.append(said, key)
        for envelope in envelopes:
            value = encode_envelope(envelope)
            topic = self.writer.origin.topic
            record_key = b"JP/0"
            self.records.append(Record(topic, 0, len(self.records), 0, record_key, value))
        checkpoint = parse(envelopes[-1].checkpoint).checkpoint
        self.seen = {LANE: Believed(checkpoint.size, checkpoint.root)}

    @staticmethod
    def statement(number: int, at: int) -> bytes:
        alert = Seizure(
            national_ref=str(number),
            event=Happening(date="2025-11-24"),
            route=Route(location=Leg(country="JP")),
            goods=(Goods(group="ipr"),),
        )
        schema, body = encode_body(alert)
        subject = subject_id(NETWORK, "JP", alert.national_ref)
        return encode_statement(
            Statement(
                id=statement_id(subject, 1, "NEW"),
                subject=subject,
                version=1,
                change="NEW",
                type=schema.fullname,
                schema=schema.sha256,
                network=NETWORK,
                issuer="JP",
                topic="alerts.asia-pacific",
                issued_at=at,
                handling=Handling(
                    tlp="AMBER", purpose="ipr", source_grade="A", information_grade=1
                ),
                body=body,
            )
        )

    def judged(self, register: Register, now: int) -> list[str]:
        """Read all records as a fresh reader with this register."""
        rows = MemoryRows()
        found = [read(record, rows, register, NETWORK, now) for record in self.records]
        return [str(getattr(verdict, "code", "accepted")) for verdict in found]


def test_history_from_before_ten_rotations_verifies_in_a_fresh_reader() -> None:
    office, jp, issuer = Office(), keys(), Issuer()
    office.publish(lifecycle.enrol(office.content, jp.member), START)
    key, now = jp.signing, START
    for _ in range(10):
        issuer.say(key, now + DAY)
        old, now = key, now + 36 * DAY
        key = SigningKey.generate()
        content = lifecycle.rotate_signing(office.content, "JP", Signing(key.public.raw, now))
        content = lifecycle.end_signing(
            content, "JP", old.public.raw, why="retired", at=now, believed=issuer.seen
        )
        office.publish(content, now)
    issuer.say(key, now)
    register = fresh(office).follow(office.entries, now).load(now)
    assert issuer.judged(register, now) == ["accepted"] * 33


def test_after_a_theft_what_honest_people_saw_still_holds() -> None:
    office, jp, issuer = Office(), keys(), Issuer()
    office.publish(lifecycle.enrol(office.content, jp.member), START)
    issuer.say(jp.signing, START + DAY)
    honest = issuer.seen
    issuer.say(jp.signing, START + DAY)
    register = fresh(office).follow(office.entries, START + DAY).load(START + DAY)
    assert issuer.judged(register, START + 2 * DAY) == ["accepted"] * 6
    stolen = jp.signing.public.raw
    content = lifecycle.end_signing(
        office.content, "JP", stolen, why="compromised", at=START + 2 * DAY, believed=honest
    )
    office.publish(content, START + 2 * DAY)
    register = fresh(office).follow(office.entries, START + 2 * DAY).load(START + 2 * DAY)
    verdicts = issuer.judged(register, START + 2 * DAY)
    assert verdicts == ["accepted"] * 3 + ["not-believed"] * 3
    nothing = lifecycle.end_signing(
        content, "JP", stolen, why="compromised", at=START + 2 * DAY, believed={}
    )
    assert issuer.judged(nothing, START + 2 * DAY) == ["not-believed"] * 6


def test_who_retires_is_still_read() -> None:
    office, jp, issuer = Office(), keys(), Issuer()
    enrolled = lifecycle.enrol(office.content, jp.member)
    issuer.say(jp.signing, START + DAY)
    gone = lifecycle.retire(enrolled, "JP", at=START + 2 * DAY, believed=issuer.seen)
    issuer.say(jp.signing, START + 3 * DAY)
    verdicts = issuer.judged(gone, START + 4 * DAY)
    assert verdicts[:3] == ["accepted"] * 3
    assert "accepted" not in verdicts[3:]


def test_roots_are_followed_one_by_one(office: Office) -> None:
    """Also those that the same officers signed: a root left out may have revoked one of them."""
    for _ in range(2):
        office.new_root(START)
    office.publish(office.content, START)
    one, two, three = (office.entries[f"root/{n}"] for n in (1, 2, 3))
    newest = office.entries["register/2"]
    assert Register.load(one, newest, START, roots=[two, three]).root == 3
    for roots in ([three], [two, two, three], [two, three, two], [one, two, three]):
        with pytest.raises(TrustError, match="cannot follow root"):
            Register.load(one, newest, START, roots=roots)


def test_officers_sign_on_machines_of_their_own(office: Office) -> None:
    draft = metadata.root_document(
        NETWORK,
        2,
        START + DAY,
        officers=[key.public for key in office.officers],
        threshold=2,
        registrars=[office.registrar.public],
    )
    root = office.entries["root/1"]
    assert metadata.signatures_missing(root, draft) == 2
    copies = [metadata.sign(draft, key) for key in office.officers[:2]]
    assert [metadata.signatures_missing(root, copy) for copy in copies] == [1, 1]
    whole = metadata.merge(*copies)
    assert metadata.signatures_missing(root, whole) == 0
    assert metadata.newest_root(root, [whole]).version == 2
    with pytest.raises(TrustError, match="do not say the same"):
        metadata.merge(copies[0], root)
    stranger = metadata.sign(copies[0], SigningKey.generate())
    assert metadata.signatures_missing(root, stranger) == 1


def test_a_root_needs_those_before_it_and_its_own(office: Office) -> None:
    newcomers = [SigningKey.generate() for _ in range(2)]
    draft = metadata.root_document(
        NETWORK,
        2,
        START + DAY,
        officers=[key.public for key in newcomers],
        threshold=2,
        registrars=[office.registrar.public],
    )
    root = office.entries["root/1"]
    for signers in (newcomers, office.officers[:2]):
        half = draft
        for key in signers:
            half = metadata.sign(half, key)
        assert metadata.signatures_missing(root, half) == 2
        with pytest.raises(TrustError, match="not signed"):
            metadata.newest_root(root, [half])


@pytest.mark.parametrize(("officers", "threshold"), [(2, 3), (0, 1), (2, 0), (0, 0)])
def test_a_threshold_that_cannot_be_met_is_refused(officers: int, threshold: int) -> None:
    public = [SigningKey.generate().public for _ in range(officers)]
    with pytest.raises(TrustError, match="cannot sign"):
        metadata.root_document(
            NETWORK, 1, START, officers=public, threshold=threshold, registrars=public
        )


def test_a_key_counts_once() -> None:
    key = SigningKey.generate().public
    with pytest.raises(TrustError, match="cannot sign"):
        metadata.root_document(
            NETWORK, 1, START, officers=[key, key], threshold=1, registrars=[key]
        )


# The steps of a life


def test_enrolment_by_request(office: Office) -> None:
    signing, hpke, tls = SigningKey.generate(), X25519PrivateKey.generate(), pki.new_key()
    member = Administration(id="FR", name="Douane", country="FR", home="western-europe")

    def ask(**more: object) -> bytes:
        arguments = {"signing": signing, "hpke": hpke, "tls": tls, "start": START, **more}
        return enrolment.make(NETWORK, member, **arguments)  # type: ignore[arg-type]

    request = enrolment.read(ask(), NETWORK, office.content)
    content = lifecycle.enrol(office.content, request.administration)
    assert content.administration("FR").duties["alerts.western-europe"] == 1
    assert content.administration("FR").signing[0].public == signing.public.raw
    with pytest.raises(TrustError, match="enrolled already"):
        lifecycle.enrol(content, request.administration)
    new = SigningKey.generate()
    with pytest.raises(TrustError, match="no key of it endorses") as caught:
        enrolment.read(ask(signing=new), NETWORK, content)
    assert "another channel" in caught.value.advice
    with pytest.raises(TrustError, match="no key of it endorses"):
        enrolment.read(ask(signing=new, current=new), NETWORK, content)
    asked = enrolment.read(
        ask(signing=new, hpke=X25519PrivateKey.generate(), start=START + DAY, current=signing),
        NETWORK,
        content,
    )
    content = lifecycle.rekey(content, asked.administration)
    assert content.administration("FR").signing[0].until == START + DAY
    assert content.hpke_key("FR", START + DAY).public != content.hpke_key("FR", START).public


def test_requests_that_are_refused(office: Office) -> None:
    jp = keys("FR")
    data = enrolment.make(
        NETWORK,
        jp.member,
        signing=jp.signing,
        hpke=X25519PrivateKey.generate(),
        tls=pki.new_key(),
        start=START,
    )
    with pytest.raises(TrustError, match="is for network"):
        enrolment.read(data, "other.example")
    tree = json.loads(data)
    for field, value in (("signature", "AAAA"), ("request", "e30="), ("extra", 1)):
        with pytest.raises(TrustError):
            enrolment.read(json.dumps({**tree, field: value}).encode(), NETWORK)
    for noise in (b"", b"[" * 100_000, b"\xff", b"x" * 100_000):
        with pytest.raises(TrustError):
            enrolment.read(noise, NETWORK)


def test_duties_and_lanes_only_grow(office: Office) -> None:
    content = lifecycle.add_duties(
        office.content, "JP", {"alerts.asia-pacific": 4, "alerts.cis": 1}
    )
    assert content.administration("JP").duties["alerts.asia-pacific"] == 4
    assert "alerts.cis" in content.administration("JP").reads
    with pytest.raises(TrustError, match="would lose lanes"):
        lifecycle.add_duties(content, "JP", {"alerts.asia-pacific": 3})
    with pytest.raises(ValueError, match="not a topic"):
        lifecycle.add_duties(content, "JP", {"quarantine": 1})


def test_a_compromised_key_says_what_is_still_believed(office: Office) -> None:
    public = office.content.administration("JP").signing[0].public

    def end(content: Register, size: int, lane: str = LANE) -> Register:
        seen = {lane: Believed(size, bytes(32))}
        return lifecycle.end_signing(
            content, "JP", public, why="compromised", at=START + DAY, believed=seen
        )

    content = end(office.content, 9)
    (key,) = content.administration("JP").signing
    assert key.until == START + DAY
    assert key.ended is not None
    assert key.ended.believed[LANE].size == 9
    assert end(content, 5).administration("JP").signing[0].ended
    with pytest.raises(TrustError, match="would be believed than when"):
        end(content, 10)
    with pytest.raises(TrustError, match="would be believed than when"):
        end(content, 1, LANE[:-1] + "1")
    for lane in (f"{NETWORK}/FR/alerts.cis/0", "other/JP/alerts.cis/0", "JP"):
        with pytest.raises(TrustError, match="not a lane of JP"):
            end(office.content, 1, lane)
    with pytest.raises(TrustError, match="no such signing key"):
        lifecycle.end_signing(content, "JP", b"x", why="retired", at=START, believed={})
    with pytest.raises(UnknownParty):
        lifecycle.end_signing(content, "XX", public, why="retired", at=START, believed={})


def test_who_retires_stays_readable(office: Office) -> None:
    seen = {LANE: Believed(3, bytes(32))}
    content = lifecycle.retire(office.content, "JP", at=START + DAY, believed=seen)
    member = content.administration("JP")
    assert member.retired == START + DAY
    assert member.duties == office.content.administration("JP").duties
    party = content.party("JP")
    assert party is not None
    assert party.keys[0].ended == "retired"
    with pytest.raises(TrustError, match="no HPKE key"):
        content.hpke_key("JP", START + 2 * DAY)
    with pytest.raises(UnknownParty, match="left the network"):
        lifecycle.add_duties(content, "JP", {"alerts.cis": 1})
    office.publish(content, START + DAY)


def test_nothing_is_ever_taken_away(office: Office) -> None:
    jp = office.content.administration("JP")
    office.publish(lifecycle.enrol(office.content, keys("FR").member), START)
    losses = [
        replace(office.content, administrations={"JP": jp}),
        lifecycle._with(office.content, replace(jp, signing=keys().member.signing)),
        lifecycle._with(office.content, replace(jp, hpke=keys().member.hpke)),
        lifecycle._with(office.content, replace(jp, duties={"grants": 1})),
        lifecycle._with(
            office.content, replace(jp, signing=(replace(jp.signing[0], start=START - 1),))
        ),
    ]
    for loss in losses:
        with pytest.raises(TrustError, match="the new register lacks something"):
            office.publish(loss, START)


def test_what_cannot_be_is_refused(office: Office) -> None:
    with pytest.raises(TrustError, match="begins at the new one"):
        lifecycle.rotate_signing(office.content, "JP", keys().member.signing[0])
    agreement = Agreement(parties=("JP", "XX"), purpose="ipr", start=START)
    with pytest.raises(UnknownParty):
        lifecycle.agree(office.content, agreement)
    witness = Witness(name="w", public=SigningKey.generate().public.raw)
    content = lifecycle.add_witness(office.content, witness)
    with pytest.raises(TrustError, match="a witness named"):
        lifecycle.add_witness(content, witness)
    with pytest.raises(TrustError, match="end later than it begins"):
        office.publish(office.content, START, life=0)
    with pytest.raises(TrustError, match="has no keys yet"):
        lifecycle.enrol(office.content, Administration(id="FR", name="x"))


def test_what_a_witness_said_before_it_ended_counts(office: Office) -> None:
    """By the note's own time, both ends included; of a stolen key nothing does."""
    first, second = (Witness(name="w", public=SigningKey.generate().public.raw, start=START + n)
                     for n in (10, 40))  # fmt: skip
    content = lifecycle.add_witness(office.content, first)
    content = lifecycle.end_witness(content, "w", at=START + 20)
    with pytest.raises(TrustError, match="no witness named"):
        lifecycle.end_witness(content, "w", at=START + 30)
    with pytest.raises(TrustError, match="or was a witness's already"):
        lifecycle.add_witness(content, replace(first, start=START + 40))
    content = lifecycle.add_witness(content, second)
    office.publish(content, START + 50)
    old, new = content.witnesses["w"]
    times = range(START, START + 50, 10)
    assert [old.counts(at) for at in times] == [False, True, True, False, False]
    assert [new.counts(at) for at in times] == [False, False, False, False, True]
    of_jp = replace(second, name="j", administration="JP", public=SigningKey.generate().public.raw)
    left = lifecycle.retire(lifecycle.add_witness(content, of_jp), "JP", at=START + 60, believed={})
    assert left.cosigners[-1].until == START + 60
    stolen = lifecycle.end_witness(content, "w", at=START + 50, stolen=True)
    assert not any(stolen.witnesses["w"][1].counts(at) for at in (0, *times, 2**62))
    assert stolen.witnesses["w"][0] == old
    with pytest.raises(TrustError, match="lacks a witness"):
        office.publish(replace(content, cosigners=()), START + 51)


def test_endings_are_named_in_good_time(office: Office) -> None:
    assert lifecycle.endings(office.content, START) == ()
    (soon,) = lifecycle.endings(office.content, START + 61 * DAY)
    assert soon == ("register 1", START + 90 * DAY)
    until = keys("FR").member
    until = replace(until, signing=(replace(until.signing[0], until=START + 5 * DAY),))
    content = lifecycle.enrol(office.content, until)
    agreement = Agreement(parties=("JP", "FR"), purpose="ipr", start=START, until=START + DAY)
    content = lifecycle.agree(content, agreement)
    names = [ending.what for ending in lifecycle.endings(content, START)]
    assert names == ["agreement of JP and FR: ipr", "signing key of FR"]
    renewed = office.publish(office.content, START + 61 * DAY)
    assert metadata.parse(renewed).version == 2
    assert lifecycle.endings(office.content, START + 61 * DAY) == ()
