"""The simulated world: hard, fair, valid, and the same everywhere."""

import hashlib
import os
import runpy
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.record import AnyAlert
from entente.alert.validate import validate
from entente.errors import FileError, InputError, UsageError
from entente.exercise import cultures, networks, numbers
from entente.exercise.disorder import NETWORK, Message
from entente.exercise.files import publishable, score_files, simulate
from entente.exercise.oracle import oracle
from entente.exercise.score import Line, can_be_found, score
from entente.exercise.site import Site
from entente.exercise.spelling import Hand, write_name, write_phone
from entente.exercise.stream import line, stream
from entente.exercise.style import STYLES
from entente.exercise.truth import Truth, truth, visible
from entente.exercise.world import DAY, START, Spec, World
from entente.publish.mapping import Mapping
from entente.publish.run import Run
from entente.wire.names import subject_id

HERE = Path(__file__).parent
BASELINES = runpy.run_path(str(HERE.parent / "bench" / "baselines.py"))
SMALL = 600
FIELDS = ["subject", "issuer", "version", "change", "issued_at", "received_at", "alert"]


@cache
def _world(seed: int, style: str = "mixed", alerts: int = SMALL) -> tuple[list[Message], Truth]:
    world = World(Spec(seed, alerts, style))
    return list(stream(world)), truth(world)


def _lines(messages: list[Message]) -> list[Line]:
    return [Line(m.subject, m.issuer, m.version, m.change) for m in messages]


def _digest(messages: list[Message]) -> str:
    return hashlib.sha256(b"\n".join(map(line, messages))).hexdigest()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(STYLES)))
def test_an_oracle_scores_one_on_any_world(seed: int, style: str) -> None:
    messages, known = _world(seed, style, 300)
    s = score(lines := _lines(messages), known, list(oracle(lines, known)))
    assert s.false == s.duplicates == s.fragments == s.withdrawn_shown == 0
    assert s.found == s.networks
    if s.networks:
        assert (s.f1, s.pairwise_f1, s.bcubed_f1, s.precision_at_10) == (1, 1, 1, 1)
        assert (s.delay, s.ids_per_found, s.brier, s.ece) == (0, 1, 0, 0)


@pytest.mark.parametrize("style", sorted(STYLES))
def test_joining_equal_values_finds_next_to_nothing(style: str) -> None:
    messages, known = _world(3, style, 1500)
    lines, alerts = BASELINES["read"](map(line, messages))
    assert BASELINES["baseline"]("equal values", lines, alerts, known).f1 < 0.15


def test_the_world_is_the_same_in_another_process_and_differs_by_seed() -> None:
    program = (
        "import hashlib\n"
        "from entente.exercise.stream import line, stream\n"
        "from entente.exercise.world import Spec, World\n"
        f"text = b'\\n'.join(map(line, stream(World(Spec(7, {SMALL})))))\n"
        "print(hashlib.sha256(text).hexdigest())"
    )
    path = os.pathsep.join(p for p in sys.path if p)
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "4711", "PYTHONPATH": path},
    )  # fmt: skip
    assert ran.stdout.strip() == _digest(_world(7)[0])
    assert _digest(_world(8)[0]) != _digest(_world(7)[0])
    assert truth(World(Spec(7, SMALL))) == _world(7)[1]


def test_the_stream_is_what_the_door_takes() -> None:
    messages, _ = _world(1)
    arrivals = [m.received_at for m in messages]
    assert arrivals == sorted(arrivals)
    for message in messages:
        row = msgspec.json.decode(line(message))
        assert list(row) == FIELDS
        assert START <= row["issued_at"] <= row["received_at"] < START + 800 * DAY
        assert row["change"] in ("NEW", "CORRECTION", "WITHDRAWAL")
        assert (row["alert"] is None) == (row["change"] == "WITHDRAWAL")
        if message.alert is not None:
            alert = msgspec.json.decode(msgspec.json.encode(message.alert), type=AnyAlert)
            assert alert == message.alert
            assert row["subject"] == str(subject_id(NETWORK, row["issuer"], alert.national_ref))


@pytest.mark.parametrize("style", sorted(STYLES))
def test_alerts_are_valid_but_for_slips(style: str) -> None:
    problems = [
        (problem.code, problem.pointer.split("/")[-1])
        for message in _world(1, style)[0] if message.alert is not None
        for problem in validate(message.alert)
    ]  # fmt: skip
    assert set(problems) <= {("check_digit", "number")}
    assert len(problems) < SMALL / 20


def test_size_share_and_skew() -> None:
    messages, known = _world(2, alerts=4000)
    issuers = Counter({m.subject: m.issuer for m in messages}.values())
    subjects = sum(issuers.values())
    assert abs(subjects - 4000) < 120
    assert 0.45 < issuers.most_common(1)[0][1] / subjects < 0.62
    assert 0.03 < sum(len(n.alerts) for n in known.networks) / subjects < 0.05
    assert World(Spec(1)).spec.networks == 44


def test_all_kinds_of_disorder_occur() -> None:
    messages, _ = _world(2, alerts=4000)
    versions: dict[str, list[int]] = defaultdict(list)
    for m in messages:
        versions[m.subject].append(m.version)
    assert any(v[0] == 2 for v in versions.values())  # overtaking
    assert any(len(v) != len(set(v)) for v in versions.values())  # doubled
    assert any(max(v) == 3 for v in versions.values())  # taken back
    assert {m.change for m in messages} == {"NEW", "CORRECTION", "WITHDRAWAL"}
    late = [m.received_at - m.issued_at for m in messages]
    assert max(late) > 3 * DAY
    events = [(m.issued_at - START) // DAY - _event_day(m) for m in messages if m.version == 1]
    assert max(events) > 25
    assert min(events) >= 0


def _event_day(message: Message) -> int:
    from datetime import date

    event: Any = getattr(message.alert, "event", None)
    text = event.date if event else getattr(message.alert, "valid_from", "")
    return (date.fromisoformat(text) - date(2025, 1, 1)).days if len(text) == 10 else 0


@pytest.mark.parametrize("pattern", sorted(networks.GENERATORS))
def test_each_pattern_can_be_found_by_somebody(pattern: str) -> None:
    world = World(Spec(5, 2000, "mixed"))
    for number in range(6):
        plan = networks.GENERATORS[pattern](Site(world, Random(f"{pattern}{number}"), 40))
        assert len(plan.drafts) >= 3
        assert len({draft.issuer for draft in plan.drafts}) >= 2
        assert plan.patterns[0] == pattern
        assert len(plan.story) > 30
        assert all(code not in {d.issuer for d in plan.drafts} for code in plan.silent)


def test_truth_and_stream_agree() -> None:
    messages, known = _world(2, alerts=4000)
    said = {(m.subject, m.version): m for m in messages}
    heads = {m.subject: m.version for m in sorted(messages, key=lambda m: m.version)}
    subjects = [s for n in known.networks for s in n.alerts]
    assert len(subjects) == len(set(subjects))
    found = 0
    for network in known.networks:
        found += can_be_found(network, visible(network, heads))
        for subject, member in network.alerts.items():
            for version, ties in member.versions.items():
                message = said[subject, version]
                text = line(message).decode()
                assert message.issuer == member.issuer
                assert (ties is None) == (message.change == "WITHDRAWAL")
                for value in ties or {}:
                    shown = msgspec.json.encode((ties or {})[value]).decode().strip('"')
                    assert shown.split(" ")[0] in text
    assert found >= 0.8 * len(known.networks)
    decoys = {s for d in known.decoys for s in d.alerts}
    assert decoys <= set(heads)
    assert not decoys & set(subjects)
    assert known.traps["forwarder"]


def test_a_bridge_joins_two_networks_by_wrong_data() -> None:
    bridges = [
        (b, t) for seed in range(4) for t in [truth(World(Spec(seed, 4000)))] for b in t.bridges
    ]
    assert {b.corrected for b, _ in bridges} == {True, False}
    for bridge, known in bridges:
        mine, other = bridge.networks
        members = {n.id: n for n in known.networks}
        assert bridge.alert in members[mine].alerts
        assert mine != other


def test_check_digits_and_slips() -> None:
    assert numbers.container("CSQU", 305438) == "CSQU3054383"
    assert numbers.postal_item("RR", 47312482, "GB") == "RR473124829GB"
    assert numbers.imo(907472) == "9074729"
    assert numbers.air_waybill("176", 1234567) == f"1761234567{1234567 % 7}"
    rng = Random(1)
    for _ in range(200):
        wrong = numbers.slip("CSQU3054383", rng)
        assert wrong[:4] == "CSQU"
        assert wrong != "CSQU3054383"
        assert len(wrong) == 11


def test_names_have_several_spellings() -> None:
    rng = Random(4)
    for culture, count in cultures.SCHEMES.items():
        for coin in (cultures.word, cultures.given, cultures.family):
            assert len(coin(culture, rng)) == count
    assert cultures.plain("Nguyễn İbrahim Şahin") == "Nguyen Ibrahim Sahin"
    hand = Hand(False, "", 0, False, 0, 0, False)
    name = World(Spec(1)).company(rng, World(Spec(1)).sources.items[0]).name
    assert len({write_name(name, hand, rng, 1.0) for _ in range(40)}) > 5
    assert len({write_name(name, hand, rng, 0.0) for _ in range(40)}) == 1
    written = {write_phone("8613912345678", "CN", hand, rng, 1.0) for _ in range(60)}
    assert len(written) == 6
    assert len({"".join(filter(str.isdigit, w))[-9:] for w in written}) == 1


def test_files(tmp_path: Path) -> None:
    out, known, proposals = (tmp_path / name for name in ("s.jsonl", "t.json", "p.jsonl"))
    spec = Spec(1, 300)
    count = simulate(spec, out, known)
    assert count == len(out.read_bytes().splitlines())
    lines = [msgspec.json.decode(text, type=Line) for text in out.read_bytes().splitlines()]
    proposals.write_bytes(b"\n".join(map(msgspec.json.encode, oracle(lines, truth(World(spec))))))
    assert score_files(out, known, proposals).f1 == 1
    with pytest.raises(InputError, match="line 1"):
        score_files(out, known, known)
    with pytest.raises(InputError, match="truth"):
        score_files(out, out, proposals)
    with pytest.raises(FileError, match="cannot read"):
        score_files(tmp_path / "none", known, proposals)
    with pytest.raises(FileError, match="cannot write"):
        simulate(spec, tmp_path)


def test_what_each_administration_says_can_be_published(tmp_path: Path) -> None:
    spec = Spec(3, 400)
    count = publishable(spec, tmp_path, ["RILO-AP"])
    accepted, rejected = [], []
    for file in sorted(tmp_path.iterdir()):
        with Run(file, Mapping(), file.stem, rejects=tmp_path / "rejects") as run:
            accepted += list(run)
            rejected += [r.code for r in run.report.by_reason() for _ in range(r.count)]
    assert len(accepted) + len(rejected) == count
    assert set(rejected) <= {"check_digit"}  # a container number copied with a slip
    assert len(rejected) < count / 30
    said = {(s.administration, s.national_ref, s.version): s.change for s in accepted}
    stream_said = {
        (m.issuer, m.alert.national_ref, m.version): m.change
        for m in _world(3, alerts=400)[0] if m.alert
    }  # fmt: skip
    assert {k: v for k, v in said.items() if v != "WITHDRAWAL"}.items() <= stream_said.items()
    assert "WITHDRAWAL" in said.values()


@pytest.mark.parametrize("bad", [{"style": "odd"}, {"alerts": 5}, {"days": 3}, {"share": 0.9}])
def test_impossible_worlds_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Spec(1, **bad)
