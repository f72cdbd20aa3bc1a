"""Names that follow from content, so that what computes a proposal cannot change under its name."""

from hashlib import sha256

import msgspec


def named(content: object) -> str:
    """What names rules, weights or a calibration: the same name, the same content."""
    return sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:12]
