"""Alerts of a small made-up network: shirts of one brand by sea under scrap metal."""

from entente.alert.record import (
    Concealment,
    Container,
    Event,
    Goods,
    Leg,
    Nominal,
    Party,
    Right,
    Route,
    Seizure,
    Transport,
)
from entente.correlate.head import Head

PHONE, BOX = "+86 805 651 990", "CSQU3054383"


def head(
    issuer: str,
    day: int,
    *,
    to: str | None = None,
    phone: str = PHONE,
    box: str | None = None,
    brand: str = "Nebia",
) -> Head:
    """An alert of March 2026. Another brand comes from another country."""
    alert = Seizure(
        national_ref=f"{issuer}{day}",
        event=Event(date=f"2026-03-{day:02}"),
        route=Route(
            departure=Leg(country="CN" if brand == "Nebia" else "TR"),
            transit=(Leg(country="AE"),),
            destination=Leg(country=to or issuer),
        ),
        transport=Transport(mode="1", containers=(Container(number=box),) if box else ()),
        goods=(Goods(group="ipr", category="3a", rights=(Right(brand=brand),)),),
        concealment=Concealment(place="cover_load", cover_load="scrap metal"),
        nominal=Nominal(parties=(Party(role="consignor", phones=(phone,)),)) if phone else None,
    )
    return Head(subject=f"{issuer}{day}", issuer=issuer, version=1, issued_at=0, alert=alert)
