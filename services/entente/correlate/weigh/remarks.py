"""Numbers in remarks count as the field that they name by their shape."""

import re
from collections.abc import Iterator

from entente.alert.record import Alert
from entente.seal.identifiers import container_1, document_1, email_1, phone_1

# Each begins where a run of its characters does, so that 64 KiB of remarks are read once.
_SHAPES = (
    ("container.1", re.compile(r"\b[A-Z]{3}[UJZ][ -]?[0-9]{6}[ -]?[0-9]\b"), container_1),
    (
        "email.1",
        re.compile(r"(?<![\w.+-])[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+"),
        email_1,
    ),
    ("document.1", re.compile(r"\b[A-Z]{2}[0-9]{9}[A-Z]{2}\b"), document_1),
    ("document.1", re.compile(r"\b[0-9]{3}-[0-9]{8}\b"), document_1),
    ("phone.1", re.compile(r"(?<![\w-])\+?[0-9(][0-9 ()./-]{7,18}[0-9](?![\w-])"), phone_1),
)


def remarks_values(alert: Alert) -> Iterator[tuple[str, str, str]]:
    """Kind, canonical form and spelling of each number in an alert's remarks."""
    said = alert.remarks.text if alert.remarks else ""
    for kind, shape, canonical in _SHAPES:
        for match in shape.findall(said):
            said = said.replace(match, " ")
            if form := canonical(match):
                yield kind, form, match.strip()
