"""The register as a value: what it lists, what it refuses, what reading statements asks of it."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from entente.errors import TrustError, UnknownParty
from entente.proof import keyring
from entente.proof.key import SigningKey
from entente.trust import lifecycle, metadata
from entente.trust.administration import (
    Administration,
    Believed,
    Ended,
    Hpke,
    Signing,
    Witness,
    usual_duties,
    usual_reads,
)
from entente.trust.register import Agreement, Register
from entente.wire.names import REGIONS, TOPICS

NOW = 1_764_000_000_000_000
DAY = 86_400_000_000
NETWORK = "demo.entente.example"


def member(id: str, **more: Any) -> Administration:
    signing = SigningKey.generate().public.raw
    hpke = X25519PrivateKey.generate().public_key().public_bytes_raw()
    fields = {"name": id, "home": "asia-pacific", **more}
    return Administration(
        id=id, signing=(Signing(signing, NOW),), hpke=(Hpke(hpke, NOW),), **fields
    )


def with_members(*members: Administration) -> Register:
    register = Register(network=NETWORK, made=NOW, root=1)
    for one in members:
        register = lifecycle.enrol(register, one)
    return register


OFFICER, REGISTRAR = SigningKey.generate(), SigningKey.generate()


def root_file() -> bytes:
    document = metadata.root_document(
        NETWORK,
        1,
        NOW + 900 * DAY,
        officers=[OFFICER.public],
        threshold=1,
        registrars=[REGISTRAR.public],
    )
    return metadata.sign(document, OFFICER)


def signed(register: Register) -> bytes:
    numbered = lifecycle.successor(register, None, root=1, now=NOW, until=NOW + 90 * DAY)
    return metadata.sign(numbered.document(), REGISTRAR)


def tampered(data: bytes, change: Any) -> bytes:
    """Return the file with its content changed and signed again by the true registrar."""
    tree = json.loads(data)
    change(tree["signed"])
    tree["signatures"] = []
    return metadata.sign(json.dumps(tree).encode(), REGISTRAR)


def test_a_full_register_survives_the_way_through_a_file() -> None:
    jp = member(
        "JP",
        country="JP",
        regions=("western-europe",),
        duties={"alerts.asia-pacific": 4},
        reads=("alerts.asia-pacific",),
    )
    gone = SigningKey.generate().public.raw
    ended = Ended(
        "compromised", NOW, {f"{NETWORK}/JP/alerts.asia-pacific/0": Believed(7, bytes(32))}
    )
    jp = replace(jp, signing=(Signing(gone, NOW - DAY, NOW - 1, ended), *jp.signing))
    register = with_members(jp, member("FR", country="FR", home="western-europe"))
    agreement = Agreement(parties=("JP", "FR"), purpose="ipr", nominal=True, start=NOW)
    register = lifecycle.agree(register, agreement)
    witness = Witness(name="witness.example/ap", public=SigningKey.generate().public.raw)
    register = lifecycle.add_witness(register, witness)
    read = Register.load(root_file(), signed(register), NOW)
    assert (read.version, read.expires) == (1, NOW + 90 * DAY)
    assert read.administrations == register.administrations
    assert read.agreements == (agreement,)
    assert read.cosigners == (witness,)


def test_it_answers_what_reading_asks() -> None:
    origin = f"{NETWORK}/JP/alerts.asia-pacific/0"
    jp = member("JP", duties={"alerts.asia-pacific": 2})
    register = with_members(jp)
    register = lifecycle.end_signing(
        register,
        "JP",
        jp.signing[0].public,
        why="compromised",
        at=NOW + DAY,
        believed={origin: Believed(3, bytes(32))},
    )
    asked: keyring.Register = register
    party = asked.party("JP")
    assert party is not None
    assert party is asked.party("JP")
    assert party.lanes == {"alerts.asia-pacific": 2}
    (key,) = party.keys
    assert (key.valid_from, key.valid_until, key.ended) == (NOW, NOW + DAY, "compromised")
    assert key.believed == {origin: keyring.Believed(size=3, root=bytes(32))}
    assert asked.party("FR") is None
    assert asked.witnesses == {}


def test_an_unknown_party_is_named() -> None:
    with pytest.raises(UnknownParty, match="'FR' is not enrolled in demo"):
        with_members().administration("FR")


def test_the_hpke_key_of_the_day() -> None:
    register = with_members(member("JP"))
    second = Hpke(X25519PrivateKey.generate().public_key().public_bytes_raw(), NOW + 10)
    rotated = lifecycle.rotate_hpke(register, "JP", second)
    assert rotated.hpke_key("JP", NOW + 10) == second
    assert rotated.hpke_key("JP", NOW).public == register.hpke_key("JP", NOW).public
    with pytest.raises(TrustError, match="no HPKE key"):
        register.hpke_key("JP", NOW - 1)


@pytest.mark.parametrize(
    ("one", "other", "nominal", "moment", "may"),
    [
        ("JP", "FR", True, NOW, True),
        ("FR", "JP", True, NOW + 5, True),
        ("FR", "JP", True, NOW + 6, False),
        ("JP", "FR", True, NOW - 1, False),
        ("JP", "FR", False, NOW, False),
        ("JP", "KR", True, NOW, False),
        ("JP", "JP", True, NOW, False),
    ],
)
def test_nominal_data_needs_an_agreement(
    one: str, other: str, nominal: bool, moment: int, may: bool
) -> None:
    agreement = Agreement(
        parties=("JP", "FR"), purpose="ipr", nominal=nominal, start=NOW, until=NOW + 5
    )
    register = lifecycle.agree(with_members(member("JP"), member("FR"), member("KR")), agreement)
    assert register.may_share_nominal(one, other, moment) is may


def test_usual_rights_follow_the_role() -> None:
    for role in ("administration", "liaison_office", "correlator", "coordinator"):
        regions = ("caribbean", "south-america")
        assert set(usual_duties(role, regions)) <= TOPICS
        assert set(usual_reads(role, regions)) <= TOPICS
    assert set(usual_duties("correlator", ())) == {f"proposals.{region}" for region in REGIONS}
    assert "grants" not in usual_reads("correlator", ())
    assert set(usual_duties("coordinator", ("caribbean",))) == {"decisions.caribbean"}
    assert not any(
        topic.startswith(("proposals", "decisions"))
        for topic in usual_duties("administration", ("caribbean",))
    )


SMALL_ORDER = [
    bytes([1]) + bytes(31),
    bytes(32),
    bytes([0xEC]) + bytes([0xFF] * 30) + bytes([0x7F]),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
]


@pytest.mark.parametrize("public", [*SMALL_ORDER, bytes(31), b"\xff" * 32])
def test_a_key_of_small_order_is_refused(public: bytes) -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        Signing(public, NOW)
    with pytest.raises(ValueError, match="Ed25519"):
        Witness(name="w", public=public)


@pytest.mark.parametrize("public", [bytes(32), bytes([1]) + bytes(31), bytes(5)])
def test_an_hpke_key_of_small_order_is_refused(public: bytes) -> None:
    with pytest.raises(ValueError):
        Hpke(public, NOW)


def change(path: str, value: object) -> Any:
    def apply(tree: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        for parent in parents:
            tree = tree[int(parent) if parent.isdigit() else parent]
        tree[last] = value

    return apply


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("register", None),
        ("register", []),
        ("register/network", "other.example"),
        ("register/network", 7),
        ("register/root", 2),
        ("register/made", "yesterday"),
        ("register/unheard-of", 1),
        ("register/administrations/JP/id", "FR"),
        ("register/administrations/JP/home", "atlantis"),
        ("register/administrations/JP/duties", {"alerts.atlantis": 1}),
        ("register/administrations/JP/duties", {"alerts.caribbean": 0}),
        ("register/administrations/JP/duties", {"alerts.caribbean": 1 << 31}),
        ("register/administrations/JP/duties", {"quarantine": 1}),
        ("register/administrations/JP/signing/0/public", "AAAA"),
        ("register/administrations/JP/signing/0/public", "AQ" + "A" * 41 + "="),
        ("register/administrations/JP/signing/0/until", 1),
        ("register/administrations/JP/role", "admiral"),
        ("register/administrations/jp", {"id": "jp", "name": "lower case"}),
    ],
)
def test_what_is_not_well_formed_is_refused_though_signed(path: str, value: object) -> None:
    good = signed(with_members(member("JP")))
    assert Register.load(root_file(), good, NOW)
    with pytest.raises(TrustError):
        Register.load(root_file(), tampered(good, change(path, value)), NOW)


def test_two_members_cannot_share_a_signing_key() -> None:
    jp, fr = member("JP"), member("FR")
    with pytest.raises(ValueError, match="same signing key"):
        with_members(jp, replace(fr, signing=jp.signing))


def test_five_hundred_members_fit_a_record() -> None:
    register = with_members(*(member(f"X{n:03}") for n in range(500)))
    data = signed(register)
    assert len(data) < 900_000
    assert len(Register.load(root_file(), data, NOW).keyring.parties) == 500


def test_the_refused_points_are_those_of_small_order() -> None:
    # Doubling thrice must give the neutral element; affine addition on edwards25519, from RFC 8032.
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p
    for public in SMALL_ORDER:
        y = int.from_bytes(public, "little") % 2**255
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        if (x * x - square) % p:
            x = x * pow(2, (p - 1) // 4, p) % p
        assert (x * x - square) % p == 0, "a point of the curve"
        for _ in range(3):
            t = d * x * x * y * y % p
            x, y = 2 * x * y * pow(1 + t, -1, p) % p, (y * y + x * x) * pow(1 - t, -1, p) % p
        assert (x, y) == (0, 1)
