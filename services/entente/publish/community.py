"""Where an administration keeps its community keys: ``community/<epoch>.key`` in its own folder.

Each file stays as it was handed over, wrapped to the administration's HPKE key and signed.
"""

from pathlib import Path

from entente.config import Settings
from entente.errors import TrustError
from entente.proof.key import Signer
from entente.seal.community import epoch_key, hand_over, opened, receive
from entente.seal.tokens import CommunityKey
from entente.trust import files, party
from entente.trust.register import Register

LIMIT = 1 << 14
"""Bytes of a hand-over; more is refused unread."""


def load(folder: Path, id: str, secret: bytes | None) -> tuple[CommunityKey, ...]:
    """Every key in the folder of ``id``; those of other times are not used. Raises as ``opened``.

    None where there is no file: then sealed names make no link tokens.
    """
    paths = sorted((folder / "community").glob("*.key"))
    if not paths:
        return ()
    keys = party.hpke_keys(folder, secret=secret)
    return tuple(opened(files.read(path, LIMIT), recipient=id, keys=keys) for path in paths)


def create(
    settings: Settings,
    maker: str,
    epoch: str,
    out: Path,
    *,
    signer: Signer,
    register: Register,
    now: int,
) -> tuple[list[str], list[Path]]:
    """Make the key of an epoch and hand it to every administration that has an HPKE key.

    Those with a folder on this machine have it at once; for the others a file is written in
    ``out``, to be sent to them. Returns who has it, and these files. Raises TrustError: that is no
    quarter, ``maker`` is no administration, or somebody here has a key of this epoch already.
    """
    key = epoch_key(epoch)
    wraps = {
        member.id: hand_over(
            key, maker=maker, recipient=member.id, signer=signer, register=register, now=now
        )
        for member in register.with_role("administration")
        if member.retired is None and member.hpke
    }
    if maker not in wraps:
        raise TrustError(f"{maker} is no administration with an HPKE key: it makes no alerts.")
    here = [id for id in wraps if settings.party(id).is_dir()]
    for id in here:
        _refuse_second(settings.party(id), id, epoch)
    written = []
    # The maker's own is last: until it is there, the whole can be done again with another key.
    for id, data in sorted(wraps.items(), key=lambda item: item[0] == maker):
        path = _path(settings.party(id), epoch) if id in here else out / f"{id}.{epoch}.key"
        files.write(path, data, private=True)
        if id not in here:
            written.append(path)
    return here, written


def add(folder: Path, id: str, file: Path, register: Register, secret: bytes | None) -> str:
    """Take a hand-over in, and return its epoch.

    Raises FileError; WireError, TrustError as ``receive``, and where there is another key of this
    epoch: tokens of two keys never meet.
    """
    data = files.read(file, LIMIT)
    keys = party.hpke_keys(folder, secret=secret)
    key = receive(data, recipient=id, keys=keys, register=register)
    path = _path(folder, key.epoch)
    if path.exists():
        known = opened(files.read(path, LIMIT), recipient=id, keys=keys)
        if known.key != key.key:
            _refuse_second(folder, id, key.epoch)
    files.write(path, data, private=True)
    return key.epoch


def _path(folder: Path, epoch: str) -> Path:
    return folder / "community" / f"{epoch}.key"


def _refuse_second(folder: Path, id: str, epoch: str) -> None:
    if _path(folder, epoch).exists():
        raise TrustError(
            f"{id} has a community key of {epoch} already.",
            advice="One administration makes the key of an epoch; the others add what it hands"
            " over. Agree on one, and remove the other's file everywhere.",
        )
