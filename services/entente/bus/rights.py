"""Who may do what on the broker, worked out from the register. What is not here is denied.

Kafka's rights are the outer fence: they keep a member from topics that are not its own. What a
member may say on its own topics is judged by every reader, with the register and the signatures.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from entente.bus.topics import CORRELATOR, QUARANTINE, REGISTER
from entente.errors import TrustError
from entente.trust.administration import Administration
from entente.trust.network import BROKER, SECRETARIAT
from entente.trust.register import Register


class Acl(NamedTuple):
    """``principal`` (the CN of a certificate) may do ``operation`` on ``name``.

    ``read`` and ``write`` include ``describe``; ``write`` includes doing so idempotently (KIP-679).
    """

    principal: str
    operation: str
    kind: str
    """``topic`` or ``group``."""
    name: str
    prefixed: bool = False
    """The right holds for all names that begin with ``name``."""
    host: str = "*"
    """From where; ``*`` from anywhere."""


def group_prefix(principal: str) -> str:
    """Return what the names of ``principal``'s consumer groups begin with.

    The full stop keeps ``AE`` out of the groups of ``AE-DU``: no id contains one.
    """
    return f"{principal}."


def acls(register: Register) -> frozenset[Acl]:
    """Return all rights that ``register`` gives.

    A member writes the topics of its duties and reads those the register says, both until it is
    retired; its consumer groups bear its name. Everyone reads the register and may put a record
    into quarantine, which only the secretariat reads. The secretariat writes the register. Only a
    correlator writes proposals, and has topics of its own.

    Raises TrustError if the register says otherwise, so that no right is lost without a word.
    """
    members = [m for m in register.administrations.values() if m.retired is None]
    found = set(_common(SECRETARIAT))
    found.add(Acl(SECRETARIAT, "write", "topic", REGISTER))
    found.add(Acl(SECRETARIAT, "read", "topic", QUARANTINE))
    for member in members:
        found.update(_common(member.id))
        found.update(_own(member))
    return frozenset(found)


def _common(principal: str) -> Iterator[Acl]:
    yield Acl(principal, "read", "topic", REGISTER)
    yield Acl(principal, "write", "topic", QUARANTINE)
    yield Acl(principal, "read", "group", group_prefix(principal), prefixed=True)


def _own(member: Administration) -> Iterator[Acl]:
    correlates = member.role == "correlator"
    if member.id.casefold() in (BROKER, SECRETARIAT):
        raise TrustError(f"{member.id} is the name of a part of the network, not of a member")
    for topic in member.duties:
        if topic.startswith("proposals.") is not correlates:
            raise TrustError(
                f"the register gives {member.id} ({member.role}) the duty {topic}",
                advice="Only a correlator writes proposals, and it writes nothing else.",
            )
        yield Acl(member.id, "write", "topic", topic)
    for topic in member.reads:
        yield Acl(member.id, "read", "topic", topic)
    if correlates:
        yield Acl(member.id, "read", "topic", CORRELATOR, prefixed=True)
        yield Acl(member.id, "write", "topic", CORRELATOR, prefixed=True)


def ours(acl: Acl, topics: Iterable[str]) -> bool:
    """Tell whether ``acl`` concerns this network, so that it must be due or go.

    On a shared cluster others have rights on topics of their own: those are left alone.
    """
    if acl.kind == "topic":
        return acl.name in (set(topics) | {CORRELATOR})
    return acl.prefixed and acl.name == group_prefix(acl.principal)
