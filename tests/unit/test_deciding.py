"""What a coordinator wants becomes a decision, and goes where contributors hear of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from tests.unit.test_decisions import ALERTS, HENGDA, OTHERS, fresh, head, said

from entente.alert.handling import Handling
from entente.alert.record import Seizure
from entente.cli.context import put
from entente.coordinate import deciding, standing
from entente.coordinate.heard import HeardDecision
from entente.coordinate.received import ReceivedProposal
from entente.errors import TrustError, UsageError
from entente.proof.key import SigningKey
from entente.publish.desk import OUTBOX
from entente.publish.references import references
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.store.submission import Submission
from entente.trust.administration import Administration, Role, usual_duties, usual_reads
from entente.trust.register import Register
from entente.wire.body import decode_body, encode_body
from entente.wire.names import Origin, statement_id, subject_id
from entente.wire.statement import Audience, Statement, decode_statement

NETWORK = "deciding.example"
HANDLING = Handling(tlp="AMBER", purpose="test", source_grade="A", information_grade=1)
ALL = Audience()
EU = Audience(regions=("western-europe",))


def member(id: str, role: Role, *regions: str) -> Administration:
    return Administration(
        id=id, role=role, name=id, home=regions[0] if regions else None, regions=regions[1:],
        duties=usual_duties(role, regions), reads=usual_reads(role, regions),
    )  # fmt: skip


ME = member("COORD-EU", "coordinator", "western-europe", "cis")
REGISTER = Register(
    network=NETWORK, made=0, root=1,
    administrations={
        m.id: m
        for m in (
            ME,
            *(member(id, "administration", "western-europe") for id in ("FR", "DE", "NL", "BE")),
            member("IT", "administration", "caribbean", "cis"),
            member("KZ", "administration", "cis"),
            member("JP", "administration", "asia-pacific"),
            member("CORRELATOR", "correlator"),
        )
    },
)  # fmt: skip


def received(audience: Audience = ALL) -> list[ReceivedProposal]:
    """Two proposals, the larger first."""
    found = said(fresh(*ALERTS, *OTHERS))
    return [
        ReceivedProposal(
            version=3, issuer="CORRELATOR", topic="proposals.western-europe", issued_at=0,
            statement="ab" * 32, audience=audience, handling=HANDLING, proposal=proposal,
        )
        for proposal in sorted(found, key=lambda p: -len(p.alerts))
    ]  # fmt: skip


def subjects(one: ReceivedProposal) -> tuple[str, ...]:
    return tuple(alert.subject for alert in one.proposal.alerts)


def test_what_each_ruling_says() -> None:
    on, other = received()
    accept = deciding.decision(on, "accept", reason="go")
    assert (accept.alerts, accept.others) == (subjects(on), ())
    assert accept.administrations == on.proposal.administrations
    assert accept.proposal.version == 3
    split = deciding.decision(on, "split", alerts=("FR1", "DE2"))
    assert set(split.alerts) | set(split.others) == set(subjects(on))
    merge = deciding.decision(on, "merge", other=other)
    assert (merge.alerts, merge.others) == (subjects(on), subjects(other))
    assert set(merge.administrations) == {"FR", "DE", "IT", "NL", "BE"}
    apart = deciding.decision(on, "apart", alerts=("FR1",), others=("DE2", "it4"))
    assert (apart.alerts, apart.others) == (("FR1",), ("DE2", "IT4"))
    assert apart.administrations == ("DE", "FR", "IT")
    for one, words in (
        (accept, f"case {on.proposal.case[:8]} accepted"),
        (split, f"case {on.proposal.case[:8]} split: 2 alerts from 3 alerts"),
        (apart, f"1 alert from 2 alerts kept apart in case {on.proposal.case[:8]}"),
    ):
        assert standing.sentence(one) == words


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda on, _: deciding.decision(on, "decline"), "for a reason"),
        (lambda on, _: deciding.decision(on, "accept", code="weak"), "only then is there a code"),
        (lambda on, _: deciding.decision(on, "split", alerts=("F",)), "2 alerts"),
        (lambda on, _: deciding.decision(on, "split", alerts=("XX",)), "names no alert"),
        (lambda on, _: deciding.decision(on, "split", alerts=subjects(on)), "both sides"),
        (lambda on, _: deciding.decision(on, "apart", alerts=("FR1",)), "both sides"),
        (lambda on, _: deciding.decision(on, "merge", other=on), "both sides"),
        (lambda on, _: deciding.decision(on, "apart", alerts=("FR1",), others=("FR1",)), "on both"),
        (
            lambda on, _: deciding.decision(
                msgspec.structs.replace(
                    on, proposal=msgspec.structs.replace(on.proposal, status="withdrawn")
                ),
                "accept",
            ),
            "is withdrawn",
        ),
        (
            lambda on, other: deciding.decision(
                on,
                "merge",
                other=msgspec.structs.replace(
                    other, proposal=msgspec.structs.replace(other.proposal, pattern="burst")
                ),
            ),
            "counts alerts",
        ),
    ],
)
def test_what_cannot_be_decided(make: Callable[..., Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        make(*received())


def test_accepting_and_declining_are_one_subject_and_judgements_stand_side_by_side() -> None:
    on, other = received()
    some = [
        deciding.decision(on, "accept"),
        deciding.decision(on, "decline", code="known"),
        deciding.decision(other, "accept"),
        deciding.decision(on, "split", alerts=("FR1",)),
        deciding.decision(on, "split", alerts=("DE2",)),
        deciding.decision(on, "merge", other=other),
    ]
    accept, decline, *rest = (deciding.subject(NETWORK, "COORD-EU", one) for one in some)
    assert accept == decline
    assert len({accept, *rest}) == 5
    assert deciding.subject(NETWORK, "COORD-2", some[0]) != accept


def test_who_may_see_both_proposals_hears_of_a_merge() -> None:
    (on, other), (limited, _) = received(), received(EU)
    assert deciding.audience(on, other, REGISTER) == ALL
    assert deciding.audience(on, limited, REGISTER) == EU
    assert deciding.audience(limited, on, REGISTER) == EU
    cis, _ = received(Audience(regions=("cis",)))
    both = deciding.audience(limited, cis, REGISTER)
    assert both == Audience(administrations=("COORD-EU", "CORRELATOR"))
    none, _ = received(Audience(regions=("caribbean",)))
    nobody = msgspec.structs.replace(none, issuer="GONE")
    with pytest.raises(TrustError, match="Nobody may see both"):
        deciding.audience(limited, nobody, REGISTER)


def test_a_decision_goes_where_contributors_read() -> None:
    on, _ = received()
    decision = deciding.decision(on, "accept")
    assert decision.administrations == ("DE", "FR", "IT")
    home, cis = "decisions.western-europe", "decisions.cis"
    assert deciding.reach(decision, ALL, ME, REGISTER) == ((cis, home), ())
    far = msgspec.structs.replace(decision, administrations=("JP", "GONE", "KZ"))
    assert deciding.reach(far, ALL, ME, REGISTER) == ((cis, home), ("JP", "GONE"))
    assert deciding.reach(far, EU, ME, REGISTER).topics == (cis,), "not where none need hear of it"
    with pytest.raises(TrustError, match="may not write decisions"):
        deciding.reach(decision, EU, member("NEW", "coordinator"), REGISTER)


def test_the_statement_says_it_all() -> None:
    on, _ = received(EU)
    decision = deciding.decision(on, "decline", code="innocent", reason="a fair")
    about = deciding.subject(NETWORK, ME.id, decision)
    (made,) = deciding.submissions(
        about, 1, "NEW", decision, topics=("decisions.cis",), limits=EU, handling=on.handling,
        reason=decision.reason, me=ME, network=NETWORK, now=1,
    )  # fmt: skip
    statement = decode_statement(made.statement)
    assert decode_body(statement) == decision
    assert (statement.audience, statement.handling.tlp, statement.reason) == (EU, "AMBER", "a fair")
    heard = HeardDecision(
        subject=str(about), version=1, coordinator=ME.id, issued_at=1, topic="decisions.cis",
        audience=EU, handling=on.handling, decision=decision,
    )  # fmt: skip
    known = standing.about(on.proposal.case, [heard])
    assert standing.status(known) == "version 3 declined (innocent) by COORD-EU on 1970-01-01"
    assert standing.about("another", [heard]) == []


def test_alerts_are_named_by_the_beginnings_of_their_ids() -> None:
    on, _ = received()
    longer = fresh(*ALERTS, head("FR", 12, HENGDA))
    (proposal,) = said(longer)
    wide = msgspec.structs.replace(on, proposal=proposal)
    with pytest.raises(UsageError, match="2 alerts"):
        deciding.decision(wide, "split", alerts=("FR1",))


def test_an_administration_reads_its_own_references(tmp_path: Path) -> None:
    """A coordinator may name what is no subject, or what is nobody's."""
    assert references(tmp_path, ("x",)) == {}
    alert = ALERTS[0].alert
    assert isinstance(alert, Seizure)
    schema, body = encode_body(alert)
    subject = subject_id(NETWORK, "FR", alert.national_ref)
    statement = Statement(
        id=statement_id(subject, 1, "NEW"), subject=subject, version=1, change="NEW",
        type=schema.fullname, schema=schema.sha256, network=NETWORK, issuer="FR",
        topic="alerts.western-europe", issued_at=1, handling=HANDLING, body=body,
    )  # fmt: skip
    key = SigningKey.generate()
    with Database(tmp_path / OUTBOX) as database:
        with database.transaction() as tx:
            tx.submit(Submission.of(statement, b"c" * 32, 1))
        named = (str(subject), "../x", str(uuid4()))
        expected = {str(subject): alert.national_ref}
        assert references(tmp_path, named) == expected, "stored, not signed yet"
        Outbox(database, key).seal(Origin(NETWORK, "FR", "alerts.western-europe", 0))
    assert references(tmp_path, named) == expected


def test_what_others_write_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    put(("[bold]a reason\x1b[2J\x07[/]",))
    assert (
        capsys.readouterr().out == "a reason\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}\n"
    )
