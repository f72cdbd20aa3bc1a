"""``entente demo``: the whole way on this machine, from a real file to proposals."""

import asyncio
import contextlib
import os
import shlex
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from entente import clock, config, logs
from entente.bus.box import Box
from entente.bus.membership import announce
from entente.bus.offsets import ends
from entente.bus.provision import provision
from entente.cli import processes
from entente.cli.catchup import catch_up
from entente.cli.context import commands, console, examples, put
from entente.cli.processes import Process
from entente.cli.publish import BUILT_IN
from entente.cli.times import today
from entente.config import Settings
from entente.coordinate import received
from entente.coordinate import show as proposals
from entente.correlate.bursts.route import event_of
from entente.correlate.views import service as correlator
from entente.errors import BrokerFailed, BusError, EntenteError
from entente.office import follow
from entente.publish import show
from entente.publish.intake import Published
from entente.publish.mapping import load_mapping
from entente.publish.publisher import Publisher
from entente.publish.report import Report
from entente.publish.run import Run
from entente.publish.submission import Submission
from entente.trust import files, members, network
from entente.trust.register import Register
from entente.wire.names import REGIONS

NAME = "demo.entente.example"
DATA = Path(__file__).parents[3] / "deploy" / "demo"
FILE = "unodc-seizures-2011-2014.csv.gz"
OFFICE, CORRELATOR, COORDINATOR = "RILO-AP", "CORRELATOR", "COORD-1"
ALERTS = tuple(f"alerts.{region}" for region in REGIONS)
EXPLAINED = 5
PUBLISHERS = 8
"""Administrations that publish at the same time; mostly each waits for the broker."""
PAUSES = (1, 2, 5, 10, 20)
"""Seconds before what did not reach the broker is sent again."""
PATIENCE = 600.0
"""Seconds to wait for the services to catch up."""


app = commands()


@app.command(epilog=examples("entente demo", "entente demo --once --home /srv/demo"))
def demo(
    home: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where everything of it is kept.")
    ] = Path("var/demo"),
    stop: Annotated[bool, typer.Option("--stop", help="End a demo that still runs.")] = False,
    once: Annotated[bool, typer.Option("--once", help="End after the summary.")] = False,
) -> None:
    """Show the whole way: a real Kafka, 16,927 real seizures in, proposals out.

    Everything is made in one folder and stays there, with private keys unencrypted. Run again, it
    goes on where it was and publishes nothing twice. Ctrl-C ends it and all that it started.
    """
    home = home.resolve()
    if stop:
        processes.stop_from_outside(home)
        return
    for name in [one for one in os.environ if one.startswith(config.PREFIX)]:
        del os.environ[name]  # another network's settings; ours are in the folder
    began = time.monotonic()
    out = console()
    bars = Progress(
        TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), console=console(stderr=True),
    )  # fmt: skip
    with contextlib.ExitStack() as running:
        running.enter_context(processes.alone(home))
        running.callback(processes.stop, home)
        processes.end_services(home)  # left over, if an earlier demo was killed
        with bars:
            settings, register = _network(home, bars)
            settings = _broker(settings, register, bars)
            services = {
                name: running.enter_context(processes.service(settings, name, arguments))
                for name, arguments in {
                    OFFICE: ["office", "--as", OFFICE],
                    CORRELATOR: ["correlate", "serve", "--as", CORRELATOR],
                }.items()
            }
            report, said, per_region = _publish(settings, register, bars)
            _wait(settings, services, bars)
            found = _receive(settings, bars)
        _summary(out, settings, report, said, per_region, found, time.monotonic() - began)
        if not once:
            _stay(settings, services, out)


def _network(home: Path, bars: Progress) -> tuple[Settings, Register]:
    task = bars.add_task("network, keys and certificates", total=1)
    file = home / "entente.toml"
    if not file.exists():
        files.write(file, f'network = "{NAME}"\nhome = "."\n'.encode())
    settings = config.load(file, {})
    logs.setup(settings.log, home / "logs" / "demo.log")
    table = members.load(DATA / "administrations.csv")
    register = network.create(home, settings.network, table, now=clock.now(), secret=None)
    bars.update(task, completed=len(table), total=len(table))
    return settings, register


def _broker(settings: Settings, register: Register, bars: Progress) -> Settings:
    task = bars.add_task("a real Kafka, TLS and rights on", total=3)
    box = Box(settings.home / network.BROKER)
    bootstrap = box.up().bootstrap
    bars.advance(task)
    file = settings.home / "entente.toml"
    text = f'network = "{NAME}"\nhome = "."\n\n[kafka]\nbootstrap = "{bootstrap}"\n'
    files.write(file, text.encode())
    provision(box.connection(), register)
    bars.advance(task)
    asyncio.run(announce(box.connection(), network.entries(settings.home)))
    bars.advance(task)
    return config.load(file, {})


def _publish(
    settings: Settings, register: Register, bars: Progress
) -> tuple[Report, Published, Counter[str]]:
    file = DATA / FILE
    mapping = load_mapping(BUILT_IN / "unodc.yaml")
    reading = bars.add_task(f"reading {FILE[:24]}", total=None)
    rejects = settings.home / "rejects" / "unodc.csv"
    rejects.parent.mkdir(exist_ok=True)
    terms: dict[str, dict[str, list[Submission]]] = {}

    def progress(position: int, size: int, found: Report) -> None:
        rows = found.rows if not position else max(found.rows, found.rows * size // position)
        bars.update(reading, completed=found.rows, total=rows)

    with Run(file, mapping, None, rejects=rejects, progress=progress) as run:
        for submission in run:
            of_term = terms.setdefault(_term(submission), {})
            of_term.setdefault(submission.administration, []).append(submission)
    issuers = {issuer for of_term in terms.values() for issuer in of_term}
    total = sum(len(some) for of_term in terms.values() for some in of_term.values())
    sending = bars.add_task(f"publishing, {len(issuers)} administrations", total=total)
    said = Published()
    per_region: Counter[str] = Counter()

    async def send(publisher: Publisher, submissions: list[Submission]) -> None:
        done = Published()

        def note(found: Published) -> None:
            nonlocal done
            done = found

        try:
            await publisher.publish_all(submissions, note)
        except BusError as error:  # all is stored: a busy machine's broker may need a while
            await _flush(publisher, error)
        said.accepted += done.accepted
        said.known += done.known
        said.refused += done.refused
        home = register.administration(submissions[0].administration).home
        per_region[home or "?"] += done.accepted + done.known
        bars.advance(sending, len(submissions))

    async def send_all() -> None:
        few = asyncio.Semaphore(PUBLISHERS)
        async with contextlib.AsyncExitStack() as running:
            opened: dict[str, Publisher] = {}

            async def say(issuer: str, submissions: list[Submission]) -> None:
                async with few:
                    if issuer not in opened:
                        publisher = Publisher(issuer, settings)
                        opened[issuer] = await running.enter_async_context(publisher)
                    await send(opened[issuer], submissions)

            for _, of_term in sorted(terms.items()):
                async with asyncio.TaskGroup() as publishers:
                    for issuer, submissions in sorted(of_term.items()):
                        publishers.create_task(say(issuer, submissions))

    try:
        asyncio.run(send_all())
    except* EntenteError as group:
        raise group.exceptions[0] from None
    return run.report, said, per_region


def _term(submission: Submission) -> str:
    """The half-year of an event: what is published term by term is correlated as it would have been
    then. All of one administration at once would leave most of it too old to be compared."""
    event = event_of(submission.alert)
    day = event.date if event else ""
    return f"{day[:4]}-{'1' if day[5:7] < '07' else '2'}"


async def _flush(publisher: Publisher, error: BusError) -> None:
    for pause in PAUSES:
        if not error.temporary:
            break
        await asyncio.sleep(pause)
        try:
            return await publisher.flush()
        except BusError as again:
            error = again
    raise error


def _wait(settings: Settings, services: dict[str, Process], bars: Progress) -> None:
    """Return once office and correlator have read all there is, and proposals are said."""
    goal = ends(Box(settings.home / network.BROKER).connection(), ALERTS)
    total = sum(goal.values())
    task = bars.add_task("verifying and correlating", total=total)
    own = settings.party(CORRELATOR)
    office = {at: end for at, end in goal.items() if at[0] == "alerts.asia-pacific"}
    limit = time.monotonic() + PATIENCE
    while True:
        done = correlator.positions(own)
        bars.update(task, completed=sum(min(done.get(at, 0), end) for at, end in goal.items()))
        seen = follow.positions(settings.party(OFFICE))
        if (
            all(done.get(at, 0) >= end for at, end in goal.items())
            and all(seen.get(at, 0) >= end for at, end in office.items())
            and correlator.settled(own)
        ):
            return
        processes.check(settings, services)
        if time.monotonic() > limit:
            raise BusError("The services do not catch up.", advice=f"See {settings.home}/logs.")
        time.sleep(0.5)


def _receive(settings: Settings, bars: Progress) -> list[received.ReceivedProposal]:
    task = bars.add_task(f"{COORDINATOR} receives proposals", total=1)

    asyncio.run(catch_up(lambda event: received.run(settings, COORDINATOR, caught_up=event)))
    bars.advance(task)
    return received.read(settings.party(COORDINATOR))


def _summary(
    out: Console, settings: Settings, report: Report, said: Published,
    per_region: Counter[str], found: list[received.ReceivedProposal], seconds: float,
) -> None:  # fmt: skip
    out.print(f"\n[bold]{NAME}[/]: done in {seconds:.0f} seconds\n")
    for line in (*show.report(report, verb="accepted"), *show.published(said)):
        out.print(line)
    out.print("\n[bold]alerts by region[/]")
    for region, count in per_region.most_common():
        out.print(f"{count:>8,} {region}")
    office = len(follow.read_heads(settings.party(OFFICE)))
    out.print(f"\n{office:>8,} verified by {OFFICE}, each with signature and proof")
    still = [one for one in found if one.proposal.status == "open"]
    over = [one for one in found if one.proposal.history]
    rest = len(found) - len(still) - len(over)
    out.print(f"{len(still):>8,} proposals open, {len(over)} history, {rest} withdrawn\n")
    folder = settings.party(COORDINATOR)
    for rank, one in enumerate((*still, *over)[:EXPLAINED], 1):
        before = received.last_open(folder, one)
        put(proposals.explained(rank, one, today=today(), coordinator=COORDINATOR, before=before))
        out.print()
    here = reached(settings.home)
    out.print("[bold]where things are[/]")
    out.print(f"  settings {here}/entente.toml, logs {here}/logs/, broker {here}/broker/logs/")
    out.print(f"  rejected rows {here}/rejects/unodc.csv, keys {here}/parties/<id>/")
    out.print("[bold]what to type next[/], in another terminal")
    out.print(f"  export ENTENTE_CONFIG={here}/entente.toml")
    out.print(f"  .venv/bin/entente tail --as {OFFICE} --country NZ --last 20")
    out.print(f"  .venv/bin/entente proposals --as {COORDINATOR}")
    out.print(f"  .venv/bin/entente proposals --as {COORDINATOR} --show 1")
    out.print("  .venv/bin/entente publish --as NZ --mapping unodc --dry-run"
                  f" {reached(DATA / FILE)}")  # fmt: skip


def reached(path: Path) -> str:
    """A path as it can be typed here: from the current folder if it lies within, else whole."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _stay(settings: Settings, services: dict[str, Process], out: Console) -> None:
    out.print("\nBroker, office and correlator go on. [bold]Ctrl-C[/] ends them all.")
    broker = Box(settings.home / network.BROKER).status().pid
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            processes.check(settings, services)
            if broker is None or not psutil.pid_exists(broker):
                raise BrokerFailed(
                    "The broker has ended.", advice=f"See {settings.home}/broker/logs/."
                )
            time.sleep(0.5)
    out.print("ending ...")
