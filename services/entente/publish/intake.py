"""What is submitted goes into the outbox: as statements and grants, all in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from entente.errors import AlertError, EntenteError, TrustError, UsageError, WireError
from entente.publish import grants, say
from entente.publish.say import Voice
from entente.publish.submission import Submission
from entente.store.database import Database, Tx
from entente.wire import names


@dataclass(slots=True)
class Published:
    """What became of many submissions; each is in exactly one of the three."""

    accepted: int = 0
    """Said for the first time."""
    known: int = 0
    """Said before, word for word: nothing to do."""
    refused: list[tuple[Submission, EntenteError]] = field(default_factory=list)
    """Cannot be said, and why; nothing of them is stored."""


def take(
    database: Database,
    voice: Voice,
    batch: Iterable[Submission],
    done: Published,
    now: int,
    *,
    urgent: bool = False,
) -> set[bytes]:
    """Store a batch in one transaction: all that can be said of it, or after an error none.

    Counts in ``done``. Returns the subjects of which anything is said, be it a grant. ``urgent``
    goes before what else waits. Raises StoreError.
    """
    accepted = known = 0
    refused: list[tuple[Submission, EntenteError]] = []
    with database.transaction(urgent=urgent) as tx:
        for stored in list(grants.sweep(tx, voice, now)):
            tx.submit(stored)
        for submission in batch:
            try:
                new = _submit(tx, voice, submission, now)
            except (AlertError, WireError, UsageError, TrustError) as error:
                refused.append((submission, error))
            else:
                accepted += new
                known += not new
    done.accepted += accepted
    done.known += known
    done.refused += refused
    return tx.subjects


def _submit(tx: Tx, voice: Voice, submission: Submission, now: int) -> bool:
    """Whether it is new. Nothing of it is in the draft when it raises."""
    if submission.administration != voice.administration:
        raise UsageError(
            f"Row {submission.row} is of {submission.administration}, not of"
            f" {voice.administration}.",
            advice="Publish it with --as that administration.",
        )
    name = (say.subject(submission, voice).bytes, submission.version, submission.change)
    topics = voice.topics(submission)
    before = [tx.content(*name, topic) for topic in topics]
    if all(say.same(digest, submission) for digest in before):
        return False
    if any(before):
        raise AlertError(
            f"Version {submission.version} of {submission.national_ref!r} was said before, in"
            " other words or to fewer regions.",
            advice="Make it a CORRECTION with the next version and the reason.",
        )
    about, id, said, key = say.statements(submission, voice, now)
    to = [grants.To(id, one) for one in dict.fromkeys(submission.recipients)] if key else []
    own = grants.To(id, voice.administration)
    bodies = [grants.wrapped(voice, one, key, now) for one in (*to, own) if key]
    earlier = tx.versions(about.bytes) if submission.version > 1 else ()
    for stored in said:
        tx.submit(stored)
    for version, change in earlier:
        # Who was granted an earlier version was granted names that are no longer said.
        replaced, why = names.statement_id(about, version, change), submission.change.lower()
        for stored in grants.end(tx, voice, replaced, reason=why, now=now):
            tx.submit(stored)
    for body in bodies[:-1]:
        tx.submit(grants.give(tx, voice, body, submission.handling, now))
    if bodies:
        grants.keep(tx, bodies[-1], submission.handling)
    return True
