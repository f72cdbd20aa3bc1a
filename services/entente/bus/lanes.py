"""Whose lane a record is of, and whether a lane has been written already.

An outbox that has never sealed in a lane begins it at index 0. Where that lane has records already
(a lost disk, a folder brought back from a copy, the wrong machine) it would give an index a second
leaf: a fork, for which readers suspend the lane. So it looks first, once.
"""

import contextlib

from entente.bus.connection import Connection
from entente.bus.replay import replay
from entente.errors import StoreError, WireError
from entente.proof.record import Record
from entente.wire.envelope import decode_envelope
from entente.wire.names import GRANTS, Origin, record_key


def is_of(record: Record, origin: Origin) -> bool:
    """Whether a record of the origin's topic claims to be of its lane. Nothing is verified."""
    key = record.key or b""
    if origin.topic != GRANTS:
        return key == record_key(origin.administration, origin.lane)
    if not key.startswith(origin.administration.encode() + b"/"):
        return False
    try:
        return decode_envelope(record.value or b"").checkpoint.startswith(f"{origin}\n")
    except WireError:
        return False


async def refuse_written(connection: Connection, origin: Origin) -> None:
    """Return if the topic has nothing of this lane.

    Raises StoreError if it has; BusError and its kind, CertificateError.
    """
    async with contextlib.aclosing(replay(connection, origin.topic)) as records:
        async for record in records:
            if is_of(record, origin):
                raise StoreError(
                    f"{origin} has records on its topic, but this outbox has never written it.",
                    advice="Use the outbox that wrote it; if its disk is lost, rebuild the lane"
                    f" first: `entente lane recover --as {origin.administration}`.",
                )
