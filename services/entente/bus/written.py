"""What one of us has written, read back from its own topics: for a store that was lost."""

import contextlib
from collections.abc import Callable

from entente import clock
from entente.bus.connection import Connection
from entente.bus.replay import replay
from entente.proof.recovery import Rebuilt, rebuild
from entente.trust.register import Register
from entente.wire.names import Origin


async def written(
    connection: Connection,
    register: Register,
    member: str,
    progress: Callable[[str], None] | None = None,
) -> dict[Origin, Rebuilt]:
    """The lanes of a member, read with the eight steps; ``progress`` is told of each topic.

    Raises ProofError (a lane cannot go on without contradicting what was signed), UnknownParty,
    BusError.
    """
    own = member.encode() + b"/"
    found: dict[Origin, Rebuilt] = {}
    for topic in register.administration(member).duties:
        if progress is not None:
            progress(topic)
        async with contextlib.aclosing(replay(connection, topic)) as records:
            mine = [r async for r in records if (r.key or b"").startswith(own)]
        found |= rebuild(mine, register, register.network, clock.now())
    return found
