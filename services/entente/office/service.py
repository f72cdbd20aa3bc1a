"""A liaison office at work: the alerts of its regions into its inbox, until it is stopped."""

import asyncio
from collections.abc import Callable
from typing import get_args

from entente.alert.record import AnyAlert
from entente.bus.receive import receive
from entente.bus.serve import REFRESH
from entente.config import Settings
from entente.office.follow import PROJECTION, store
from entente.store.database import Database


async def run(
    settings: Settings,
    office: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    caught_up: asyncio.Event | None = None,
    refresh: float = REFRESH,
) -> None:
    """Fill the inbox of ``office`` until cancelled. Parameters and errors as in ``receive``.

    Raises StoreBusy as well: another process fills it.
    """
    with Database(store(settings.party(office))) as database:
        await receive(
            settings,
            office,
            database,
            name=PROJECTION,
            family="alerts",
            bodies=get_args(AnyAlert),
            progress=progress,
            caught_up=caught_up,
            refresh=refresh,
        )
