import pytest

from entente.errors import ProofError
from entente.proof import note
from entente.proof.checkpoint import MAX_SIZE, Checkpoint, parse
from entente.proof.key import SigningKey
from entente.proof.tlog import from_tlog_proof, to_tlog_proof
from entente.proof.writer import Writer
from entente.wire.names import Origin

ORIGIN = Origin("demo.entente.example", "JP", "alerts.asia-pacific", 0)
KEY = SigningKey(b"c" * 32)
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))
TEXT = CHECKPOINT.sign(KEY)


def test_a_checkpoint_is_read_as_written() -> None:
    signed = parse(TEXT)
    assert signed.checkpoint == CHECKPOINT
    assert signed.issuer.name == str(ORIGIN)
    assert note.verify(signed.note, signed.issuer, KEY.public)


def test_the_largest_size_is_read() -> None:
    assert parse(CHECKPOINT._replace(size=MAX_SIZE).sign(KEY)).checkpoint.size == MAX_SIZE


def resign(text: str) -> str:
    return f"{text}\n{note.sign(text, str(ORIGIN), KEY)}"


@pytest.mark.parametrize(
    "text",
    [
        resign(f"{ORIGIN}\n7\n"),
        resign(f"{ORIGIN}\n7\n{'A' * 43}=\nextension\n"),
        resign(f"{ORIGIN}\n\n{'A' * 43}=\n"),
        resign(f"{ORIGIN}\n07\n{'A' * 43}=\n"),
        resign(f"{ORIGIN}\n-7\n{'A' * 43}=\n"),
        resign(f"{ORIGIN}\n{2**63}\n{'A' * 43}=\n"),
        resign(f"{ORIGIN}\n7\n{'A' * 42}==\n"),
        resign(f"{ORIGIN}\n7\n{'A' * 42}B=\n"),
        resign(f"{ORIGIN}\n7\n{'A' * 44}\n"),
        resign(f"{ORIGIN}/1\n7\n{'A' * 43}=\n"),
        resign(f"other\n7\n{'A' * 43}=\n"),
        TEXT + TEXT.splitlines()[-1] + "\n",
        TEXT.replace(f"\u2014 {ORIGIN}", "\u2014 other"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        parse(text)


def test_an_envelope_becomes_a_tlog_proof_and_back() -> None:
    _, envelopes = Writer(ORIGIN).append([b"%d" % n for n in range(11)], KEY)
    for envelope in envelopes:
        assert from_tlog_proof(to_tlog_proof(envelope), envelope.statement) == envelope
    lines = to_tlog_proof(envelopes[10]).splitlines()
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 10"]
    assert lines[4:7] == ["", str(ORIGIN), "11"]


PROOF = to_tlog_proof(Writer(ORIGIN).append([b"a", b"b"], KEY)[1][1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        PROOF.replace("v1", "v2"),
        PROOF.replace("index 1", "index 01"),
        PROOF.replace("index 1", f"index {2**63}"),
        PROOF.replace("index 1", "extra AAAA\nindex 1"),
        PROOF.replace("index 1", "index 1\nAAAA"),
        PROOF.replace("index 1", "index 1" + f"\n{'A' * 43}=" * 63),
        PROOF.replace("index 1\n", ""),
    ],
)
def test_what_is_no_tlog_proof_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        from_tlog_proof(text, b"b")
