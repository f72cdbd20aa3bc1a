"""The publisher of one administration: what it accepts is stored and signed before it is sent.

    async with Publisher.open(settings, "JP") as publisher:
        await publisher.publish(alert, handling)

A crash at any line loses nothing and doubles nothing: what was accepted is sent when a publisher
of this administration next starts, and what was accepted before is known again by its reference,
version and content. Use one at a time: the outbox file is locked.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import UUID

import msgspec
import structlog

from entente import clock
from entente.alert.form import KINDS
from entente.alert.handling import Handling
from entente.alert.problem import AlertRefused
from entente.alert.record import AnyAlert
from entente.alert.validate import validate
from entente.bus.cancelled import heed
from entente.bus.connection import Connection
from entente.bus.dispatch import Dispatch
from entente.bus.membership import entries
from entente.config import Settings
from entente.errors import (
    AlertError,
    BusError,
    CertificateError,
    EntenteError,
    KeyMissing,
    TrustError,
    UsageError,
    WireError,
)
from entente.proof.key import Signer
from entente.proof.writer import MAX_BATCH
from entente.publish import community, granting, grants, say
from entente.publish.importer import Submission, ahead
from entente.publish.live import Live
from entente.publish.say import Voice
from entente.store.database import Database, Tx
from entente.store.outbox import Outbox
from entente.trust import files, metadata, party
from entente.trust.register import Register
from entente.wire import names
from entente.wire.names import Origin

OUTBOX = "outbox.db"
"""Name of the outbox in the folder of a party."""
SLICE = 0.02
"""Seconds of reading a file without a pause."""
PACE = 1_000
"""Alerts of a file that are said in a second: readers on a small machine take twice as many, and so
nobody's live alert has to wait behind a file."""
TEND = 60.0
"""Seconds between two looks at the register, and for grants whose time has come."""
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Published:
    """What became of many submissions; each is in exactly one of the three."""

    accepted: int = 0
    """Said for the first time."""
    known: int = 0
    """Said before, word for word: nothing to do."""
    refused: list[tuple[Submission, EntenteError]] = field(default_factory=list)
    """Cannot be said, and why; nothing of them is stored."""


class Publisher:
    """Says what one administration has to say. Use it as an async context."""

    def __init__(
        self,
        voice: Voice,
        database: Database,
        key: Signer,
        connection: Connection,
        *,
        folder: Path,
        secret: bytes | None = None,
        now: clock.Clock = clock.now,
        progress: Callable[[Origin, int], None] | None = None,
        tend: float = TEND,
    ) -> None:
        self.voice = voice
        self._key = key
        self._tend = tend
        self._database = database
        self._connection = connection
        self._folder = folder
        self._secret = secret
        self._now = now
        self._outbox = Outbox(database, key)
        self._progress = progress
        self._dispatch = Dispatch(self._outbox, connection, progress=self._sent)
        self._clearing = asyncio.Lock()
        self._live = Live(self._accept_live, self.flush, self._outbox)
        self._stack = AsyncExitStack()

    @classmethod
    def open(
        cls,
        settings: Settings,
        administration: str,
        *,
        progress: Callable[[Origin, int], None] | None = None,
        tend: float = TEND,
    ) -> Self:
        """A publisher with the keys, trust and outbox in the administration's own folder.

        ``progress`` is told of each batch that is on its topic; ``tend`` is in seconds, as
        ``TEND``. Raises TrustError, KeyMissing, UnknownParty, StoreBusy, FileError.
        """
        folder = settings.party(administration)
        if not folder.is_dir():
            raise KeyMissing(f"There are no keys of {administration} under {settings.home}.")
        register = known_register(settings, administration, 0)  # perhaps there is a newer one
        register.administration(administration)  # raises UnknownParty before anything is made
        secret = settings.secret()
        voice = Voice(
            register=register,
            administration=administration,
            community_keys=community.load(folder, administration, secret),
        )
        key = files.signing_key(folder / "signing.key", secret)
        connection = Connection.of(settings.kafka.bootstrap, folder, secret)
        database = Database(folder / OUTBOX)
        publisher = cls(
            voice, database, key, connection,
            folder=folder, secret=secret, progress=progress, tend=tend,
        )  # fmt: skip
        publisher._stack.callback(database.close)
        return publisher

    async def __aenter__(self) -> Self:
        """Raises TrustError: the register has expired, or the topic shows one that contradicts."""
        await self._stack.enter_async_context(self._dispatch)
        try:
            await self._follow()
        except BaseException:
            await self._stack.aclose()
            raise
        tending = asyncio.create_task(self._keep_tending())
        self._stack.push_async_callback(_ended, tending)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self._live.close(give_up=kind is not None)
        await self._stack.aclose()

    async def publish(
        self,
        alert: AnyAlert,
        handling: Handling,
        *,
        regions: tuple[str, ...] = (),
        recipients: tuple[str, ...] = (),
        audience_regions: tuple[str, ...] = (),
        audience_administrations: tuple[str, ...] = (),
    ) -> UUID:
        """Say something new; its subject. Saying it again is harmless.

        When this returns it is on its topics; it goes before a file that is being sent. When it
        raises BusError it is stored, and goes with the next call. Raises AlertRefused or another
        AlertError, TrustError: nothing was stored.
        """
        return await self._one(
            Submission(
                0, self.voice.administration, alert.national_ref, _kind(alert), alert, handling,
                audience_regions, audience_administrations, regions, recipients,
            )
        )  # fmt: skip

    async def correct(
        self,
        alert: AnyAlert,
        handling: Handling,
        *,
        version: int,
        reason: str,
        regions: tuple[str, ...] = (),
        recipients: tuple[str, ...] = (),
        audience_regions: tuple[str, ...] = (),
        audience_administrations: tuple[str, ...] = (),
    ) -> UUID:
        """Replace what was said under the alert's reference; ``version`` is the next one.

        Regions, recipients and audience are those of the new version: nothing is inherited.
        """
        return await self._one(
            Submission(
                0, self.voice.administration, alert.national_ref, _kind(alert), alert, handling,
                audience_regions, audience_administrations, regions, recipients,
                version, "CORRECTION", reason,
            )
        )  # fmt: skip

    async def withdraw(
        self,
        national_ref: str,
        handling: Handling,
        *,
        version: int,
        reason: str,
        kind: str = "seizure",
        regions: tuple[str, ...] = (),
        audience_regions: tuple[str, ...] = (),
        audience_administrations: tuple[str, ...] = (),
    ) -> UUID:
        """Take back what was said under a reference, towards the regions and audience it had."""
        return await self._one(
            Submission(
                0, self.voice.administration, national_ref, kind, None, handling,
                audience_regions, audience_administrations, regions, (),
                version, "WITHDRAWAL", reason,
            )
        )  # fmt: skip

    async def publish_all(
        self,
        submissions: Iterable[Submission],
        progress: Callable[[Published], None] | None = None,
    ) -> Published:
        """Say many, at most ``PACE`` a second: stored in batches of up to 1,024, and sent while the
        next batch is read.

        They must have been checked, as an import does. Trouble with the broker is raised at the
        end, as BusError, when all are stored; ``flush`` or the next call sends them. Raises
        StoreError: what was accepted before is kept, and known when it comes again.
        """
        done = Published()
        sending: asyncio.Task[None] | None = None
        began = time.monotonic()
        try:
            async for batch in _batched(submissions, MAX_BATCH):
                await asyncio.sleep(began + done.accepted / PACE - time.monotonic())
                self._accept(batch, done)
                if progress is not None:
                    progress(done)
                if sending is not None:
                    await asyncio.wait((sending,))
                if sending is None or sending.exception() is None:
                    sending = asyncio.create_task(self.flush())
                await asyncio.sleep(0)
        finally:
            if sending is not None:
                await asyncio.gather(sending, return_exceptions=True)
        await self.flush()
        return done

    async def grant(self, subject: UUID, recipient: str) -> UUID:
        """Let ``recipient`` open the names of what holds of a subject, as ``granting.grant``."""
        keys = party.hpke_keys(self._folder, secret=self._secret)
        id = granting.grant(
            self._database, self.voice, subject, recipient, keys=keys, now=self._now()
        )
        await self.flush()
        return id

    async def ungrant(self, subject: UUID, recipient: str, reason: str) -> int:
        """Take back what ``recipient`` was granted of a subject; how many grants.

        The wrapped keys then go from the topic. What was opened cannot be unread.
        """
        now = self._now()
        taken = granting.ungrant(
            self._database, self.voice, subject, recipient, reason=reason, now=now
        )
        await self.flush()
        return taken

    async def sweep(self) -> int:
        """Take back every grant whose ``expires_at`` has come; how many. Publishing does it too.

        Here the topic is read as well, for grants that were given before a disk was lost.
        """
        await granting.recall(self._database, self.voice, self._connection, self._now())
        taken = granting.sweep(self._database, self.voice, self._now())
        await self.flush()
        return taken

    async def flush(self) -> None:
        """Send what is stored and not sent yet, also from an earlier run. Raises BusError.

        Grants whose withdrawal is on the topic are cleared from it by tombstones.
        """
        due = granting.clearing(self._database)
        await self._dispatch.drain()
        async with self._clearing:
            await granting.clear(self._database, self._connection, due)

    async def _follow(self) -> None:
        """Speak by the newest register; by the one we know while no broker shows us any.

        Raises TrustError: it has expired, or what the topic shows does not follow from it.
        """
        try:
            announced = await entries(self._connection)
        except (BusError, CertificateError) as error:
            _log.warning("the register is as we last saw it", reason=str(error))
            announced = {}
        if announced:
            newest = await asyncio.to_thread(party.follow, self._folder, announced, self._now())
            if newest.version > self.voice.register.version:
                self.voice = msgspec.structs.replace(self.voice, register=newest)
        register = self.voice.register
        if register.expires <= self._now():
            raise TrustError(
                f"Register {register.version} has expired, and no newer one is to be had.",
                advice="Ask the network's secretariat to renew it; nothing was lost.",
            )

    async def _keep_tending(self) -> None:
        """While we are open, also when nothing is said: a newer register, grants that end."""
        while True:
            await asyncio.sleep(self._tend)
            try:
                await self._follow()
                if granting.sweep(self._database, self.voice, self._now()):
                    await self.flush()
            except EntenteError as error:
                _log.warning("will try again", reason=str(error), advice=error.advice)
            heed()

    async def _one(self, submission: Submission) -> UUID:
        alert = submission.alert
        if alert is not None and (problems := validate(alert) or ahead(alert, self._now())):
            raise AlertRefused(problems)
        if submission.change != "NEW" and (submission.version < 2 or not submission.reason):
            raise AlertError(
                f"A {submission.change} needs a version from 2 and a reason.",
                advice="Give the version after the one that holds.",
            )
        await self._live.say(submission)
        return say.subject(submission, self.voice)

    def _accept_live(
        self, batch: Sequence[Submission]
    ) -> tuple[set[bytes], dict[int, EntenteError]]:
        done = Published()
        said = self._accept(batch, done, urgent=True)
        about = {say.subject(submission, self.voice).bytes for submission in batch}
        return said | about, {id(submission): error for submission, error in done.refused}

    def _sent(self, origin: Origin, count: int) -> None:
        self._live.moved()
        if self._progress is not None:
            self._progress(origin, count)

    def _accept(
        self, batch: Iterable[Submission], done: Published, *, urgent: bool = False
    ) -> set[bytes]:
        """Store a batch in one transaction: all that can be said of it, or after an error none.

        Returns the subjects of which anything is said, be it a grant.
        """
        party.check_signing(
            self.voice.register, self.voice.administration, self._key.public.raw, self._now()
        )
        accepted = known = 0
        refused: list[tuple[Submission, EntenteError]] = []
        with self._database.transaction(urgent=urgent) as tx:
            for stored in list(grants.sweep(tx, self.voice, self._now())):
                tx.submit(stored)
            for submission in batch:
                try:
                    new = self._submit(submission, tx)
                except (AlertError, WireError, UsageError, TrustError) as error:
                    refused.append((submission, error))
                else:
                    accepted += new
                    known += not new
        done.accepted += accepted
        done.known += known
        done.refused += refused
        return tx.subjects

    def _submit(self, submission: Submission, tx: Tx) -> bool:
        """Whether it is new. Nothing of it is in the draft when it raises."""
        if submission.administration != self.voice.administration:
            raise UsageError(
                f"Row {submission.row} is of {submission.administration}, not of"
                f" {self.voice.administration}.",
                advice="Publish it with --as that administration.",
            )
        name = (say.subject(submission, self.voice).bytes, submission.version, submission.change)
        topics = self.voice.topics(submission)
        before = [tx.content(*name, topic) for topic in topics]
        if all(say.same(digest, submission) for digest in before):
            return False
        if any(before):
            raise AlertError(
                f"Version {submission.version} of {submission.national_ref!r} was said before, in"
                " other words or to fewer regions.",
                advice="Make it a CORRECTION with the next version and the reason.",
            )
        now = self._now()
        about, id, said, key = say.statements(submission, self.voice, now)
        to = [grants.To(id, one) for one in dict.fromkeys(submission.recipients)] if key else []
        own = grants.To(id, self.voice.administration)
        bodies = [grants.wrapped(self.voice, one, key, now) for one in (*to, own) if key]
        earlier = tx.versions(about.bytes) if submission.version > 1 else ()
        for stored in said:
            tx.submit(stored)
        for version, change in earlier:
            # Who was granted an earlier version was granted names that are no longer said.
            replaced, why = names.statement_id(about, version, change), submission.change.lower()
            for stored in grants.end(tx, self.voice, replaced, reason=why, now=now):
                tx.submit(stored)
        for body in bodies[:-1]:
            tx.submit(grants.give(tx, self.voice, body, submission.handling, now))
        if bodies:
            grants.keep(tx, bodies[-1], submission.handling)
        return True


def _kind(alert: AnyAlert) -> str:
    return next(name for name, kind in KINDS.items() if isinstance(alert, kind))


def known_register(settings: Settings, administration: str, now: int) -> Register:
    """The newest register that an administration knows on this machine.

    That is its own or the one among the public files, as far as its root leads there. Raises
    TrustError, FileError.
    """
    folder = settings.party(administration)
    root = files.read(folder / "root.json", metadata.ROOT_LIMIT)
    own, public = folder / "register.json", settings.home / "network" / "register.json"
    known = [files.read(p, metadata.REGISTER_LIMIT) for p in (own, public) if p.exists()]
    known.sort(key=lambda data: metadata.parse(data).version)
    for data in reversed(known[1:]):
        with contextlib.suppress(TrustError):
            return Register.load(root, data, now)
    return Register.load(root, known[0] if known else files.read(public), now)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _batched(items: Iterable[Submission], size: int) -> AsyncIterator[tuple[Submission, ...]]:
    """Batches of a file; reading it gives way to what else is to be said."""
    batch: list[Submission] = []
    began = time.monotonic()
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield tuple(batch)
            batch.clear()
        if time.monotonic() - began > SLICE:
            await asyncio.sleep(0)
            began = time.monotonic()
    if batch:
        yield tuple(batch)
