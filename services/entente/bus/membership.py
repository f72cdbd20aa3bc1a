"""A member's view of the register: read from the ``register`` topic, verified from its own root."""

import asyncio
import math
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import structlog

from entente.bus.connection import Connection
from entente.bus.producer import Outgoing, Producer
from entente.bus.replay import replay
from entente.bus.topics import REGISTER
from entente.clock import Clock
from entente.errors import BusError, EntenteError, TrustError
from entente.trust import metadata, party
from entente.trust.register import Register

_log = structlog.get_logger(__name__)


async def entries(connection: Connection, after: dict[int, int] | None = None) -> dict[str, bytes]:
    """Every version of root and register on the topic, as ``trust`` reads them.

    With ``after`` only those that have come since (``bus.replay``). Nothing is verified here.
    Raises BusError and its kind, CertificateError.
    """
    return {
        record.key.decode("utf-8", "replace"): record.value
        async for record in replay(connection, REGISTER, after)
        if record.key and record.value
    }


async def announce(connection: Connection, files: Mapping[str, bytes]) -> int:
    """Put on the topic what it lacks of ``files``; returns how many. For the secretariat.

    Raises TrustError: the topic has a version that says something else. Two copies of the
    secretariat's files have gone different ways, and members would not know whom to follow.
    """
    known = await entries(connection)
    for name in known.keys() & files.keys():
        if metadata.parse(known[name]).digest != metadata.parse(files[name]).digest:
            raise TrustError(
                f"{name} on the topic says something else than {name} here; nothing was announced.",
                advice="Go on from the files that announced it, and make this change there again."
                " If nobody of you did, somebody has your registrar's key: let the officers sign a"
                " root with another.",
            )
    missing = [Outgoing(REGISTER, k.encode(), v) for k, v in files.items() if known.get(k) != v]
    if missing:
        async with Producer(connection) as producer:
            await producer.send(missing)
    return len(missing)


class Membership:
    """The newest register that a member could verify. ``folder`` holds what it trusts.

    A register that has expired still holds for who reads, and the log says so; not for who speaks
    (``current``), and not for a member that has never verified another. ``known``: one that it has
    verified, though no topic has shown it yet.
    """

    def __init__(
        self, connection: Connection, folder: Path, clock: Clock, known: Register | None = None
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._clock = clock
        self._register = known
        self._read: dict[int, int] = {}
        self._asked = -math.inf
        self._told = ""
        self._expired = False

    async def refresh(self) -> bool:
        """Read what is new on the topic; returns whether the register is another one now.

        Raises TrustError: what the topic holds does not verify, is older than what was seen, or is
        the first that we see and has expired; BusError and its kind, CertificateError.
        """
        self._asked = time.monotonic()
        read = dict(self._read)
        found = await entries(self._connection, read)
        before = self._register
        if found or before is None:
            follow = partial(party.follow, self._folder, found, self._clock(), reading=True)
            new = await asyncio.to_thread(follow)
            if before is None or new.version > before.version:
                self._register = new
        self._read = read  # only now: what could not be verified is shown again
        self._note_expiry()
        return self._register is not before

    async def look(self, every: float = 0) -> None:
        """``refresh``, if that was not tried in the last ``every`` seconds.

        A register that cannot be read or verified now leaves the last in force, and a warning: one
        for each trouble, until it is over.
        """
        if time.monotonic() - self._asked < every:
            return
        try:
            await self.refresh()
            self._told = ""
        except EntenteError as error:
            away = isinstance(error, BusError) and error.temporary
            what = "the broker is away" if away else "the register cannot be renewed"
            if what != self._told:
                _log.warning(what, reason=str(error), advice=error.advice)
            self._told = what
            self._note_expiry()

    def current(self) -> Register:
        """The same for who speaks by it. Raises TrustError: it has expired."""
        return self.register().unexpired(self._clock())

    def register(self) -> Register:
        """The register as of the last refresh, which must have come first if none was known."""
        assert self._register is not None, "refresh() comes first"  # noqa: S101  a slip of ours
        return self._register

    def _note_expiry(self) -> None:
        """Say it once when the register has expired."""
        known = self._register
        expired = known is not None and known.ends <= self._clock()
        if expired and known is not None and not self._expired:
            _log.error(
                "the register has expired", version=known.version, advice="Nobody can tell us now"
                " that a key was stolen. What comes is still judged by what we last knew; ask the"
                " secretariat, by another channel, before you act on it.",
            )  # fmt: skip
        self._expired = expired
