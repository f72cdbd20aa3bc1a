"""The generator of each pattern of ``domain.md`` section 5.

Each starts from ordinary consignments and changes only what its actors have in common. The story
is for the debrief: what was planned and how it was hidden.
"""

from collections.abc import Callable

from entente.exercise import loads, rings, senders, ways
from entente.exercise.actors import Actor
from entente.exercise.site import Plan, Site

GENERATORS: dict[str, Callable[[Site], Plan]] = {
    "P01": senders.same_consignor,
    "P02": senders.same_consignee,
    "P03": loads.burst,
    "P04": loads.split,
    "P05": loads.labels_apart,
    "P06": loads.components,
    "P07": ways.laundered,
    "P08": ways.repackaged,
    "P09": senders.switched_route,
    "P10": ways.retried,
    "P11": loads.container_clone,
    "P12": ways.same_ship,
    "P15": ways.hidden,
    "P16": ways.hijacked,
    "P17": senders.new_actor,
    "P18": ways.undervalued,
    "P19": loads.health_cluster,
    "P20": rings.counter_flow,
    "P21": senders.online_seller,
    "P22": rings.ring,
    "P23": rings.poly_crime,
    "P24": senders.missing_sibling,
}


def principal(plan: Plan) -> Actor | None:
    """Whose data a careless clerk may copy into another report: the commonest sender of a plan."""
    named = [d.consignor for d in plan.drafts if d.consignor and not d.consignor.trap]
    return max(named, key=named.count) if named else None
