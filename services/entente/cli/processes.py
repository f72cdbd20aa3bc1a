"""The processes of a demo: one demo at a time in its folder, its services, and their end."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from entente.bus.box import Box
from entente.bus.process import find
from entente.config import Settings
from entente.errors import BusError, FileError, StoreBusy
from entente.trust import network

Process = subprocess.Popen[bytes]


@contextlib.contextmanager
def service(settings: Settings, name: str, arguments: list[str]) -> Iterator[Process]:
    """A service as a process of its own, ended with us."""
    file = settings.home / "entente.toml"
    output = (settings.home / "logs" / f"{name}.out").open("ab")
    command = [sys.executable, "-m", "entente", "--config", str(file), *arguments]
    with (
        output,
        subprocess.Popen(  # noqa: S603  our own program, no shell
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def check(settings: Settings, services: dict[str, Process]) -> None:
    """Raise BusError if a service has ended."""
    for name, process in services.items():
        if process.poll() is not None:
            raise BusError(
                f"The service {name} has ended.",
                advice=f"See {settings.home / 'logs' / f'{name}.out'} and the log beside it.",
            )


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """Let one demo at a time have ``home``, whose file ``lock`` names it. Raises StoreBusy."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreBusy(
                f"A demo runs already in {home}.",
                advice="End it with Ctrl-C where it runs, or from here with `entente demo --stop`.",
            ) from None
        lock.truncate(0)
        lock.write(b"%d" % os.getpid())
        lock.flush()
        yield


def stop_from_outside(home: Path) -> None:
    """End the demo in ``home``, or what one that was killed has left."""
    if not home.is_dir():
        return
    try:
        with alone(home):
            stop(home)
    except StoreBusy:
        with contextlib.suppress(psutil.Error, ValueError):
            running = psutil.Process(int((home / "lock").read_bytes()))
            running.terminate()
            running.wait()


def stop(home: Path) -> None:
    """End every process of the demo in ``home``, the broker last; a second Ctrl-C is not heard."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in signals]
    try:
        end_services(home)
        with contextlib.suppress(FileError):
            if (home / network.BROKER).exists():
                Box(home / network.BROKER).down()
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def end_services(home: Path) -> None:
    """End the services of ``home``, whoever started them: one that was killed leaves its own."""
    mine = find(str(home / "entente.toml"))
    for one in mine:
        with contextlib.suppress(psutil.Error):
            one.terminate()
    _, stubborn = psutil.wait_procs(mine, 10)
    for one in stubborn:
        with contextlib.suppress(psutil.Error):
            one.kill()
