"""The register as a publisher knows it: from this machine, and from the topic."""

import asyncio
import contextlib
from pathlib import Path

import structlog

from entente.bus.connection import Connection
from entente.bus.membership import entries
from entente.config import Settings
from entente.errors import BusError, CertificateError, TrustError
from entente.trust import files, metadata, party
from entente.trust.register import Register

_log = structlog.get_logger(__name__)


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


async def newest(
    connection: Connection, folder: Path, known: Register, read: dict[int, int], now: int
) -> Register:
    """The newest register: ``known``, or what the topic shows that follows from it.

    ``read`` remembers how far the topic was read. While no broker shows us any, the known one
    holds. Raises TrustError: it has expired, or what the topic shows does not follow from it.
    """
    before = dict(read)
    try:
        announced = await entries(connection, before)
    except (BusError, CertificateError) as error:
        _log.warning("the register is as we last saw it", reason=str(error))
        announced = {}
    if announced:
        found = await asyncio.to_thread(party.follow, folder, announced, now)
        read.update(before)  # only now: what could not be verified is looked at again
        known = found if found.version > known.version else known
    if known.expires <= now:
        raise TrustError(
            f"Register {known.version} has expired, and no newer one is to be had.",
            advice="Ask the network's secretariat to renew it; nothing was lost.",
        )
    return known
