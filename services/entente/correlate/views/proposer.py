"""Follows the correlator's inboxes, and submits what follows from them for each reader."""

import asyncio
import time
from hashlib import sha256

import msgspec
import structlog

from entente import clock
from entente.alert.epoch import Epoch
from entente.bus.arrivals import Cursor, arrivals, heads
from entente.bus.membership import Membership
from entente.correlate.engine import Engine
from entente.correlate.intake import receiving
from entente.correlate.intake.audiences import Signature, readers, reckoned
from entente.correlate.views import saying
from entente.correlate.views.saying import Said
from entente.correlate.views.view import Past, Told
from entente.correlate.views.views import Views
from entente.correlate.weigh.model import weights
from entente.errors import WireError
from entente.proof.rows import Rows
from entente.store.database import Database
from entente.store.reader import Reader

INBOX, DECISIONS, SAID = "correlator-inbox", "correlator-decisions", "correlator-said"
THOUGHT = "thought"
"""Table: how far into the inbox what was said reaches, as a cursor."""
SETTLED = b"settled"
"""Its key for the cursor of when last nothing was left to be said."""
EPOCHS, GIVEN = "epochs", "given"
"""Tables: the number of the last epoch by view; and by view and digest what it was given."""
LOOK = 0.1
"""Seconds between two looks into the inbox."""
PORTION = 1024
"""Alerts taken from the inbox at a time."""
SETTLE = 4096
"""Alerts after which a view settles, even if more are waiting."""
SOON = 0.5
"""Seconds after which what came is said though more is coming, unless we are far behind."""
SHARE = 1
"""Times as long as it took to say it, to wait at least before that is done again."""
REVIEW = 20
"""Times as long as it took, to wait before what is put off is done again."""
_view = msgspec.json.Decoder(Signature)
_log = structlog.get_logger(__name__)


class Proposer:
    """Follows the inbox and submits what follows from it for each reader."""

    def __init__(self, database: Database, membership: Membership, correlator: str) -> None:
        self._database = database
        self._membership = membership
        self._correlator = correlator
        self._register = membership.register()
        self._idle = asyncio.Event()
        self._review_at = self._say_at = 0.0
        self._settled: Cursor = {}
        self._begin()

    async def run(self) -> None:
        """Until cancelled. Raises StoreError."""
        waiting = 0
        while True:
            self._renew()
            taken = self._judge() + self._take()
            if not taken or self._recalled():
                taken += self._views.grow(readers(self._register), PORTION)
            waiting += taken
            hurried = taken < PORTION and time.monotonic() >= self._say_at and self._recalled()
            if waiting and (not taken or hurried):
                self._say(1)
                waiting = 0
            elif self._views.news >= SETTLE and self._recalled():
                self._say(SETTLE)
            elif not taken and self._views.owing and time.monotonic() >= self._review_at:
                self._review()
            if taken or self._views.owing:
                self._idle.clear()
                await asyncio.sleep(0 if taken >= PORTION else LOOK)
            else:
                self._settle()
                self._idle.set()
                await asyncio.sleep(LOOK)

    async def settled(self) -> None:
        """Return once all that is in the inbox now has been thought about, and said."""
        self._idle.clear()
        await self._idle.wait()

    def _settle(self) -> None:
        """Keep, for who looks from outside, that nothing is left to be said of what came so far."""
        if self._settled != self._cursor:
            self._settled = dict(self._cursor)
            with self._database.transaction() as tx:
                tx.rows(SAID).put(THOUGHT, SETTLED, msgspec.json.encode(self._cursor))

    def _review(self) -> None:
        """Say what earlier epochs have put off, at most a small part of the time."""
        began = time.monotonic()
        self._views.review()
        self._say(1)
        ended = time.monotonic()
        self._review_at = ended + REVIEW * (ended - began)

    def _renew(self) -> None:
        """Go by the newest register. If audiences or mandates are others by it, begin anew: then
        all is reckoned by one register, which the epochs name."""
        newest = self._membership.register()
        if newest.version == self._register.version:
            return
        if reckoned(newest) != reckoned(self._register):
            _log.info("beginning anew by another register", register=newest.version)
            self._begin()
        self._register = newest

    def _begin(self) -> None:
        self._register = self._membership.register()
        self._cursor: Cursor = {}
        self._judged: Cursor = {}
        self._views = Views(lambda salt: Engine(weights(), salt=salt))
        with self._database.transaction() as tx:
            rows = tx.rows(SAID)
            known = [saying.restored(value) for _, value in rows.scan(SAID)]
            self._thought = msgspec.json.decode(rows.get(THOUGHT, b"") or b"{}", type=Cursor)
            past = [
                Past(
                    _view.decode(view),
                    int(number),
                    frozenset(key[8:].hex() for key, _ in rows.scan(GIVEN, _short(view))),
                )
                for view, number in rows.scan(EPOCHS)
            ]
        told = [Told(said.view, said.version, said.proposal) for said in known]
        self._views.restore(told, past)

    def _recalled(self) -> bool:
        """Whether we know again all that was said rests on; before that nothing is said."""
        return all(self._cursor.get(at, 0) >= count for at, count in self._thought.items())

    def _judge(self) -> int:
        """Obey what coordinators have decided since; how many versions of decisions came."""
        with Reader(self._database.path) as reader, reader.view(DECISIONS) as view:
            came = sum(1 for _ in arrivals(view, self._judged))
            if came:
                members = self._register.administrations
                held = (receiving.ruled(one, members) for one in heads(view))
                mine = [one for one in held if one is not None]
                self._views.decide(mine, readers(self._register))
        return came

    def _take(self) -> int:
        """Apply the next versions of the inbox; how many."""
        taken = 0
        members = self._register.administrations
        with Reader(self._database.path) as reader, reader.view(INBOX) as view:
            for came in arrivals(view, self._cursor):
                taken += 1
                if came.record is not None:
                    self._views.apply(receiving.head(came.record), members)
                elif self._views.holds(str(came.subject), came.version):
                    _log.warning("taken back", subject=str(came.subject), version=came.version)
                    self._begin()  # an engine can be told of a withdrawal, not of a lie
                    break
                if taken == PORTION:
                    break
        return taken

    def _say(self, least: int) -> None:
        """Submit what every view with at least so much news has to say."""
        register = self._register
        now, began = clock.now(), time.monotonic()
        with self._database.transaction() as tx:
            rows = tx.rows(SAID)
            thought(rows, self._cursor)
            among = readers(register)
            due = self._views.due(among, least)
            for turn in self._views.settle(among, due, register.version):
                for submission in saying.epochs(turn, register, self._correlator, now):
                    tx.submit(submission)
                remember(rows, turn.epoch)
                for view, version, proposal in turn.told:
                    key = proposal.case.encode()
                    before = rows.get(SAID, key)
                    old = saying.restored(before).topics if before else ()
                    said = Said(version, proposal, saying.topics(proposal, register, old), view)
                    try:
                        found = saying.submissions(said, register, self._correlator, now)
                    except WireError as error:  # the others are not to wait for it
                        _log.error("not said", case=proposal.case, error=str(error))
                        continue
                    rows.put(SAID, key, saying.stored(said))
                    for submission in found:
                        tx.submit(submission)
                    _log.info(
                        "proposal", case=proposal.case, version=version, status=proposal.status
                    )
        ended = time.monotonic()
        self._say_at = ended + max(SOON, SHARE * (ended - began))


def thought(rows: Rows, cursor: Cursor) -> None:
    """Keep how far into the inbox what was said reaches."""
    rows.put(THOUGHT, b"", msgspec.json.encode(cursor))


def remember(rows: Rows, epoch: Epoch) -> None:
    """Keep what a view was given, up to this epoch."""
    view = msgspec.json.encode(epoch.view)
    rows.put(EPOCHS, view, b"%d" % epoch.number)
    for digest in epoch.alerts:
        rows.put(GIVEN, _short(view) + bytes.fromhex(digest), b"")
    for digest in epoch.gone:
        rows.delete(GIVEN, _short(view) + bytes.fromhex(digest))


def _short(view: bytes) -> bytes:
    return sha256(view).digest()[:8]
