"""Grants end when their time has come, whether or not anything is published meanwhile."""

import asyncio

import structlog

from entente.config import Settings
from entente.errors import EntenteError, StoreBusy
from entente.publish.publisher import OUTBOX, Publisher

EVERY = 3_600.0
"""Seconds between two looks."""
_log = structlog.get_logger(__name__)


async def run(settings: Settings, administration: str, every: float = EVERY) -> None:
    """Take back what has come to its end, until cancelled; nothing for who has never published.

    While another process publishes, that one does it. Trouble is logged, and the next look comes.
    """
    while True:
        if (settings.party(administration) / OUTBOX).exists():
            try:
                async with Publisher.open(settings, administration) as publisher:
                    taken = await publisher.sweep()
                if taken:
                    _log.info("grants ended", of=administration, count=taken)
            except StoreBusy:
                pass
            except EntenteError as error:
                _log.warning("will try again", reason=str(error), advice=error.advice)
        await asyncio.sleep(every)
