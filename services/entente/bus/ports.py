"""Ports of the broker in a box: found free, remembered, given up when somebody else has them."""

import contextlib
import secrets
import socket
from pathlib import Path

import msgspec

from entente.bus.configuration import HOST, Ports
from entente.errors import BrokerFailed
from entente.trust import files

FIRST, LAST = 15_000, 32_767
"""Below what operating systems give to outgoing connections (Linux: from 32768, RFC 6335: 49152).

A broker that is down for a second would else find its port taken by a client that looks for it.
"""


def recall(file: Path) -> Ports | None:
    """Return the ports that ``file`` remembers, None if it does not."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(file.read_bytes(), type=Ports)
    return None


def choose(file: Path, wanted: int | None) -> Ports:
    """Return ports that are free now, and remember them in ``file``.

    The client port is ``wanted`` if given, else the remembered one if it is free, else any.
    Raises BrokerFailed if ``wanted`` is not free, StoreError if ``file`` cannot be written.
    """
    if wanted is not None and not free(wanted):
        raise BrokerFailed(
            f"port {wanted} is in use by another process",
            advice="Name another port, or none: a free one is found then.",
        )
    last = recall(file)
    clients = wanted or (last.clients if last and free(last.clients) else _any(set()))
    keep = last is not None and last.controller != clients and free(last.controller)
    ports = Ports(clients, last.controller if last and keep else _any({clients}))
    if ports != last:
        files.write(file, msgspec.json.encode(ports))
    return ports


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
