"""The sentence a coordinator reads for each piece of evidence.

Made from the evidence record alone, so it can name nothing that the record does not hold.
"""

from entente.correlate.evidence import Evidence

THINGS = {
    "phone.1": "telephone",
    "email.1": "mailbox",
    "mail-domain.1": "mail domain",
    "mailbox.1": "mailbox name at any provider",
    "payment.1": "account",
    "shop.1": "online shop",
    "seller.1": "online seller's name",
    "url.1": "web address",
    "tax-id.1": "trader number",
    "lei.1": "legal entity identifier",
    "person-document.1": "identity document",
    "container.1": "container",
    "document.1": "document number",
    "seal-number.1": "seal number",
    "plate.1": "vehicle",
    "lot.1": "lot number",
    "address.1": "address",
    "street.1": "street and house number",
    "door.1": "house number and postcode",
    "lane.1": "street and postcode",
    "postcode.1": "postcode",
    "name.1": "name",
    "name-skeleton.1": "name but for its vowels",
    "name-run.1": "name written in one word",
    "name-pair.1": "pair of words in a name",
    "name-word.1": "word in a name",
    "born.1": "name and date of birth",
}
"""What a shared identifying value is called, by kind."""
_AROUND = {
    "brand-origin": "Same brand from the same country",
    "brand-place": "Same brand from the same place",
    "brand-way": "Same brand by the same way",
    "brand-sort": "Same brand of the same sort of goods",
    "sort-way": "Same sort of goods by the same way",
    "declared": "Same goods declared as the same",
    "hidden": "Hidden in the same way",
    "cover": "Same cover load in the same packaging",
    "defect": "Same telling defect",
    "vessel": "Same vessel or flight",
    "service": "Same forwarder or carrier",
}


_FIXED = {
    "goods": "Same sort of goods.",
    "other-goods": "Less, because the goods are of other sorts.",
    "judged": "A coordinator has said that these two belong together.",
    "elsewhere": "Further alerts of the case have what else this one has.",
    "prior": "Before any evidence, two alerts of this window have nothing to do with each other.",
}


def sentence(evidence: Evidence) -> str:
    """One sentence, checkable by someone who is no statistician."""
    kind, left, right = evidence.kind, evidence.left, evidence.right
    if evidence.note or kind in _FIXED:
        return evidence.note or _FIXED[kind]
    if kind in THINGS:
        return _shared(evidence)
    if kind in _AROUND:
        return f"{_AROUND[kind]}: {left}{_seen(evidence)}."
    told = {
        "name": f"Same name: {left}." if left == right else f'Names alike: "{left}" and "{right}".',
        "container-slip": (
            f"Containers {left} and {right} are one slip apart, and a check digit fails."
        ),
        "neighbour": (
            f"Document numbers {left} and {right} were issued one shortly after the other."
        ),
        "time": {"0": "Both on one day.", "1": "One day lies between them."}.get(
            left, f"{left} days lie between them."
        ),
    }
    return told[kind]


def _shared(evidence: Evidence) -> str:
    thing, left, right = THINGS[evidence.kind], evidence.left, evidence.right
    if evidence.sealed:
        return f"Same {thing}, which is sealed: ask both originators{_seen(evidence)}."
    if left == right:
        return f"Same {thing}: {left}{_seen(evidence)}."
    return f"Same {thing}, written {left} and {right}{_seen(evidence)}."


def _seen(evidence: Evidence) -> str:
    if not evidence.alerts:
        return ""
    return (
        "; in few other alerts" if evidence.alerts <= 5 else f"; in about {evidence.alerts} alerts"
    )
