"""A member receives: topics of signed statements into an inbox, until it is stopped."""

import asyncio
from collections.abc import Callable

from entente import clock
from entente.bus.connection import Connection
from entente.bus.inbox import Inbox
from entente.bus.membership import Membership
from entente.bus.projection import Projection, Store
from entente.bus.reception import Reception
from entente.bus.serve import REFRESH, serve
from entente.config import Settings
from entente.errors import TrustError
from entente.proof.rows import Rows
from entente.trust.register import Register


async def receive(
    settings: Settings,
    member: str,
    store: Store[Rows],
    *,
    name: str,
    family: str,
    bodies: tuple[type, ...],
    progress: Callable[[int, int], None] | None = None,
    caught_up: asyncio.Event | None = None,
    membership: Membership | None = None,
    refresh: float = REFRESH,
) -> None:
    """Fold the topics of ``family`` that ``member`` may read into the inbox ``name`` of ``store``.

    Runs until cancelled. ``progress`` is told records done and behind; ``caught_up`` is set once
    the inbox holds what was on the topics at the start. Every ``refresh`` seconds the register is
    looked for again, into ``membership`` if another part reads it too. Raises UnknownParty,
    TrustError, KeyMissing, CertificateError, BrokerUnreachable, BrokerRefused, TopicMissing,
    StoreError.
    """
    folder = settings.party(member)
    connection = Connection.of(settings.kafka.bootstrap, folder, settings.secret())
    membership = membership or Membership(connection, folder, clock.now)
    await membership.refresh()
    reception = Reception(member, settings.network, membership.register, clock.now)
    inbox = Inbox(reception, clock.now, bodies)
    projection = Projection(
        name,
        topics(membership.register(), member, family),
        inbox.fold,
        store,
        connection,
        group=f"{member}.{name}",
        progress=progress,
    )

    def judge_again(changed: bool) -> None:
        with store.transaction() as tx:
            for partition in sorted({number for _, number in store.positions(name)}):
                inbox.judge_again(tx.rows(name, partition), changed=changed)

    await serve(projection, membership, judge_again, caught_up, refresh)


def topics(register: Register, member: str, family: str) -> list[str]:
    """The topics of a family that the register lets ``member`` read.

    Raises UnknownParty; TrustError if there are none.
    """
    found = [t for t in register.administration(member).reads if t.startswith(f"{family}.")]
    if not found:
        raise TrustError(f"The register lets {member} read no {family}.")
    return found
