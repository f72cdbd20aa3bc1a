"""A second verifier, in Go, written from ``schemas/README.md`` alone, judges exports as ours does.

Hundreds of exports, good and spoilt with a fixed seed, go to both in one run. They must agree on
whether an export holds, on the reason why it is refused as a whole, on the code of each record
that fails, and on what is here of each lane. After a fork the two may see the rest of a lane
differently: what is wrong with it is said by then.
"""

import io
import json
import os
import shutil
import subprocess
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from entente.proof.verdict import Code
from entente.trust.evidence import verify
from exporting import Lanes, seizure
from spoiling import LANE, Case, everything, good_exports, said_again

SOURCE = Path(__file__).parent / "verifier"
Answer = dict[str, Any]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[Case]], list[Answer]]:
    go = shutil.which("go")
    if go is None and not os.environ.get("CI"):
        pytest.skip("go is not installed")
    assert go is not None, "CI needs go: these are the tests that others' code agrees with ours"
    program = tmp_path_factory.mktemp("verifier") / "verifier"
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    command = [go, "build", "-o", str(program), "."]
    subprocess.run(command, cwd=SOURCE, env=environment, check=True, timeout=200)

    def run(cases: list[Case]) -> list[Answer]:
        questions = [
            {"export": b64encode(c.export).decode(), "root": b64encode(c.root).decode(),
             "now": c.now, "at": c.at}
            for c in cases
        ]  # fmt: skip
        done = subprocess.run(
            [program], input=json.dumps(questions), capture_output=True, text=True, check=True
        )
        answers: list[Answer] = json.loads(done.stdout)
        return answers

    return run


def ours(case: Case) -> Answer:
    report = verify(io.BytesIO(case.export), case.root, now=case.now, at=case.at)
    assert report.fault_count == len(report.faults)
    return {
        "holds": report.holds,
        "refused": report.refused.code if report.refused else "",
        "faults": [[one.where, str(one.code)] for one in report.faults],
        "lanes": [
            {"origin": str(lane.origin), "from": lane.start, "to": lane.end,
             "gaps": [{"from": a, "to": b} for a, b in lane.gaps],
             "witnessed": [
                 {"from": one.start, "to": one.end, "at": one.at, "witness": one.witness}
                 for one in lane.witnessed
             ]}
            for lane in report.lanes
        ],
    }  # fmt: skip


def comparable(answer: Answer) -> Answer:
    """What both must agree on."""
    if answer["refused"]:
        return {"refused": answer["refused"]}
    forked: set[str] = set()
    faults = []
    for where, code in answer["faults"]:
        lane = where.rpartition("/")[0]
        if lane not in forked:
            faults.append([where, code])
        if code == "fork":
            forked.add(lane)
    lanes = answer["lanes"] if answer["holds"] else None
    return {"holds": answer["holds"], "faults": faults, "lanes": lanes}


def test_both_agree_on_good_and_spoilt_exports(
    tmp_path: Path, judge: Callable[[list[Case]], list[Answer]]
) -> None:
    cases = everything(good_exports(tmp_path))
    assert len(cases) >= 500
    seen: Counter[str] = Counter()
    differ = []
    for case, answer in zip(cases, judge(cases), strict=True):
        mine, other = comparable(ours(case)), comparable(answer)
        if mine != other:
            differ.append((case.what, mine, other | {"why": answer["why"]}))
        seen.update([mine["refused"]] if "refused" in mine else [c for _, c in mine["faults"]])
        seen["holds"] += mine.get("holds", False)
        seen["witnessed"] += any(lane["witnessed"] for lane in mine.get("lanes") or ())
    assert not differ, f"{len(differ)} of {len(cases)}: {differ[:20]}"
    # That they agree says something only if most ways to fail occur, and many exports hold.
    assert seen["holds"] > 50
    assert seen["cosigned-file"] > 20
    assert seen["witnessed"] > 20
    assert {"zip", "manifest", "register", "schemas", "sums", "claims"} < set(seen)
    assert len(set(seen) & set(Code)) > 25


def test_only_ours_knows_the_domains_checks(
    tmp_path: Path, judge: Callable[[list[Case]], list[Answer]]
) -> None:
    plain = good_exports(tmp_path)["plain"]
    statements = [plain.files[f"{LANE}{n}.statement"] for n in range(6)]
    spoilt = replace(seizure("P0"), goods=())
    statements[0] = Lanes().statement("JP", spoilt)
    case = plain.case("an alert without goods", said_again(plain, statements))
    assert [code for _, code in ours(case)["faults"]] == ["body-wrong"]
    assert judge([case])[0]["holds"]
