"""From a submission to statements: one per topic, names sealed.

Pure, but for the randomness of a sealed part; time is a parameter.
"""

import hashlib
from typing import NamedTuple
from uuid import UUID

import msgspec

from entente.alert.handling import Handling
from entente.alert.record import Consignment, Nominal
from entente.errors import TrustError
from entente.publish.submission import Submission
from entente.seal.normalise import nominal_values
from entente.seal.sealed import new_content_key, seal
from entente.seal.tokens import CommunityKey, tokens
from entente.store.submission import Submission as Stored
from entente.trust.administration import Administration
from entente.trust.register import Register
from entente.wire import names
from entente.wire.body import encode_body
from entente.wire.schemas import latest
from entente.wire.statement import Audience, LinkToken, Sealed, Statement


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks, in which network, and what it needs for that."""

    register: Register
    administration: str
    community_keys: tuple[CommunityKey, ...] = ()
    """Without any, sealed names carry no link tokens, and nobody is told of a match."""

    @property
    def member(self) -> Administration:
        """Our own entry. Raises UnknownParty."""
        return self.register.administration(self.administration)

    def topics(self, submission: Submission) -> tuple[str, ...]:
        """The topics it is said on. Raises TrustError if we have no home or may not write one."""
        member = self.member
        regions = submission.regions or ((member.home,) if member.home else ())
        if not regions:
            raise TrustError(
                f"{self.administration} has no home region, and no region is named.",
                advice="Name one in `regions`.",
            )
        topics = tuple(f"alerts.{region}" for region in dict.fromkeys(regions))
        for topic in topics:
            if topic not in member.duties:
                raise TrustError(
                    f"{self.administration} may not write {topic}.",
                    advice="Take its own regions, or ask the secretariat for this duty.",
                )
        return topics


def content(submission: Submission) -> bytes:
    """Digest of what is said: without row, time and topic, and before anything is sealed."""
    s = submission
    said = (
        s.kind, s.alert, s.handling, s.audience_regions, s.audience_administrations,
        sorted(s.recipients), s.reason,
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(said)).digest()


def content_seen(statement: Statement) -> bytes:
    """Digest of what everybody can see of a statement, told apart from ``content`` by its length.

    All that is left to compare with once our own store is lost: names are sealed, also to us.
    """
    return _seen(
        statement.type, statement.body, statement.handling, statement.audience, statement.reason
    )


def same(known: bytes | None, submission: Submission) -> bool:
    """Whether what was said before under this name, by its digest, is what is to be said now."""
    if known is None:
        return False
    full = content(submission)
    if len(known) == len(full):
        return known == full
    s = submission
    schema, body = encode_body(s.alert) if s.alert is not None else (latest(s.kind), b"")
    audience = Audience(regions=s.audience_regions, administrations=s.audience_administrations)
    return known == _seen(schema.fullname, body, s.handling, audience, s.reason)


def _seen(
    type: str, body: bytes, handling: Handling, audience: Audience, reason: str | None
) -> bytes:
    said = (type, body, handling, audience.regions, audience.administrations, reason)
    return b"\0" + hashlib.sha256(msgspec.json.encode(said)).digest()


def subject(submission: Submission, voice: Voice) -> UUID:
    """The thing it speaks of."""
    return names.subject_id(voice.register.network, voice.administration, submission.national_ref)


class Saying(NamedTuple):
    """What is to be said of a submission, one statement a topic; grants are made by ``grants``."""

    subject: UUID
    id: UUID
    """Of all of them: copies on several topics share it."""
    statements: list[Stored]
    key: bytes
    """The content key of the sealed part; empty if nothing is sealed."""


def statements(submission: Submission, voice: Voice, now: int) -> Saying:
    """What is to be said. Raises TrustError, WireError."""
    s = submission
    about = subject(s, voice)
    id = names.statement_id(about, s.version, s.change)
    schema, body = latest(s.kind), b""
    if s.alert is not None:
        schema, body = encode_body(s.alert)
    sealed, link_tokens, key = _seal(s, id, voice, now)
    digest = content(s)
    said = [
        Statement(
            id=id,
            subject=about,
            version=s.version,
            change=s.change,
            type=schema.fullname,
            schema=schema.sha256,
            network=voice.register.network,
            issuer=voice.administration,
            topic=topic,
            issued_at=now,
            audience=Audience(
                regions=s.audience_regions, administrations=s.audience_administrations
            ),
            handling=s.handling,
            body=body,
            reason=s.reason,
            sealed=sealed,
            link_tokens=link_tokens,
        )
        for topic in voice.topics(s)
    ]
    return Saying(about, id, [stored(one, digest, voice) for one in said], key)


def _seal(
    s: Submission, id: UUID, voice: Voice, now: int
) -> tuple[Sealed | None, tuple[LinkToken, ...], bytes]:
    nominal = s.alert.nominal if isinstance(s.alert, Consignment) else None
    if nominal is None or nominal == Nominal():
        return None, (), b""
    if not s.recipients:
        raise TrustError(
            "Names are only sent sealed, and nobody is named to open them.",
            advice="Name the administrations in `recipients`, or leave the names out.",
        )
    key = new_content_key()
    sealed = seal(nominal, id=id, issuer=voice.administration, key=key)
    keys = voice.community_keys
    return sealed, tokens(keys, nominal_values(nominal), now) if keys else (), key


def stored(statement: Statement, digest: bytes, voice: Voice, key: bytes | None = None) -> Stored:
    """A statement for the outbox. Raises TrustError: we have no lane on its topic; WireError."""
    lanes = voice.member.duties.get(statement.topic, 0)
    if not lanes:
        raise TrustError(f"{voice.administration} may not write {statement.topic}.")
    return Stored.of(statement, digest, lanes, key)
