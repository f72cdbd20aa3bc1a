"""The register as a publisher knows it on its own machine."""

import contextlib

from entente.config import Settings
from entente.errors import TrustError
from entente.trust import files, metadata
from entente.trust.register import Register


def known_register(settings: Settings, administration: str) -> Register:
    """The newest register that an administration knows on this machine; it may have expired.

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
            return Register.load(root, data, 0)
    return Register.load(root, known[0] if known else files.read(public), 0)
