"""The attack table: each attack meets a reader's desk and is stopped at its step, by its code."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.attack import forge
from tests.attack.desk import Desk
from tests.unit.test_read import TABLE, case_named, records

from entente.proof.record import Record
from entente.proof.verdict import Code

ATTACKS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("attacks.toml").read_text("utf-8")
)["attack"]


def cases(attack: dict[str, Any]) -> Iterable[tuple[str, list[Record], dict[str, Any]]]:
    for name in attack.get("vectors", ()):
        case = case_named(name)
        yield name, records(case), case
    if "made" in attack:
        for n, made in enumerate(getattr(forge, attack["made"])()):
            yield f"{attack['made']} {n}", made, {}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["name"])
def test_the_attack_is_stopped_and_nothing_of_it_is_lost(attack: dict[str, Any]) -> None:
    assert all(attack[word] for word in ("who", "holds", "does"))
    stopped = 0
    for name, read, more in cases(attack):
        desk = Desk(more.get("register", "today"), more.get("now", TABLE["now"]))
        verdicts = [desk.take(record) for record in read]
        expected = [r["verdict"] for r in more.get("records", ())]
        expected = expected or ["accepted"] * (len(read) - 1) + [attack["stopped"]]
        assert verdicts == expected, name
        assert attack["stopped"] in verdicts, name
        refused = [r for r, v in zip(read, verdicts, strict=True) if v[0].isdigit()]
        assert [q.record.value for q in desk.quarantined] == [r.value for r in refused], name
        assert not desk.standing() & {r.value for r in refused if r.value}, name
        stopped += 1
    assert stopped


def test_every_code_that_an_attacker_can_cause_is_in_the_table() -> None:
    mistakes = {
        Code.UNKNOWN_ENVELOPE, Code.UNKNOWN_STATEMENT, Code.UNKNOWN_SCHEMA, Code.PROOF_LENGTH,
        Code.CHECKPOINT_LENGTH, Code.STATEMENT_NOT_SINGLE_OBJECT, Code.WRONG_VERSION,
        Code.TOO_MANY_GAPS, Code.WITHDRAWAL_WITH_BODY, Code.REASON_MISSING, Code.HANDLING_WRONG,
    }  # fmt: skip
    tested = {attack["stopped"].split()[-1] for attack in ATTACKS} - {"duplicate"}
    assert tested | mistakes == set(Code)
    assert not tested & mistakes
