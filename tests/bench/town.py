"""A small network with a real broker, TLS and rights on, in a folder that is gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from confluent_kafka.admin import NewTopic

from entente import clock, config
from entente.bus import admin
from entente.bus.box import Box
from entente.bus.membership import announce
from entente.bus.provision import provision
from entente.config import Settings
from entente.trust import network
from entente.trust.administration import Administration, usual_duties, usual_reads
from entente.trust.register import Register
from entente.wire.names import REGIONS

NAME = "bench.entente.example"
REGION = "asia-pacific"
TOPIC = f"alerts.{REGION}"
PLAIN = "plain"
"""A topic without statements, for what others would do."""
ISSUERS = ("JP", "NZ", "KR", "TH")
APART, ELSEWHERE = "FR", "western-europe"
"""One who says things where nobody else does."""
OFFICE, CORRELATOR, COORDINATOR = "RILO-AP", "CORRELATOR", "COORD-1"


class Town(NamedTuple):
    """The network with its home, and its running broker."""

    settings: Settings
    register: Register
    box: Box


def members() -> list[Administration]:
    """Four administrations of one region, its liaison office, a coordinator, and the correlator;
    and one administration elsewhere."""
    found = [
        Administration(
            id=id, name=id, country=id, home=region,
            duties=usual_duties("administration", (region,)),
            reads=usual_reads("administration", (region,)),
        )
        for id, region in (*((id, REGION) for id in ISSUERS), (APART, ELSEWHERE))
    ]  # fmt: skip
    found.append(
        Administration(
            id=OFFICE, name=OFFICE, role="liaison_office", home=REGION,
            duties=usual_duties("liaison_office", (REGION,)),
            reads=usual_reads("liaison_office", (REGION,)),
        )
    )  # fmt: skip
    found.append(
        Administration(
            id=CORRELATOR, name=CORRELATOR, role="correlator",
            duties=usual_duties("correlator", REGIONS), reads=usual_reads("correlator", REGIONS),
        )
    )  # fmt: skip
    found.append(
        Administration(
            id=COORDINATOR, name=COORDINATOR, role="coordinator", home=REGION,
            duties=usual_duties("coordinator", (REGION,)),
            reads=usual_reads("coordinator", (REGION,)),
        )
    )  # fmt: skip
    return found


@contextmanager
def town() -> Iterator[Town]:
    """Make it all, and end it all."""
    import asyncio

    with tempfile.TemporaryDirectory(prefix="entente-bench-") as folder:
        home = Path(folder)
        register = network.create(home, NAME, members(), now=clock.now(), secret=None)
        box = Box(home / network.BROKER)
        try:
            bootstrap = box.up().bootstrap
            file = home / "entente.toml"
            file.write_text(
                f'network = "{NAME}"\nhome = "."\n\n[kafka]\nbootstrap = "{bootstrap}"\n', "utf-8"
            )
            provision(box.connection(), register)
            asyncio.run(announce(box.connection(), network.entries(home)))
            client = admin.client(box.connection())
            made = client.create_topics([NewTopic(PLAIN, 1, 1)])[PLAIN]
            admin.result(made, f"creating {PLAIN}")
            yield Town(config.load(file, {}), register, box)
        finally:
            box.down(timeout=5)
