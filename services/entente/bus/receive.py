"""A member receives: topics of signed statements into an inbox, until it is stopped."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from entente import clock
from entente.bus.connection import Connection
from entente.bus.inbox import Inbox
from entente.bus.judging import Judging
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

    def inbox(reception: Reception) -> Judging:
        return Inbox(reception, clock.now, bodies)

    receiving = Receiving(settings, member, store, connection, membership, refresh)
    wanted = topics(membership.register(), member, family)
    await receiving.run(name, wanted, inbox, progress=progress, caught_up=caught_up)


class Receiving(NamedTuple):
    """A member with its store and its view of the register, which must have been refreshed."""

    settings: Settings
    member: str
    store: Store[Rows]
    connection: Connection
    membership: Membership
    refresh: float = REFRESH

    async def run(
        self,
        name: str,
        topics: list[str],
        make: Callable[[Reception], Judging],
        *,
        progress: Callable[[int, int], None] | None = None,
        caught_up: asyncio.Event | None = None,
    ) -> None:
        """Fold ``topics`` into the projection ``name`` until cancelled; errors as ``receive``."""
        reception = Reception(
            self.member, self.settings.network, self.membership.register, clock.now
        )
        fold = make(reception)
        projection = Projection(
            name,
            topics,
            fold.fold,
            self.store,
            self.connection,
            group=f"{self.member}.{name}",
            progress=progress,
        )

        def judge_again(changed: bool) -> None:
            with self.store.transaction() as tx:
                for partition in sorted({number for _, number in self.store.positions(name)}):
                    fold.judge_again(tx.rows(name, partition), changed=changed)

        await serve(projection, self.membership, judge_again, caught_up, self.refresh)


def topics(register: Register, member: str, family: str) -> list[str]:
    """The topics of a family that the register lets ``member`` read.

    Raises UnknownParty; TrustError if there are none.
    """
    found = [t for t in register.administration(member).reads if t.startswith(f"{family}.")]
    if not found:
        raise TrustError(f"The register lets {member} read no {family}.")
    return found
