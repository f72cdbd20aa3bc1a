"""Ask the cluster which topics there are, within a time limit, and say which of three is wrong.

aiokafka waits 40 seconds for a topic that is not there, and a dead broker looks the same to it.
"""

import asyncio
from collections.abc import Iterable

from aiokafka.client import AIOKafkaClient

from entente.errors import BrokerRefused, BrokerUnreachable, TopicMissing

PATIENCE = 3.0
"""Seconds until a topic that is not there counts as missing: a new one takes a moment."""
SILENCE = 15.0
"""Seconds until a broker that has said nothing counts as gone: a busy one takes a while."""
_PAUSE = 0.1


async def require(client: AIOKafkaClient, topics: Iterable[str], what: str) -> None:
    """Return once the cluster has named all ``topics``.

    Raises BrokerRefused (we may not see one), TopicMissing, BrokerUnreachable.
    """
    wanted = sorted(set(topics))
    for topic in wanted:
        client.add_topic(topic)
    answered = False
    try:
        async with asyncio.timeout(SILENCE) as limit:
            while True:
                if await client.force_metadata_update() and not answered:
                    answered = True
                    limit.reschedule(asyncio.get_running_loop().time() + PATIENCE)
                refused = [t for t in wanted if t in client.cluster.unauthorized_topics]
                if refused:
                    raise BrokerRefused(f"{what}: the broker does not show us {', '.join(refused)}")
                if answered and not _missing(client, wanted):
                    return
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        pass
    if answered:
        missing = ", ".join(_missing(client, wanted))
        raise TopicMissing(f"{what}: there is no topic {missing}")
    raise BrokerUnreachable(f"{what}: no broker answers")


def _missing(client: AIOKafkaClient, topics: list[str]) -> list[str]:
    return [t for t in topics if client.cluster.partitions_for_topic(t) is None]
