"""A cancellation that a library swallows is not lost."""

import asyncio

import pytest

from entente.bus import cancelled
from entente.bus.cancelled import finish, heed


async def swallows(reached: asyncio.Event) -> None:
    """What aiokafka does when it closes a consumer without a group."""
    try:
        reached.set()
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        pass


async def test_it_is_raised_at_the_next_look() -> None:
    heed()
    reached = asyncio.Event()

    async def loop() -> None:
        while True:
            await asyncio.create_task(swallows(reached))
            heed()

    task = asyncio.create_task(loop())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


async def test_a_time_limit_that_was_dealt_with_is_no_cancellation() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.Event().wait()
    heed()


async def test_what_is_being_closed_is_closed_whatever_comes() -> None:
    reached, go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def close() -> None:
        reached.set()
        await go.wait()
        done.set()

    task = asyncio.create_task(finish(close()))
    await reached.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()


async def test_an_error_in_closing_is_told() -> None:
    async def close() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await finish(close())


async def test_what_does_not_end_is_cancelled_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancelled, "GRACE", 0.01)
    reached, ended = asyncio.Event(), asyncio.Event()

    async def start() -> None:
        try:
            reached.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(finish(start()))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert ended.is_set()
