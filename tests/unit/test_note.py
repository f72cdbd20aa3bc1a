import pytest

from entente.errors import ProofError
from entente.proof import note
from entente.proof.key import SigningKey, VerifyKey

KEY = SigningKey(b"n" * 32)
TEXT = "first\n\nlast\n"
NOTE = f"{TEXT}\n{note.sign(TEXT, 'example.com/log', KEY)}"
LINE = NOTE.splitlines()[-1]

# RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    key = SigningKey(bytes.fromhex(seed))
    assert key.public == VerifyKey(bytes.fromhex(public))
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert key.public.verify(bytes.fromhex(signature), bytes.fromhex(message))
    assert not key.public.verify(bytes.fromhex(signature), bytes.fromhex(message) + b"x")


def test_a_note_is_its_text_and_its_lines() -> None:
    parsed = note.parse(NOTE)
    assert parsed.text == TEXT
    (line,) = parsed.lines
    assert line.name == "example.com/log"
    assert note.verify(parsed, line, KEY.public)
    assert not note.verify(parsed, line, SigningKey(b"o" * 32).public)
    assert not note.verify(parsed._replace(text="other\n"), line, KEY.public)


def test_one_key_has_another_id_under_another_name_and_type() -> None:
    ids = {note.key_id(name, KEY.public, kind) for name in "ab" for kind in (1, 4)}
    assert len(ids) == 4


def test_sixteen_lines_are_read() -> None:
    assert len(note.parse(NOTE + f"{LINE}\n" * 15).lines) == 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        TEXT,
        NOTE[:-1],
        NOTE + "\n",
        "\n\n" + LINE + "\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("last", "l\tst"),
        NOTE.replace("last", "l\x00st"),
        NOTE.replace("\u2014", "-"),
        NOTE.replace("\u2014 ", "\u2014  "),
        NOTE.replace("example.com/log", "example.com/+log"),
        NOTE.replace("example.com/log", "example.com/\u00a0log"),
        NOTE.replace("example.com/log", ""),
        NOTE[:-1] + "=\n",
        NOTE[:-1] + " \n",
        NOTE[:-5] + "-" + NOTE[-4:],
        f"{TEXT}\n\u2014 name AAAA\n",
        NOTE + f"{LINE}\n" * 16,
        "x" * note.MAX_NOTE + NOTE,
        "\u00e9" * (note.MAX_NOTE // 2) + NOTE,
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        note.parse(text)


@pytest.mark.parametrize(
    "text", ["A", "AB", "AB=", "AB==", "AA=A", "AA==\n", " AA==", "A_==", "\u00e9"]
)
def test_base64_has_one_form(text: str) -> None:
    with pytest.raises(ProofError):
        note.decode_base64(text)


def test_public_keys_of_small_order_or_another_form_are_refused() -> None:
    prime = 2**255 - 19
    # Doubled they give y = 0, so x^2 = -y^2; the curve -x^2 + y^2 = 1 + d x^2 y^2 leaves this:
    d = -121665 * pow(121666, -1, prime) % prime
    order_eight = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
    assert (d * pow(order_eight, 4, prime) + 2 * pow(order_eight, 2, prime) - 1) % prime == 0
    for y in (0, 1, prime - 1, order_eight, prime - order_eight, prime, prime + 1):
        for sign in (0, 1):
            raw = (y | sign << 255).to_bytes(32, "little")
            with pytest.raises(ProofError):
                VerifyKey(raw)
    with pytest.raises(ProofError):
        VerifyKey(b"short")


def test_a_private_key_is_never_shown() -> None:
    assert (b"n" * 32).hex() not in repr(KEY)
    assert KEY.seed == b"n" * 32
    assert SigningKey.generate() != SigningKey.generate()
    with pytest.raises(ProofError) as refused:
        SigningKey(b"secret")
    assert "secret" not in str(refused.value)
