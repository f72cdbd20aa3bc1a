"""Test alerts of a rule: some on which it must fire and some on which it must not.

They stand beside the rule, in a file of its name that ends in ``.trials.yaml``::

    base: {...}                    what all alerts have, in the alert's JSON form
    prices: {6403 NPR EUR cif: [5, 200]}     what is ordinary, where the rule asks for prices
    usual: ["vessel:IMO9074729"]             circumstances too common to tell anything
    fires:
      why it must: [{issuer: FR, event: {date: 2026-03-01}}, {issuer: DE, ...}]
    silent:
      why it must not: [...]

Each alert is put over ``base``, field by field. So a trial runs through the same reading of alerts
as the real ones.
"""

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from entente.alert.record import AnyAlert
from entente.correlate.head import Head
from entente.correlate.rules.rule import Rule
from entente.correlate.rules.rules import TRIALS
from entente.correlate.weigh.facts import Fact, facts
from entente.correlate.weigh.features import features
from entente.errors import ConfigError


class Trial(NamedTuple):
    """Alerts to try a rule on."""

    why: str
    fires: bool
    alerts: tuple[Fact, ...]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    fires: dict[str, list[dict[str, Any]]]
    silent: dict[str, list[dict[str, Any]]]
    base: dict[str, Any] = {}
    prices: dict[str, tuple[float, float]] = {}
    usual: list[str] = []


def trials(rule: Rule, folder: Traversable | Path) -> list[Trial]:
    """The trials of a rule.

    Raises ConfigError when the file is missing, does not fit, or lacks one of the two kinds.
    """
    file = folder.joinpath(f"{rule.id}{TRIALS}")
    try:
        # All values as text: a date stays what the alert's form wants, and NO stays Norway.
        given = yaml.load(file.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506  # builds text only
        read = msgspec.convert(given, _File, strict=False)
        found = [
            Trial(why, fires, tuple(_fact(n, read, a) for n, a in enumerate(alerts)))
            for fires, group in ((True, read.fires), (False, read.silent))
            for why, alerts in group.items()
        ]
    except FileNotFoundError:
        raise ConfigError(
            f"The rule {rule.id} has no test alerts.",
            advice=f"Put some that it must fire on and some that it must not into {file.name}.",
        ) from None
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ConfigError(f"The test alerts {file.name} do not fit: {error}.") from error
    if {t.fires for t in found} != {True, False}:
        raise ConfigError(f"{file.name} needs alerts that fire and alerts that do not.")
    return found


def check(given: tuple[Rule, ...], folder: Traversable | Path) -> None:
    """Try every rule on its test alerts. Raises ConfigError at the first that fails."""
    for rule in given:
        for trial in trials(rule, folder):
            if (rule.judge(trial.alerts) is not None) != trial.fires:
                must = "fires not" if trial.fires else "fires"
                raise ConfigError(f'The rule {rule.id} {must} on its trial "{trial.why}".')


def _fact(number: int, file: _File, given: dict[str, Any]) -> Fact:
    subject = f"alert {number}"
    whole = {"kind": "seizure", "national_ref": subject, **_over(file.base, given)}
    issuer = whole.pop("issuer", "FR")
    alert = msgspec.convert(whole, AnyAlert, strict=False)
    head = Head(subject=subject, issuer=str(issuer), version=1, issued_at=0, alert=alert)
    of = features(head)
    if of is None:
        raise msgspec.ValidationError(f"{subject} speaks of no goods")
    return facts(head, of, file.prices, usual=file.usual.__contains__)


def _over(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """``given`` over ``base``, member by member, as RFC 7396 has it."""
    merged = dict(base)
    for key, value in given.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _over(old, value)
        else:
            merged[key] = value
    return merged
