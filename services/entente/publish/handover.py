"""Before a new signing key comes into use: what waits was dated under the old one.

A reader wants a statement dated within its key's time. So what was accepted before the change is
signed and sent with the old key; where that has ended, it is forgotten, and new when it comes
again.
"""

from pathlib import Path

from entente.bus.connection import Connection
from entente.bus.dispatch import Dispatch
from entente.config import Settings
from entente.publish import grants
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.trust import files
from entente.trust.register import Register
from entente.wire.names import GRANTS


async def settle(
    settings: Settings, member: str, register: Register, stores: tuple[Path, ...]
) -> int:
    """Send what waits in these outboxes with the key in use, or forget it; how many are forgotten.

    Raises BusError (then nothing may change yet), StoreBusy (a service of this member runs),
    StoreError, KeyMissing.
    """
    folder, secret = settings.party(member), settings.secret()
    key = files.signing_key(folder / "signing.key", secret)
    listed = register.signing_key(member, key.public.raw)
    forgotten = 0
    for path in filter(Path.exists, stores):
        with Database(path) as database:
            outbox = Outbox(database, key)
            if listed is None or listed.ended is not None:
                with database.transaction() as tx:
                    grants.unsay(tx.rows(grants.PROJECTION), outbox.never_sealed(GRANTS))
                forgotten += outbox.forget_waiting()
            elif outbox.waiting():
                connection = Connection.of(settings.kafka.bootstrap, folder, secret)
                async with Dispatch(outbox, connection) as dispatch:
                    await dispatch.drain()
    return forgotten
