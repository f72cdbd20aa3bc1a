"""A coordinator decides: what it says is stored and signed before it is sent.

    async with Decider.open(settings, "COORD-1") as decider:
        await decider.decide(deciding.decision(proposal, "accept"), proposal)

Its outbox has the name that `entente lane recover` knows: lanes are rebuilt as those of publishers.
"""

from contextlib import AsyncExitStack
from typing import NamedTuple, Self
from uuid import UUID

from msgspec import structs

from entente import clock
from entente.alert.decision import Decision
from entente.alert.handling import Handling
from entente.alert.listing import Listing
from entente.bus.connection import Connection
from entente.bus.dispatch import Dispatch
from entente.bus.membership import Membership
from entente.config import Settings
from entente.coordinate import deciding, listing
from entente.coordinate.deciding import Reach
from entente.coordinate.heard import HeardDecision, HeardListing
from entente.coordinate.received import ReceivedProposal
from entente.errors import TrustError
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.store.submission import Place, places
from entente.trust import files, party
from entente.trust.mandate import speaks_for, unheeded, unlisted
from entente.trust.register import Register
from entente.wire.body import decode_body
from entente.wire.envelope import decode_envelope
from entente.wire.statement import Audience, Change, LinkToken, Statement, decode_statement

OUTBOX = "outbox.db"
_ANEW = "decided anew"


class Decided(NamedTuple):
    """A decision, or an entry of a list, that was said."""

    subject: UUID
    version: int
    topics: tuple[str, ...]
    unreached: tuple[str, ...]
    """Contributors who read none of these."""
    unheeded: str = ""
    """What of it is not obeyed, and why."""


class Decider:
    """Says what one coordinator decides. Use it as an async context, one at a time."""

    def __init__(
        self, register: Register, coordinator: str, database: Database, dispatch: Dispatch
    ) -> None:
        self._register = register
        self._me = register.administration(coordinator)
        self._database = database
        self._dispatch = dispatch
        self._stack = AsyncExitStack()

    @classmethod
    async def open(cls, settings: Settings, coordinator: str) -> Self:
        """A decider with the keys and the outbox in the coordinator's folder.

        Raises TrustError (the register has expired, or it speaks for nobody), UnknownParty,
        KeyMissing, StoreBusy, BusError.
        """
        folder, secret = settings.party(coordinator), settings.secret()
        connection = Connection.of(settings.kafka.bootstrap, folder, secret)
        membership = Membership(connection, folder, clock.now)
        await membership.refresh()
        register = membership.current()
        if not speaks_for(coordinator, register.administrations):
            raise TrustError(
                f"{coordinator} speaks for nobody: the register lets it write no decisions.",
                advice="The secretariat can change that:"
                f" `entente network duty {coordinator} decisions.<region>`.",
            )
        key = files.signing_key(folder / "signing.key", secret)
        party.check_signing(register, coordinator, key.public.raw, clock.now())
        database = Database(folder / OUTBOX)
        decider = cls(register, coordinator, database, Dispatch(Outbox(database, key), connection))
        decider._stack.callback(database.close)
        return decider

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._dispatch)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def decide(
        self, said: Decision, on: ReceivedProposal, other: ReceivedProposal | None = None
    ) -> Decided:
        """Say a decision, as a correction if another one stands in its place.

        What stands already is not said again. Raises TrustError, WireError, StoreError, BusError.
        """
        about = deciding.subject(self._register.network, self._me.id, said)
        limits = deciding.audience(on, other, self._register)
        reach = deciding.reach(said, limits, self._me, self._register)
        done = await self._tell(
            about, said,
            handling=structs.replace(on.handling, purpose=deciding.PURPOSE), limits=limits,
            reach=reach, reason=said.reason,
        )  # fmt: skip
        members = self._register.administrations
        return done._replace(
            unheeded=unheeded(self._me.id, said.administrations, said.ruling, members)
        )

    async def enter(self, entry: Listing, tokens: tuple[LinkToken, ...] = ()) -> Decided:
        """Say an entry of a list to everybody, wherever we may; ``tokens``: of one that does not
        say its value. Errors as ``decide``."""
        about = listing.subject(self._register.network, self._me.id, entry, tokens)
        done = await self._tell(
            about, entry, tokens,
            handling=listing.HANDLING, limits=Audience(), reach=self._everywhere(),
            reason=entry.reason,
        )  # fmt: skip
        members = self._register.administrations
        return done._replace(unheeded=unlisted(self._me.id, members, sealed=bool(tokens)))

    async def withdraw(self, heard: HeardDecision | HeardListing, reason: str) -> Decided:
        """Take back what we have decided or listed, wherever it was said. Errors as ``decide``."""
        about = UUID(heard.subject)
        version = 1 + max(heard.version, *(place.version for place in self._said(about)), 0)
        if isinstance(heard, HeardDecision):
            reach = deciding.reach(heard.decision, heard.audience, self._me, self._register)
            what: type[Decision] | type[Listing] = Decision
        else:
            reach, what = self._everywhere(), Listing
        return await self._say(
            about, version, "WITHDRAWAL", None,
            what=what, handling=heard.handling, limits=heard.audience, reach=reach, reason=reason,
        )  # fmt: skip

    def _everywhere(self) -> Reach:
        topics = tuple(sorted(t for t in self._me.duties if t.startswith("decisions.")))
        return Reach(topics, ())

    async def _tell(
        self,
        about: UUID,
        said: Decision | Listing,
        tokens: tuple[LinkToken, ...] = (),
        *,
        handling: Handling,
        limits: Audience,
        reach: Reach,
        reason: str | None,
    ) -> Decided:
        """Say a version, unless it stands already."""
        last = self._last(about)
        version = 1 if last is None else last.version + 1
        change: Change = "NEW"
        if last is not None:
            same = last.link_tokens == tokens and last.change != "WITHDRAWAL"
            if same and decode_body(last) == said:
                await self._dispatch.drain()
                return Decided(about, last.version, *reach)
            change, reason = "CORRECTION", reason or _ANEW
        return await self._say(
            about, version, change, said,
            what=type(said), tokens=tokens, handling=handling, limits=limits, reach=reach,
            reason=reason,
        )  # fmt: skip

    def _said(self, about: UUID) -> list[Place]:
        return places(self._database.file, about.bytes)

    def _last(self, about: UUID) -> Statement | None:
        """The last version of a decision of ours; None: we have said nothing there."""
        said = self._said(about)
        if not said:
            return None
        last = said[-1]
        leaf = last.data if last.at is None else decode_envelope(last.data).statement
        return decode_statement(leaf)

    async def _say(
        self,
        about: UUID,
        version: int,
        change: Change,
        said: Decision | Listing | None,
        *,
        what: type[Decision] | type[Listing],
        tokens: tuple[LinkToken, ...] = (),
        handling: Handling,
        limits: Audience,
        reach: Reach,
        reason: str | None,
    ) -> Decided:
        """Say a version wherever the one before was said, and where it belongs."""
        topics = {*reach.topics, *(place.origin.topic for place in self._said(about))}
        ours = sorted(topic for topic in topics if topic in self._me.duties)
        new = deciding.submissions(
            about, version, change, said,
            what=what, tokens=tokens, topics=ours, limits=limits, handling=handling, reason=reason,
            me=self._me, network=self._register.network, now=clock.now(),
        )  # fmt: skip
        with self._database.transaction() as tx:
            for submission in new:
                tx.submit(submission)
        await self._dispatch.drain()
        return Decided(about, version, tuple(ours), reach.unreached)
