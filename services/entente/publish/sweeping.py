"""Grants end when their time has come, whether or not anything is published meanwhile."""

import asyncio
from pathlib import Path

import structlog

from entente import clock
from entente.config import Settings
from entente.errors import EntenteError, StoreBusy
from entente.publish import grants
from entente.publish.desk import OUTBOX
from entente.publish.publisher import Publisher
from entente.store.reader import Reader

EVERY = 3_600.0
"""Seconds between two looks."""
_log = structlog.get_logger(__name__)


async def run(settings: Settings, administration: str, every: float = EVERY) -> None:
    """Take back what has come to its end, until cancelled; nothing for who has never published.

    The outbox is held only while something is due, and at the start, when the topic is read for
    grants that were given before a disk was lost. While another process publishes, that one does
    it. Trouble is logged, and the next look comes.
    """
    outbox = settings.party(administration) / OUTBOX
    anew = True
    while True:
        try:
            if outbox.exists() and (anew or _due(outbox)):
                async with Publisher(administration, settings) as publisher:
                    taken = await publisher.sweep()
                anew = False
                if taken:
                    _log.info("grants ended", of=administration, count=taken)
        except StoreBusy:
            pass
        except EntenteError as error:
            _log.warning("will try again", reason=str(error), advice=error.advice)
        await asyncio.sleep(every)


def _due(outbox: Path) -> bool:
    """Whether the time of a grant has come."""
    with Reader(outbox) as reader, reader.view(grants.PROJECTION) as view:
        first = next(view.scan(grants.ENDING), None)
    return first is not None and int.from_bytes(first[0][:8], "big") <= clock.now()
