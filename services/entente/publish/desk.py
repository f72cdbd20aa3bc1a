"""What a member publishes with: its folder on this machine, the keys in it, and its outbox."""

from pathlib import Path
from typing import NamedTuple

from entente.bus.connection import Connection
from entente.config import Settings
from entente.errors import KeyMissing
from entente.proof.key import Signer
from entente.publish import community
from entente.publish.known import known_register
from entente.publish.say import Voice
from entente.store.database import Database
from entente.trust import files

OUTBOX = "outbox.db"
"""Name of the outbox in the folder of a member."""


class Desk(NamedTuple):
    """The outbox is open, and locked: close it."""

    folder: Path
    secret: bytes | None
    voice: Voice
    """As of the newest register that is known on this machine."""
    key: Signer
    connection: Connection
    outbox: Database


def desk(settings: Settings, administration: str) -> Desk:
    """Open what an administration publishes with.

    Raises TrustError, KeyMissing, UnknownParty, StoreBusy, FileError.
    """
    folder = settings.party(administration)
    if not folder.is_dir():
        raise KeyMissing(f"There are no keys of {administration} under {settings.home}.")
    register = known_register(settings, administration)
    register.administration(administration)  # raises UnknownParty before anything is made
    secret = settings.secret()
    return Desk(
        folder=folder,
        secret=secret,
        voice=Voice(
            register=register,
            administration=administration,
            community_keys=community.load(folder, administration, secret),
        ),
        key=files.signing_key(folder / "signing.key", secret),
        connection=Connection.of(settings.kafka.bootstrap, folder, secret),
        outbox=Database(folder / OUTBOX),
    )
