"""A liaison office at work: its topics folded into its inbox, until it is stopped."""

import asyncio
from collections.abc import Callable

from entente import clock
from entente.bus.connection import Connection
from entente.bus.membership import Membership
from entente.bus.projection import Projection
from entente.bus.reception import Reception
from entente.bus.serve import serve
from entente.config import Settings
from entente.errors import TrustError
from entente.office.follow import PROJECTION, store
from entente.office.inbox import Inbox
from entente.store.database import Database
from entente.trust.register import Register


async def run(
    settings: Settings,
    office: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    caught_up: asyncio.Event | None = None,
) -> None:
    """Fill the inbox of ``office`` until cancelled.

    ``progress`` is told records done and behind; ``caught_up`` is set once the inbox holds what
    was on the topics at the start.

    Raises StoreBusy (another process fills it), UnknownParty, KeyMissing, CertificateError,
    BrokerUnreachable, BrokerRefused, TrustError.
    """
    folder = settings.party(office)
    connection = Connection.of(settings.kafka.bootstrap, folder)
    with Database(store(folder)) as database:
        membership = Membership(connection, folder, clock.now)
        await membership.refresh()
        reception = Reception(office, settings.network, membership.register, clock.now)
        inbox = Inbox(reception, clock.now)
        projection = Projection(
            PROJECTION,
            topics(membership.register(), office),
            inbox.fold,
            database,
            connection,
            group=f"{office}.{PROJECTION}",
            progress=progress,
        )

        def judge_again() -> None:
            with database.transaction() as tx:
                for partition in sorted({number for _, number in database.positions(PROJECTION)}):
                    inbox.judge_again(tx.rows(PROJECTION, partition))

        await serve(projection, membership, judge_again, caught_up)


def topics(register: Register, office: str) -> list[str]:
    """The alert topics that the register lets ``office`` read. Raises UnknownParty, TrustError."""
    found = [t for t in register.administration(office).reads if t.startswith("alerts.")]
    if not found:
        raise TrustError(f"The register lets {office} read no alerts.")
    return found
