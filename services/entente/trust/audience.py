"""Whom a statement is for, and whether a reader is among them.

Kafka's rights say who may read a topic. An audience narrows that, statement by statement, and
readers keep it: what is not said to a member its office neither shows nor counts. The records
themselves lie on the topic for all who may read it; what must not reach their disks is said on
another topic, or sealed.
"""

from functools import lru_cache
from pathlib import Path

from entente.trust import files, metadata
from entente.trust.administration import Administration
from entente.trust.register import Register
from entente.wire.statement import Audience


def admits(audience: Audience, issuer: str, reader: Administration) -> bool:
    """Whether ``issuer`` says this to ``reader``: by its id, by one of its regions, or to all."""
    if audience == Audience() or reader.id in (issuer, *audience.administrations):
        return True
    return not set(audience.regions).isdisjoint(reader.all_regions)


def reader(folder: Path) -> Administration:
    """The member whose folder this is, by the newest register that it has verified.

    Raises FileError: it has verified none yet; TrustError, UnknownParty.
    """
    return register(folder).administration(folder.name)


def register(folder: Path) -> Register:
    """The newest register that a member, by its folder, has verified. Errors as ``reader``."""
    path = folder / "register.json"
    found = path.stat() if path.exists() else None
    return _register(path, found and (found.st_mtime_ns, found.st_size, found.st_ino))


@lru_cache(maxsize=8)
def _register(path: Path, state: object) -> Register:
    return Register.content(metadata.parse(files.read(path, metadata.REGISTER_LIMIT)))
