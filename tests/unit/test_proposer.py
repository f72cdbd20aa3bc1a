"""By which register the correlator goes, and when another one makes it begin anew."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.unit.test_views import REGISTER

from entente import clock
from entente.bus.connection import Connection
from entente.bus.membership import Membership
from entente.correlate.views.proposer import Proposer
from entente.store.database import Database
from entente.trust.administration import Administration
from entente.trust.register import Register


def changed(id: str, **fields: object) -> Register:
    member: Administration = replace(REGISTER.administrations[id], **fields)
    return replace(REGISTER, version=2, administrations=REGISTER.administrations | {id: member})


@pytest.mark.parametrize(
    ("register", "anew"),
    [
        (replace(REGISTER, version=2), False),
        (changed("JP", name="Japan Customs", signing=()), False),
        (changed("NZ", regions=("western-europe",)), True),
        (changed("COORD-AP", duties={}), True),
        (changed("BR", retired=5), True),
        (changed("FR", reads=()), True),
    ],
)
def test_it_begins_anew_when_a_register_decides_otherwise(
    tmp_path: Path, register: Register, anew: bool
) -> None:
    membership = Membership(Connection.of("localhost:1", tmp_path), tmp_path, clock.now)
    membership._register = REGISTER
    with Database(tmp_path / "correlator.sqlite") as database:
        proposer = Proposer(database, membership, "CORRELATOR")
        before = proposer._views
        proposer._renew()
        assert proposer._views is before
        membership._register = register
        proposer._renew()
        assert (proposer._views is not before) is anew
        assert proposer._register is register
