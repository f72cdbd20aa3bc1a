"""One line of a stream of alerts, as ``entente correlate run`` reads it: see the room's README."""

import codecs
import hashlib
import hmac
import operator
from datetime import datetime
from decimal import Decimal

import msgspec

from entente.alert.checks.numbers import MAX_DECIMAL, MAX_PLACES
from entente.alert.form import parse
from entente.alert.problem import AlertRefused
from entente.alert.record import AnyAlert, Consignment, Goods
from entente.correlate.head import Change, Head, Token
from entente.errors import InputError
from entente.seal.normalise import nominal_values


class Line(msgspec.Struct):
    """One line of the stream. Fields that are not named here are passed over."""

    subject: str
    issuer: str
    version: int = 1
    change: Change = "NEW"
    issued_at: int | str = 0
    received_at: int | str = 0
    alert: AnyAlert | None = None


_decoder = msgspec.json.Decoder(Line)


def read(number: int, raw: bytes) -> tuple[int, Head]:
    """When a line arrived, and the head in it. Raises InputError with ``number``: it is none."""
    text = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
    try:
        line = _decoder.decode(text)
        times = _micros(line.issued_at), _micros(line.received_at)
    except (msgspec.MsgspecError, ValueError) as error:
        reason, advice = _explain(text, f"{error}.")
        raise InputError(f"Line {number}: {reason}", advice=advice) from error
    if line.version < 1:
        raise InputError(f"Line {number}: versions count from 1, not {line.version}.")
    if line.alert is None and line.change != "WITHDRAWAL":
        raise InputError(
            f"Line {number} has no alert.", advice="Only a withdrawal (change) has none."
        )
    head = Head(
        subject=line.subject,
        issuer=line.issuer,
        version=line.version,
        change=line.change,
        issued_at=times[0],
        alert=None if line.change == "WITHDRAWAL" or line.alert is None else _counted(line.alert),
    )
    return times[1], head


def _counted(alert: AnyAlert) -> AnyAlert:
    """The alert without numbers that nobody can reckon with, such as NaN and 1e400: they tie
    nothing. What has come by the bus has none."""
    if not isinstance(alert, Consignment):
        return alert
    goods = tuple(map(_goods, alert.goods))
    if all(map(operator.is_, goods, alert.goods)):
        return alert
    return msgspec.structs.replace(alert, goods=goods)


def _goods(line: Goods) -> Goods:
    quantity, mass = _reckoned(line.quantity), _reckoned(line.net_mass)
    values = tuple(v for v in line.values if _reckoned(v.amount) is not None)
    if quantity is line.quantity and mass is line.net_mass and len(values) == len(line.values):
        return line
    return msgspec.structs.replace(line, quantity=quantity, net_mass=mass, values=values)


_LEAST = Decimal(1).scaleb(-MAX_PLACES)


def _reckoned(number: Decimal | None) -> Decimal | None:
    if number is not None and number.is_finite():
        return number if not number or _LEAST <= number <= MAX_DECIMAL else None
    return None


def _explain(text: bytes, reason: str) -> tuple[str, str]:
    """Why a line is none, and a repair: of the alert in it, if that is at fault."""
    try:
        alert = msgspec.json.decode(text, type=dict[str, object]).get("alert")
        if isinstance(alert, dict):
            parse(alert)
    except AlertRefused as refused:
        problem = refused.problems[0]
        return f"alert{problem.pointer}: {problem.reason}", problem.repair
    except (msgspec.MsgspecError, RecursionError):
        pass
    return (
        reason,
        "The README of correlate/ says what a line is; `entente alert check` checks alerts.",
    )


def _micros(value: int | str) -> int:
    if isinstance(value, int):
        return value
    return round(datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() * 1_000_000)


_KEY = hashlib.sha256(b"entente correlate run --sealed").digest()


def seal(head: Head) -> Head:
    """The head as a correlator sees it that may not read who: tokens in the nominal part's place.

    The key is fixed and public here: it is a way to judge, not to protect.
    """
    alert = head.alert
    if not isinstance(alert, Consignment) or alert.nominal is None:
        return head
    tokens = tuple(
        sorted(
            Token(
                v.kind,
                "judged",
                hmac.digest(_KEY, f"{v.kind}\0{v.text}".encode(), "sha256").hex()[:32],
            )
            for v in nominal_values(alert.nominal)
        )
    )
    blind = msgspec.structs.replace(alert, nominal=None)
    return msgspec.structs.replace(head, alert=blind, tokens=tokens)
