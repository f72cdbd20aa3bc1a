"""kill -9 at random moments: nothing accepted is lost, nothing is doubled, the proposals are alike.

One run is left alone. In the other, publisher, broker, office and correlator are killed, in a
random order, each at a random moment of a publisher's work or the second after it: all are the
real commands, and a real broker. ``make chaos`` does it with ``--kills 50``; the seed is printed,
``--seed`` repeats a run as far as chance goes.
"""

import asyncio
import csv
import gzip
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import psutil
import pytest
from tests.broker.whole import ALERTS, NAME, Whole, whole

from entente.alert.proposal import Proposal
from entente.bus.arrivals import arrivals
from entente.bus.offsets import ends
from entente.bus.topics import QUARANTINE
from entente.cli.demo import DATA, FILE
from entente.cli.publish import BUILT_IN
from entente.coordinate import received
from entente.correlate.views import service as correlator
from entente.correlate.views.proposer import INBOX
from entente.office import follow
from entente.office import service as office
from entente.publish.mapping import load_mapping
from entente.publish.publisher import Publisher
from entente.publish.run import Run
from entente.store.reader import Reader
from entente.trust import members
from entente.wire.names import subject_id

REPORTERS = {
    "Bulgaria": "BG", "Ghana": "GH", "Korea, Republic of": "KR", "Pakistan": "PK", "Sweden": "SE",
}  # fmt: skip
"""Administrations of the real file, some 1,000 rows, that see bursts together; and their ids."""
LAST = "2014"
"""Rows of earlier years: the bursts of the last of them are in the window then."""
OFFICE, CORRELATOR, COORDINATOR = "RILO-AP", "CORRELATOR", "COORD-1"
MEMBERS = [
    member
    for member in members.load(DATA / "administrations.csv")
    if member.id in {*REPORTERS.values(), OFFICE, CORRELATOR, COORDINATOR}
]
MAPPING = load_mapping(BUILT_IN / "unodc.yaml")
SERVICES = {
    "office": ("office", "--as", OFFICE),
    "correlate": ("correlate", "serve", "--as", CORRELATOR),
}
VICTIMS = ("publish", "broker", *SERVICES)
PUBLISHED = (0, 65)
"""Exit codes: all rows went, or all but rejected ones."""
NO_BROKER = 69
PATIENCE = 120.0

FIRST = 3.0
"""Seconds that a publisher may take, before one has."""

Subjects = set[tuple[str, UUID]]
"""By topic."""
Contents = dict[frozenset[str], dict[str, Any]]
"""What is proposed, by the alerts that it is about."""


class Job(NamedTuple):
    """A portion of one administration's rows, to be published."""

    issuer: str
    file: Path


class Kill(NamedTuple):
    victim: str
    moment: float
    """From 0 to 1, of the time that the last publisher took and a second more."""


@pytest.fixture(scope="module")
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills", default=5))


@pytest.fixture(scope="module")
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--seed", default=None)
    return int(given) if given is not None else random.SystemRandom().randrange(1 << 32)


@pytest.fixture(scope="module")
def jobs(kills: int, tmp_path_factory: pytest.TempPathFactory) -> list[Job]:
    """The rows in as many files as there are kills, each administration's in order."""
    folder = tmp_path_factory.mktemp("files")
    with gzip.open(DATA / FILE, "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    country, day = header.index("COUNTRY"), header.index("SEIZURE_DATE")
    found = []
    each = -(-kills // len(REPORTERS))
    for part in range(each):
        for name, issuer in REPORTERS.items():
            mine = [row for row in rows if row[country] == name and row[day] < LAST]
            job = Job(issuer, folder / f"{issuer}-{part}.csv")
            size = -(-len(mine) // each)
            with job.file.open("w", encoding="utf-8", newline="") as file:
                portion = mine[part * size : (part + 1) * size]
                csv.writer(file, delimiter=";").writerows([header, *portion])
            found.append(job)
    return found


@pytest.mark.timeout(3_600)
def test_nothing_is_lost_or_doubled(kills: int, seed: int, jobs: list[Job], tmp_path: Path) -> None:
    print(f"--kills {kills} --seed {seed}")
    with whole(tmp_path / "calm", MEMBERS) as net:
        calm = asyncio.run(undisturbed(net, jobs))
    assert any(one["status"] == "open" for one in calm.values())
    chance = random.Random(seed)
    victims = [VICTIMS[n % len(VICTIMS)] for n in range(kills)]
    chance.shuffle(victims)
    with whole(tmp_path / "wild", MEMBERS) as net:
        play(net, jobs, [Kill(victim, chance.random()) for victim in victims])
        assert asyncio.run(look(net, jobs)) == calm


async def undisturbed(net: Whole, jobs: list[Job]) -> Contents:
    """The same in one process that nobody kills."""
    for job in jobs:
        async with Publisher(job.issuer, net.settings) as publisher:
            with Run(job.file, MAPPING, job.issuer) as run:
                await publisher.publish_all(run)
    await net.caught_up(office.run, OFFICE)
    await net.caught_up(correlator.run, CORRELATOR)
    return await look(net, jobs)


def play(net: Whole, jobs: list[Job], plan: list[Kill]) -> None:
    """All jobs in order, with a kill during each while the plan lasts; then catch up and end."""
    run = Play(net)
    try:
        for number, job in enumerate(jobs):
            run.publish(job, plan[number] if number < len(plan) else None)
        run.wait()
    finally:
        run.end()
    print("ended of themselves, there being no broker:", dict(run.ended))


class Play:
    """The processes of a run, each started again whenever it ends."""

    def __init__(self, net: Whole) -> None:
        self.net = net
        self.services = {name: net.command(*words) for name, words in SERVICES.items()}
        self.ended: Counter[str] = Counter()
        self._usual = FIRST

    def publish(self, job: Job, kill: Kill | None) -> None:
        """Publish, and kill somebody meanwhile, until the publisher has done its work."""
        words = (
            "publish", "--as", job.issuer, "-m", "unodc", "--rejects", f"{job.file}.rejects",
            str(job.file),
        )  # fmt: skip
        began = time.monotonic()
        process = self.net.command(*words)
        if kill is not None:
            time.sleep(kill.moment * (self._usual + 1.0))
            self._kill(kill.victim, process)
        limit = time.monotonic() + PATIENCE
        while (code := process.wait(PATIENCE)) not in PUBLISHED:
            assert code in (-signal.SIGKILL, NO_BROKER), self.net.printed("publish")
            assert time.monotonic() < limit, "publishing does not end"
            self.ended["publish"] += code == NO_BROKER
            began = time.monotonic()
            process = self.net.command(*words)
        self._usual = time.monotonic() - began
        self._supervise()

    def wait(self) -> None:
        """Return once office and correlator have read all there is and thought about it."""
        home, goal = self.net.settings, ends(self.net.root, ALERTS)
        mine = {at: end for at, end in goal.items() if at[0] == "alerts.asia-pacific"}
        limit = time.monotonic() + PATIENCE
        while True:
            self._supervise()
            seen = follow.positions(home.party(OFFICE))
            read = correlator.positions(home.party(CORRELATOR))
            if (
                all(seen.get(at, 0) >= end for at, end in mine.items())
                and all(read.get(at, 0) >= end for at, end in goal.items())
                and not correlator.behind(home.party(CORRELATOR))
            ):
                return
            assert time.monotonic() < limit, [self.net.printed(name) for name in SERVICES]
            time.sleep(0.1)

    def end(self) -> None:
        """End what still runs, as Ctrl-C does."""
        for process in self.services.values():
            process.send_signal(signal.SIGINT)
        for process in self.services.values():
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise

    def _kill(self, victim: str, publisher: subprocess.Popen[bytes]) -> None:
        print("killing", victim)
        if victim == "broker":
            status = self.net.box.status()
            assert status.pid is not None
            psutil.Process(status.pid).kill()
            self.net.box.up()
        elif victim == "publish":
            publisher.kill()
        else:
            self.services[victim].kill()
            self._supervise()

    def _supervise(self) -> None:
        for name, process in self.services.items():
            code = process.poll()
            if code is not None:
                assert code in (-signal.SIGKILL, NO_BROKER), self.net.printed(name)
                self.ended[name] += code == NO_BROKER
                self.services[name] = self.net.command(*SERVICES[name])


def expected(net: Whole, jobs: list[Job]) -> Subjects:
    """What an import of the files accepts, by the topic where it belongs."""
    found: Subjects = set()
    for job in jobs:
        home = net.register.administration(job.issuer).home
        with Run(job.file, MAPPING, job.issuer) as run:
            found |= {
                (f"alerts.{home}", subject_id(NAME, job.issuer, one.national_ref)) for one in run
            }
    return found


async def look(net: Whole, jobs: list[Job]) -> Contents:
    """Every accepted row is on its topic once, and once in each inbox; nothing was refused.

    Returns what is proposed in the end.
    """
    rows = expected(net, jobs)
    said = await net.said(*ALERTS)
    assert {version for _, _, version in said} == {1}
    assert {(topic, subject) for topic, subject, _ in said} == rows
    own, hub = net.settings.party(OFFICE), net.settings.party(CORRELATOR)
    here = {subject for topic, subject in rows if topic == "alerts.asia-pacific"}
    inbox(follow.store(own), follow.PROJECTION, here)
    inbox(correlator.store(hub), INBOX, {subject for _, subject in rows})
    heads = [one.subject for one in follow.read_heads(own)]
    assert Counter(heads) == dict.fromkeys(here, 1)
    await net.caught_up(correlator.run, CORRELATOR)  # and has sent all it had to say
    found = await proposals(net)
    assert await net.records(QUARANTINE) == []
    return found


def inbox(path: Path, name: str, expected: set[UUID]) -> None:
    """Each subject came once, in its first version."""
    with Reader(path) as reader, reader.view(name) as view:
        came = list(arrivals(view, {}))
    assert all(one.record is not None for one in came)
    assert Counter((one.subject, one.version) for one in came) == {(s, 1): 1 for s in expected}


async def proposals(net: Whole) -> Contents:
    """What is proposed: each version said once on a topic, and received by the coordinator."""
    versions: dict[tuple[str, UUID], list[int]] = {}
    last: dict[UUID, Proposal] = {}
    said = await net.proposed()
    for (topic, subject, version), accepted in sorted(said.items(), key=lambda one: one[0][2]):
        assert isinstance(accepted.body, Proposal)
        versions.setdefault((topic, subject), []).append(version)
        last[subject] = accepted.body
    for numbers in versions.values():  # a region that joins later begins with a later version
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
    await net.caught_up(received.run, COORDINATOR)
    shown = received.read(net.settings.party(COORDINATOR))
    assert {UUID(one.proposal.case): one.proposal for one in shown} == last
    still = [content(one) for one in last.values() if one.status == "open"]
    assert len({one["members"] for one in still}) == len(still)
    return {one["members"]: one for one in still}


def content(proposal: Proposal) -> dict[str, Any]:
    """What a proposal says of the world, without what depends on how we came to know it.

    That is: its id and epoch (minted when the case was first seen), the number of its version and
    ``changes`` (how often it was told, and since when), digests of statements (they hold the time
    of issue), bits within their band. For the same reason only open ones are compared: a case
    that was seen for a moment, when half of the alerts were there, is withdrawn in one run and
    never seen in the other.
    """
    return {
        "members": frozenset(one.subject for one in proposal.alerts),
        "alerts": {(one.subject, one.version, one.event_date) for one in proposal.alerts},
        "evidence": [(one.kind, one.sentence) for one in proposal.evidence],
    } | {
        name: getattr(proposal, name)
        for name in (
            "status", "pattern", "claim", "administrations", "silent", "goods", "routes",
            "control_points", "window", "suggestion", "innocent_explanation", "refuted_by",
            "releasability",
        )
    }  # fmt: skip
