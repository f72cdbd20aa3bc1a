"""Who may do what, from the register."""

import pytest

from entente.bus.rights import Acl, acls, group_prefix, ours
from entente.bus.topics import TOPICS
from entente.errors import TrustError
from entente.trust.administration import Administration, Role, usual_duties, usual_reads
from entente.trust.network import BROKER, SECRETARIAT
from entente.trust.register import Register

NAMES = [topic.name for topic in TOPICS]


def member(id: str, role: Role = "administration", *regions: str) -> Administration:
    return Administration(
        id=id, name=id, role=role, home=regions[0] if regions else None, regions=regions[1:],
        duties=usual_duties(role, regions), reads=usual_reads(role, regions),
    )  # fmt: skip


JP = member("JP", "administration", "asia-pacific")
RILO = member("RILO-WE", "liaison_office", "western-europe")
CORRELATOR = member("CORRELATOR", "correlator")
COORDINATOR = member("COORD-1", "coordinator", "western-europe", "cis")


def register(*members: Administration) -> Register:
    return Register(
        network="test.entente.example", made=0, root=1, administrations={m.id: m for m in members}
    )


def topics(rights: frozenset[Acl], principal: str, operation: str) -> set[str]:
    return {
        a.name for a in rights
        if (a.principal, a.operation, a.kind) == (principal, operation, "topic")
    }  # fmt: skip


RIGHTS = acls(register(JP, RILO, CORRELATOR, COORDINATOR))


def test_an_administration_writes_its_duties_only() -> None:
    assert topics(RIGHTS, "JP", "write") == {
        "alerts.asia-pacific", "receipts.asia-pacific", "grants", "quarantine",
    }  # fmt: skip


def test_an_office_reads_its_regions_only() -> None:
    read = topics(RIGHTS, "RILO-WE", "read")
    assert {"alerts.western-europe", "proposals.western-europe", "register", "grants"} <= read
    assert not {name for name in read if "." in name and not name.endswith(".western-europe")}


def test_only_the_correlator_writes_proposals_and_its_own_topics() -> None:
    writers = {
        a.principal for a in RIGHTS
        if a.operation == "write" and a.name.startswith(("proposals.", "correlator."))
    }  # fmt: skip
    assert writers == {"CORRELATOR"}
    assert {f"alerts.{region}" for region in ("cis", "caribbean")} <= topics(
        RIGHTS, "CORRELATOR", "read"
    )
    assert "grants" not in topics(RIGHTS, "CORRELATOR", "read")


def test_a_coordinator_reads_proposals_and_writes_decisions_of_its_regions() -> None:
    assert topics(RIGHTS, "COORD-1", "write") == {
        "decisions.western-europe", "decisions.cis", "quarantine",
    }  # fmt: skip
    assert "proposals.cis" in topics(RIGHTS, "COORD-1", "read")
    assert "proposals.caribbean" not in topics(RIGHTS, "COORD-1", "read")


def test_only_the_secretariat_writes_the_register_and_reads_quarantine() -> None:
    assert {a.principal for a in RIGHTS if (a.operation, a.name) == ("write", "register")} == {
        SECRETARIAT
    }
    assert {a.principal for a in RIGHTS if (a.operation, a.name) == ("read", "quarantine")} == {
        SECRETARIAT
    }


def test_groups_of_one_are_closed_to_another_whose_id_begins_alike() -> None:
    both = acls(register(member("AE"), member("AE-DU")))
    (group,) = (a.name for a in both if a.principal == "AE" and a.kind == "group")
    assert not f"{group_prefix('AE-DU')}inbox".startswith(group)


def test_nobody_has_a_right_on_everything() -> None:
    assert all(a.name and "*" not in a.name for a in RIGHTS)
    assert {a.name for a in RIGHTS if a.prefixed and a.kind == "topic"} == {"correlator."}
    assert BROKER not in {a.principal for a in RIGHTS}


def test_who_has_left_has_no_rights() -> None:
    gone = Administration(id="JP", name="JP", duties=JP.duties, reads=JP.reads, retired=1)
    assert "JP" not in {a.principal for a in acls(register(gone))}


@pytest.mark.parametrize(
    ("role", "duty"),
    [("administration", "proposals.cis"), ("coordinator", "proposals.cis"),
     ("correlator", "alerts.cis")],
)  # fmt: skip
def test_a_duty_that_its_role_cannot_have_is_refused(role: Role, duty: str) -> None:
    wrong = Administration(id="XX", name="XX", role=role, duties={duty: 1})
    with pytest.raises(TrustError, match=f"XX .*{duty}"):
        acls(register(wrong))


def test_a_member_cannot_be_named_like_the_broker() -> None:
    with pytest.raises(TrustError, match="BROKER"):
        acls(register(member("BROKER")))


def test_rights_of_others_on_a_shared_cluster_are_not_ours() -> None:
    assert all(ours(acl, NAMES) for acl in RIGHTS)
    assert ours(Acl("XX", "all", "topic", "alerts.cis"), NAMES)
    assert not ours(Acl("erp", "read", "topic", "invoices"), NAMES)
    assert not ours(Acl("erp", "read", "group", "invoices"), NAMES)
    assert not ours(Acl("ops", "read", "topic", "*"), NAMES)
