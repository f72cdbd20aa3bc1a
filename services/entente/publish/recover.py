"""An administration has lost its outbox: its lanes are rebuilt from their topics, then it goes on.

Everything is read with the eight steps and from the newest register. What was stored and never
sent is lost with the disk; what was said is known again, so that saying it twice is harmless. Only
names cannot be compared: they are sealed, also to who sealed them.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from entente import clock
from entente.bus.connection import Connection
from entente.bus.membership import Membership
from entente.bus.written import written
from entente.config import Settings
from entente.proof.recovery import Written
from entente.publish import say
from entente.publish.desk import OUTBOX
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.store.recovered import recovered
from entente.trust import files
from entente.wire.names import GRANTS, Origin, parse_grant_key


class Recovered(NamedTuple):
    """What a recovery has brought back."""

    sizes: Mapping[Origin, int]
    """The lanes that had records, each with its size."""
    statements: int
    dropped: int
    """Accepted here meanwhile, though said before under the same name: they are not said again."""


async def recover(
    settings: Settings, administration: str, progress: Callable[[str], None] | None = None
) -> Recovered:
    """Rebuild the lanes of an administration in its outbox; ``progress`` is told of each topic.

    Raises StoreError (something was sealed in this outbox), StoreBusy, ProofError (a lane cannot
    go on without contradicting what was signed), UnknownParty, TrustError, KeyMissing, BusError.
    """
    folder = settings.party(administration)
    secret = settings.secret()
    connection = Connection.of(settings.kafka.bootstrap, folder, secret)
    membership = Membership(connection, folder, clock.now)
    await membership.refresh()
    register = membership.register()
    rebuilt = await written(connection, register, administration, progress)
    with Database(folder / OUTBOX) as database:
        outbox = Outbox(database, files.signing_key(folder / "signing.key", secret))
        dropped = outbox.restore(recovered(one, _content) for one in rebuilt.values())
    return Recovered(
        {origin: one.writer.size for origin, one in rebuilt.items()},
        sum(len(one.written) for one in rebuilt.values()),
        dropped,
    )


def _content(one: Written) -> bytes:
    if one.accepted.origin.topic == GRANTS and one.accepted.statement.change == "NEW":
        granted = parse_grant_key(one.record.key or b"")[1]
        return hashlib.sha256(granted.bytes).digest()
    return say.content_seen(one.accepted.statement)
