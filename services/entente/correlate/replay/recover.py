"""A correlator has lost its store: it is made again from what the correlator has said.

Its lanes are rebuilt from its topics, and with its proposals and epochs it knows again what it said
to whom and what that rested on. So cases keep their ids and versions go on; only what was decided
and never sent is lost, and comes out again.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256
from typing import get_args

from msgspec import structs

from entente import clock
from entente.alert.decision import Decision
from entente.alert.epoch import Epoch
from entente.alert.listing import Listing
from entente.alert.proposal import Proposal
from entente.alert.record import AnyAlert
from entente.bus.arrivals import Cursor, arrivals
from entente.bus.connection import Connection
from entente.bus.membership import Membership
from entente.bus.receive import receive
from entente.bus.serve import together
from entente.bus.written import written
from entente.config import Settings
from entente.correlate.replay.replay import joined, signature_of
from entente.correlate.views import proposer, saying
from entente.correlate.views.proposer import DECISIONS, INBOX, SAID
from entente.correlate.views.saying import Said
from entente.correlate.views.service import store
from entente.proof.recovery import Written
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.store.reader import Reader
from entente.store.recovered import recovered
from entente.trust import files


async def recover(
    settings: Settings, correlator: str, progress: Callable[[str], None] | None = None
) -> int:
    """Make a correlator's store again; how many statements are known again.

    ``progress`` is told of each topic. Raises StoreError (the store has said something of its own),
    StoreBusy, ProofError (a lane cannot go on without contradicting what was signed), UnknownParty,
    TrustError, KeyMissing, BusError.
    """
    folder, secret = settings.party(correlator), settings.secret()
    connection = Connection.of(settings.kafka.bootstrap, folder, secret)
    membership = Membership(connection, folder, clock.now)
    await membership.refresh()
    lanes = await written(connection, membership.register(), correlator, progress)
    statements = [one for lane in lanes.values() for one in lane.written]
    with Database(store(folder)) as database:
        if progress is not None:
            progress("alerts and decisions")
        await _receive(settings, correlator, database, membership)
        with database.transaction() as tx:
            rows = tx.rows(SAID)
            epochs = _epochs(statements)
            for epoch in epochs:
                proposer.remember(rows, epoch)
            for said in _said(statements, epochs):
                rows.put(SAID, said.proposal.case.encode(), saying.stored(said))
            proposer.thought(rows, _end(database))
        # Last: with lanes it can speak, so it must know by then all that it has said.
        outbox = Outbox(database, files.signing_key(folder / "signing.key", secret))
        outbox.restore(recovered(lane, _content) for lane in lanes.values())
    return len(statements)


async def _receive(
    settings: Settings, correlator: str, database: Database, membership: Membership
) -> None:
    """Read alerts and decisions into the inboxes, to the end."""
    done = asyncio.Event(), asyncio.Event()
    reading = partial(receive, settings, correlator, database, membership=membership)
    both = asyncio.create_task(
        together(
            reading(name=INBOX, family="alerts", bodies=get_args(AnyAlert), caught_up=done[0]),
            reading(
                name=DECISIONS,
                family="decisions",
                bodies=(Decision, Listing),
                caught_up=done[1],
            ),
        )
    )

    async def all_read() -> None:
        for event in done:
            await event.wait()

    waiting = asyncio.create_task(all_read())
    try:
        await asyncio.wait({both, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if both.done():
            both.result()  # only an error ends it
    finally:
        waiting.cancel()
        both.cancel()
        await asyncio.gather(both, waiting, return_exceptions=True)


def _epochs(statements: Iterable[Written]) -> list[Epoch]:
    """What was given to each view, its epochs in order."""
    views: dict[object, list[Epoch]] = {}
    for one in statements:
        if isinstance(body := one.accepted.body, Epoch):
            views.setdefault(body.view, []).append(body)
    return [epoch for parts in views.values() for epoch in joined(parts)]


def _said(statements: Iterable[Written], epochs: Iterable[Epoch]) -> list[Said]:
    """The last version of each proposal, and all topics that the case was said on.

    Whose view a case is of, its epochs say. Where they were lost with the store, a case for
    everybody is the base's, and one for some begins anew.
    """
    views = {said.case: signature_of(epoch) for epoch in epochs for said in epoch.said}
    last: dict[str, tuple[int, Proposal]] = {}
    topics: dict[str, set[str]] = {}
    for one in statements:
        body, statement = one.accepted.body, one.accepted.statement
        if not isinstance(body, Proposal):
            continue
        if body.releasability.regions is None and body.releasability.administrations is None:
            views.setdefault(body.case, ())
        topics.setdefault(body.case, set()).add(statement.topic)
        if statement.version > last.get(body.case, (0, None))[0]:
            last[body.case] = statement.version, structs.replace(body, without_agreement=())
    return [
        Said(version, proposal, tuple(sorted(topics[case])), views[case])
        for case, (version, proposal) in sorted(last.items())
        if case in views
    ]


def _end(database: Database) -> Cursor:
    """How far the inbox goes: all of it has to be thought about before anything is said."""
    cursor: Cursor = {}
    with Reader(database.path) as reader, reader.view(INBOX) as view:
        for _ in arrivals(view, cursor):
            pass
    return cursor


def _content(one: Written) -> bytes:
    return sha256(one.accepted.statement.body).digest()
