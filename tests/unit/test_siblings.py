"""Who is silent on a route is warned (P24): where the proposal goes, and the warning made of it."""

from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from entente.alert.handling import Handling, HandlingCode, Tlp
from entente.alert.proposal import Proposal
from entente.alert.record import Warning
from entente.coordinate.warning import lines
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.views import saying
from entente.correlate.views.saying import Said
from entente.correlate.weigh.features import features
from entente.correlate.weigh.model import weights
from entente.errors import UsageError, WireError
from entente.publish.mapping import Mapping
from entente.publish.run import Run
from entente.trust.administration import Administration, Role, usual_duties, usual_reads
from entente.trust.register import Agreement, Register
from entente.wire.body import decode_body
from entente.wire.statement import decode_statement
from hauls import head


def member(id: str, role: Role, *regions: str, country: str | None = None) -> Administration:
    return Administration(
        id=id, role=role, name=id, home=regions[0] if regions else None, country=country,
        duties=usual_duties(role, regions), reads=usual_reads(role, regions),
    )  # fmt: skip


MEMBERS = (
    member("FR", "administration", "western-europe", country="FR"),
    member("DE", "administration", "western-europe", country="DE"),
    member("JP", "administration", "asia-pacific", country="JP"),
    member("CORRELATOR", "correlator"),
)
REGISTER = Register(
    network="x.example", made=0, root=1, administrations={m.id: m for m in MEMBERS},
    agreements=(Agreement(parties=("FR", "JP"), purpose="x", nominal=True, start=5),),
)  # fmt: skip


def proposal(tlp: Tlp = "GREEN", codes: tuple[HandlingCode, ...] = ("H0",)) -> Proposal:
    """FR and DE have seized; one consignment was on its way to JP, which reports other things."""
    marks = Handling(tlp=tlp, codes=codes, purpose="x", source_grade="B", information_grade=2)
    engine = Engine(weights())
    heads = [head("FR", 1), head("DE", 5), head("FR", 9, to="JP")]
    heads += [head("JP", n, phone="", brand=f"Other {n}") for n in range(1, 13)]
    for one in heads:
        engine.apply(msgspec.structs.replace(one, handling=marks))
    engine.begin()
    (found,) = [p for _, p in engine.settle() if "DE5" in {a.subject for a in p.alerts}]
    return found


@pytest.mark.parametrize(
    ("tlp", "codes", "further"),
    [("GREEN", ("H0",), True), ("CLEAR", ("H1",), True), ("AMBER", ("H0",), False),
     ("RED", ("H0",), False), ("GREEN", ("H2",), False), ("GREEN", ("H0", "H3"), False)],
)  # fmt: skip
def test_who_is_silent_hears_of_it_where_it_may_be_passed_on(
    tlp: Tlp, codes: tuple[HandlingCode, ...], further: bool
) -> None:
    p = proposal(tlp, codes)
    assert [(s.country, s.reason) for s in p.silent][:2] == [
        ("AE", "no_report_at_all"), ("JP", "no_report_on_route"),
    ]  # fmt: skip
    topics = saying.topics(p, REGISTER, ())
    assert ("proposals.asia-pacific" in topics) == further
    assert "proposals.western-europe" in topics


def test_what_is_for_some_is_said_to_nobody_else() -> None:
    p = proposal()
    narrow = msgspec.structs.replace(p.releasability, regions=("western-europe",))
    p = msgspec.structs.replace(p, releasability=narrow)
    assert saying.topics(p, REGISTER, ()) == ("proposals.western-europe",)
    with pytest.raises(UsageError, match="may not be passed on"):
        list(lines(p, REGISTER))


def test_pairs_without_an_agreement_are_told_as_of_the_time_of_issue() -> None:
    p = msgspec.structs.replace(proposal(), administrations=("DE", "FR", "JP"))

    def pairs(at: int) -> list[str]:
        said = Said(1, p, ("proposals.western-europe",))
        (one,) = saying.submissions(said, REGISTER, "CORRELATOR", at)
        body = decode_body(decode_statement(one.statement))
        assert isinstance(body, Proposal)
        return [f"{pair.one}-{pair.other}" for pair in body.without_agreement]

    assert pairs(4) == ["DE-FR", "DE-JP", "FR-JP"]
    assert pairs(6) == ["DE-FR", "DE-JP"]


def test_a_warning_can_be_published_as_it_is(tmp_path: Path) -> None:
    p = proposal()
    alerts = [msgspec.structs.replace(a, subject=str(UUID(int=n))) for n, a in enumerate(p.alerts)]
    p = msgspec.structs.replace(p, alerts=tuple(alerts))
    (line,) = lines(p, REGISTER)
    file = tmp_path / "warning.jsonl"
    file.write_bytes(msgspec.json.encode(line))
    with Run(file, Mapping(), "RILO-WE") as run:
        (submission,) = list(run)
    assert run.report.rejected == 0
    alert = submission.alert
    assert isinstance(alert, Warning)
    assert alert.route.destination
    assert alert.route.destination.country == "JP"
    assert alert.valid_until == p.window.stale_after
    assert set(alert.based_on) == {a.subject for a in p.alerts}
    assert alert.nominal is None
    assert submission.regions == ("asia-pacific",)
    assert submission.audience_administrations == ("JP",)
    assert submission.handling.tlp == "GREEN"
    assert "805" not in file.read_text().replace(p.case, "")


def test_nobody_to_warn_is_an_error() -> None:
    with pytest.raises(UsageError, match="on their way to Germany"):
        list(lines(proposal(), REGISTER, "DE"))


def test_whoever_is_no_member_is_not_warned_and_nobody_in_its_place() -> None:
    without = {id: m for id, m in REGISTER.administrations.items() if id != "JP"}
    assert list(lines(proposal(), msgspec.structs.replace(REGISTER, administrations=without))) == []


def test_a_warning_is_no_evidence_for_what_it_rests_on() -> None:
    p = proposal()
    (line,) = lines(p, REGISTER)
    alert = msgspec.convert(line["alert"], Warning)
    echo = Head(subject="w", issuer="RILO-WE", version=1, issued_at=0, alert=alert)
    assert features(echo) is None


def test_a_proposal_that_no_record_could_carry_is_refused_before_it_is_kept() -> None:
    p = proposal()
    one = msgspec.structs.replace(p.alerts[0], told="much of it" * 20)
    p = msgspec.structs.replace(p, alerts=(one,) * 9_000)
    with pytest.raises(WireError, match="more than"):
        saying.submissions(Said(1, p, ("proposals.western-europe",)), REGISTER, "CORRELATOR", 4)
