"""The publisher of one administration: what it accepts is stored and signed before it is sent.

    async with Publisher("JP") as publisher:
        await publisher.say(line)

A crash at any line loses nothing and doubles nothing: what was accepted is sent when a publisher
of this administration next starts, and what was accepted before is known again by its reference,
version and content. Use one at a time: the outbox file is locked.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Self, Unpack
from uuid import UUID

import msgspec
import structlog

from entente import clock, config
from entente.alert.form import KINDS
from entente.alert.handling import Handling
from entente.alert.problem import AlertRefused
from entente.alert.record import AnyAlert
from entente.alert.validate import validate
from entente.bus.cancelled import heed
from entente.bus.dispatch import Dispatch
from entente.bus.membership import Membership
from entente.config import Settings
from entente.errors import AlertError, BusError, CertificateError, EntenteError
from entente.publish import bulk, granting, importer, intake, say
from entente.publish.desk import desk
from entente.publish.intake import Published
from entente.publish.live import Live
from entente.publish.references import Named, named
from entente.publish.submission import Submission, Towards
from entente.store.outbox import Outbox
from entente.trust import party
from entente.wire.names import Origin

TEND = 60.0
"""Seconds between two looks at the register, and for grants whose time has come."""
_log = structlog.get_logger(__name__)


class Publisher:
    """Says what one administration has to say. Use it as an async context."""

    def __init__(
        self,
        administration: str,
        settings: Settings | None = None,
        *,
        progress: Callable[[Origin, int], None] | None = None,
        tend: float = TEND,
    ) -> None:
        """Open the administration's own folder; the settings are those that commands read.

        ``progress`` is told of each batch that is on its topic; ``tend`` is in seconds, as
        ``TEND``. Raises ConfigError, TrustError, KeyMissing, UnknownParty, StoreBusy, FileError.
        """
        self._desk = desk(settings or config.load(), administration)
        self.voice = self._desk.voice
        self._tend = tend
        self._membership = Membership(
            self._desk.connection, self._desk.folder, clock.now, self.voice.register
        )
        self._outbox = Outbox(self._desk.outbox, self._desk.key)
        self._progress = progress
        self._dispatch = Dispatch(self._outbox, self._desk.connection, progress=self._sent)
        self._clearing = asyncio.Lock()
        self._live = Live(self._accept_live, self.flush, self._outbox)
        self._stack = AsyncExitStack()
        self._stack.callback(self._desk.outbox.close)

    async def __aenter__(self) -> Self:
        """Raises TrustError: the topic shows a register that contradicts what was seen before.

        While no broker shows us any, the last one that we know holds. By one that has expired
        nothing is said and nothing granted; what was granted can still be taken back.
        """
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

    async def say(self, line: str | bytes | Mapping[str, object]) -> UUID:
        """Say what a line of JSON Lines says, or the object that it stands for; its subject.

        It is ``{"alert": {…}, "handling": {…}}``, and with ``version``, ``change`` and ``reason``
        it corrects or withdraws what was said. It arrives, and is refused, as in ``publish``.
        """
        text = msgspec.json.encode(line) if isinstance(line, Mapping) else line
        data = text.encode() if isinstance(text, str) else text
        me = self.voice.administration
        return await self._arrived(importer.submission(data, me, clock.now()))

    async def publish(
        self, alert: AnyAlert, handling: Handling, **towards: Unpack[Towards]
    ) -> UUID:
        """Say something new; its subject. Saying it again is harmless.

        When this returns it is on its topics; it goes before a file that is being sent. When it
        raises BusError it is stored, and goes with the next call. Raises AlertRefused or another
        AlertError, TrustError: nothing was stored.
        """
        about = self._about(alert.national_ref, _kind(alert))
        return await self._one(Submission(*about, alert, handling, **towards))

    async def correct(
        self,
        alert: AnyAlert,
        handling: Handling,
        *,
        version: int,
        reason: str,
        **towards: Unpack[Towards],
    ) -> UUID:
        """Replace what was said under the alert's reference; ``version`` is the next one.

        Regions, recipients and audience are those of the new version: nothing is inherited.
        """
        about = self._about(alert.national_ref, _kind(alert))
        return await self._one(
            Submission(
                *about, alert, handling, **towards,
                version=version, change="CORRECTION", reason=reason,
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
        **towards: Unpack[Towards],
    ) -> UUID:
        """Take back what was said under a reference, towards the regions and audience it had."""
        about = self._about(national_ref, kind)
        return await self._one(
            Submission(
                *about, None, handling, **towards,
                version=version, change="WITHDRAWAL", reason=reason,
            )
        )  # fmt: skip

    async def publish_all(
        self,
        submissions: Iterable[Submission],
        progress: Callable[[Published], None] | None = None,
    ) -> Published:
        """Say many, at the pace of ``bulk``. They must have been checked, as an import does.

        Trouble with the broker is raised at the end, as BusError, when all are stored; ``flush``
        or the next call sends them. Raises StoreError: what was accepted before is kept, and known
        when it comes again.
        """
        return await bulk.say_all(submissions, self._accept, self.flush, progress)

    async def grant(self, subject: UUID | str, recipient: str) -> UUID:
        """Let ``recipient`` open the names of what holds of an alert, as ``granting.grant``.

        It is named by its subject or by the national reference.
        """
        self._may_speak()
        about = self._named(subject)
        keys = party.hpke_keys(self._desk.folder, secret=self._desk.secret)
        id = granting.grant(
            self._desk.outbox, self.voice, about.subject, recipient,
            keys=keys, now=clock.now(), called=about.called,
        )  # fmt: skip
        await self.flush()
        return id

    async def ungrant(self, subject: UUID | str, recipient: str, reason: str) -> int:
        """Take back what ``recipient`` was granted of an alert; how many grants.

        The wrapped keys then go from the topic. What was opened cannot be unread. Where the store
        knows of none it asks the topic, for a disk may have been lost. Raises AlertError: we have
        said nothing of it.
        """
        self._may_sign()
        about, now, outbox = self._named(subject), clock.now(), self._desk.outbox
        ungrant = partial(
            granting.ungrant, outbox, self.voice, about.subject, recipient,
            reason=reason, now=now, called=about.called,
        )  # fmt: skip
        taken = ungrant()
        if not taken:
            await granting.recall(outbox, self.voice, self._desk.connection, now)
            taken = ungrant()
        await self.flush()
        return taken

    async def sweep(self) -> int:
        """Take back every grant whose ``expires_at`` has come; how many. Publishing does it too.

        Here the topic is read as well, for grants that were given before a disk was lost.
        """
        self._may_sign()
        outbox, now = self._desk.outbox, clock.now()
        await granting.recall(outbox, self.voice, self._desk.connection, now)
        taken = granting.sweep(outbox, self.voice, now)
        await self.flush()
        return taken

    async def flush(self) -> None:
        """Send what is stored and not sent yet, also from an earlier run. Raises BusError.

        Grants whose withdrawal is on the topic are cleared from it by tombstones.
        """
        due = granting.clearing(self._desk.outbox)
        await self._dispatch.drain()
        async with self._clearing:
            await granting.clear(self._desk.outbox, self._desk.connection, due)

    def _about(self, national_ref: str, kind: str) -> tuple[int, str, str, str]:
        """What a submission begins with: it is of no row."""
        return 0, self.voice.administration, national_ref, kind

    def _named(self, subject: UUID | str) -> Named:
        return named(self._desk.folder, self.voice.register.network, str(subject))

    async def _follow(self) -> None:
        """Speak by the newest register. While no broker shows us any, the one we know holds."""
        try:
            await self._membership.refresh()
        except (BusError, CertificateError) as error:
            _log.warning("the register is as we last saw it", reason=str(error))
        register = self._membership.register()
        if register.version > self.voice.register.version:
            self.voice = msgspec.structs.replace(self.voice, register=register)

    def _may_speak(self) -> None:
        """Raise TrustError: the register has expired, or ``_may_sign``."""
        self.voice.register.unexpired(clock.now())
        self._may_sign()

    def _may_sign(self) -> None:
        """Raise TrustError: nobody would believe our key now."""
        party.check_signing(
            self.voice.register, self.voice.administration, self._desk.key.public.raw, clock.now()
        )

    async def _keep_tending(self) -> None:
        """While we are open, also when nothing is said: a newer register, grants that end."""
        while True:
            await asyncio.sleep(self._tend)
            try:
                await self._follow()
                self._may_sign()
                if granting.sweep(self._desk.outbox, self.voice, clock.now()):
                    await self.flush()
            except EntenteError as error:
                _log.warning("will try again", reason=str(error), advice=error.advice)
            heed()

    async def _one(self, submission: Submission) -> UUID:
        alert = submission.alert
        if alert is not None and (
            problems := validate(alert) or importer.ahead(alert, clock.now())
        ):
            raise AlertRefused(problems)
        if submission.change != "NEW" and (submission.version < 2 or not submission.reason):
            raise AlertError(
                f"A {submission.change} needs a version from 2 and a reason.",
                advice="Give the version after the one that holds.",
            )
        return await self._arrived(submission)

    async def _arrived(self, submission: Submission) -> UUID:
        await self._live.say(submission)
        return say.subject(submission, self.voice)

    def _accept_live(
        self, batch: Sequence[Submission]
    ) -> tuple[set[bytes], dict[int, EntenteError]]:
        done = Published()
        said = self._accept(batch, done, urgent=True)
        about = {say.subject(submission, self.voice).bytes for submission in batch}
        return said | about, {id(submission): error for submission, error in done.refused}

    def _accept(
        self, batch: Sequence[Submission], done: Published, *, urgent: bool = False
    ) -> set[bytes]:
        """Store a batch, as ``intake.take``. Raises TrustError, as ``_may_speak``."""
        self._may_speak()
        return intake.take(self._desk.outbox, self.voice, batch, done, clock.now(), urgent=urgent)

    def _sent(self, origin: Origin, count: int) -> None:
        self._live.moved()
        if self._progress is not None:
            self._progress(origin, count)


def _kind(alert: AnyAlert) -> str:
    return next(name for name, kind in KINDS.items() if isinstance(alert, kind))


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
