"""Ports of the broker in a box: found free, remembered, given up when somebody else has them."""

import contextlib
import secrets
import socket
import time
from pathlib import Path

import msgspec

from entente.bus.configuration import HOST, Ports
from entente.errors import BrokerFailed
from entente.trust import files

FIRST, LAST = 15_000, 32_767
"""Below what operating systems give to outgoing connections (Linux: from 32768, RFC 6335: 49152).

A broker that is down for a second would else find its port taken by a client that looks for it.
"""

GIVEN_BACK = 5.0
"""Seconds in which a broker that was killed gives its port back.

It is in the process table no more while it still has its port: for 0.1 s, on a busy machine longer.
"""
_PAUSE = 0.05


def recall(file: Path) -> Ports | None:
    """Return the ports that ``file`` remembers, None if it does not."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(file.read_bytes(), type=Ports)
    return None


def choose(file: Path, wanted: int | None) -> Ports:
    """Return ports that are free now, and remember them in ``file``.

    The client port is ``wanted`` if given, else the remembered one if it is free, else any. For the
    remembered one it is waited a little: where it changes, clients do not find the broker.
    Raises BrokerFailed if ``wanted`` is not free, StoreError if ``file`` cannot be written.
    """
    last = recall(file)
    ours = last is not None and _comes_free(last.clients)
    if wanted is not None and not free(wanted):
        raise BrokerFailed(
            f"port {wanted} is in use by another process",
            advice="Name another port, or none: a free one is found then.",
        )
    clients = wanted or (last.clients if last and ours else _any(set()))
    keep = last is not None and last.controller != clients and free(last.controller)
    ports = Ports(clients, last.controller if last and keep else _any({clients}))
    if ports != last:
        files.write(file, msgspec.json.encode(ports))
    return ports


def _comes_free(port: int) -> bool:
    end = time.monotonic() + GIVEN_BACK
    while not (found := free(port)) and time.monotonic() < end:
        time.sleep(_PAUSE)
    return found


def free(port: int) -> bool:
    """Tell whether nobody listens on ``port`` of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except (OSError, OverflowError):
            return False
    return True


def _any(taken: set[int]) -> int:
    while True:
        port = FIRST + secrets.randbelow(LAST + 1 - FIRST)
        if port not in taken and free(port):
            return port
