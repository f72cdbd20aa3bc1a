"""Identifiers of things and people, each in one canonical form. Pure functions; None: unusable.

What cannot identify anybody, such as a number of equal digits, is None, so that it links nothing.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

from entente.seal.names import ascii_words
from entente.seal.words import words

_AT = re.compile(r"(?<!\s)\s*[\[({]\s*at\s*[\])}]\s*|(?<!\s)\s+at\s+")
_DOT = re.compile(r"(?<!\s)\s*[\[({]\s*dot\s*[\])}]\s*|(?<!\s)\s+dot\s+")
"""A run of spaces is tried from its beginning only: kilobytes of them cost as much as letters."""
_SPELT = re.compile(r"[\s\[({]")
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
_FLIGHT = re.compile(r"([A-Z]{3}|[A-Z][A-Z0-9]|[0-9][A-Z])0*([1-9][0-9]{0,3})[A-Z]?")
_CONTAINER = re.compile(r"[A-Z]{4}[0-9]{7}")
_SEVEN = re.compile(r"[0-9]{7}")
_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}[A-Za-z0-9]{11,30}")
_WALLET = re.compile(r"(?i)0x[0-9a-f]{40}|(?:bc|ltc|tb)1[0-9a-z]{20,90}")
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{26,62}")
_EXTENSION = re.compile(r"(?i)(?:ext|x)\W*[0-9]{1,6}\s*$")
_MARKS = re.compile(r"[^0-9A-Z]+")
_NO_DIGITS = re.compile(r"[^0-9]+")
_SPACE = re.compile(r"\s+")


def code(text: str) -> str:
    """Return the letters and digits of a code in capitals: NFKC, then all but 0-9 and A-Z goes."""
    plain = (text if text.isascii() else unicodedata.normalize("NFKC", text)).upper()
    return plain if plain.isascii() and plain.isalnum() else _MARKS.sub("", plain)


def digits(text: str) -> str:
    """Return the decimal digits of any script as 0-9."""
    if text.isascii():
        return _NO_DIGITS.sub("", text)
    return "".join(
        str(unicodedata.decimal(character))
        for character in unicodedata.normalize("NFKC", text)
        if unicodedata.decimal(character, None) is not None
    )


def _telling(text: str, least: int) -> str | None:
    """Refuse what is too short, or one character repeated, or a row such as 123456."""
    row = "01234567890123456789"
    if len(text) < least or len(set(text)) == 1 or text in row or text in row[::-1]:
        return None
    return text


def phone_1(text: str) -> str | None:
    """Return the last 9 digits, at least 7; an extension after ``ext`` or ``x`` is left out."""
    number = _EXTENSION.sub("", text) if "x" in text or "X" in text else text
    return _telling(digits(number)[-9:], 7)


@lru_cache(maxsize=1 << 12)  # the whole address, its host and its mailbox are asked for in turn
def email_1(text: str) -> str | None:
    """Return ``local@host`` in small letters: without tags, for Gmail without dots.

    ``(at)`` and ``(dot)`` written out are read; ``googlemail.com`` is ``gmail.com``.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip().removeprefix("mailto:")
    if _SPELT.search(plain):
        plain = _SPACE.sub("", _DOT.sub(".", _AT.sub("@", plain)))
    plain = plain.strip("<>.,;")
    if not _ADDRESS.fullmatch(plain):
        return None
    local, host = plain.split("@")
    local = local.split("+", 1)[0]
    if host in _DOTLESS:
        local, host = local.replace(".", ""), "gmail.com"
    return f"{local}@{host}" if local else None


def mailbox_1(text: str) -> str | None:
    """Return the local part of a mail address, letters and digits only: at any provider."""
    whole = email_1(text)
    if whole is None or _fills(whole):
        return None
    return "".join(c for c in whole.partition("@")[0] if c.isalnum()) or None


def mail_domain_1(text: str) -> str | None:
    """Return the host of a mail address."""
    whole = email_1(text)
    return None if whole is None or _fills(whole) else whole.partition("@")[2]


def _fills(mail: str) -> bool:
    """Whether an address only fills a field: ``none@none.com``, ``test@...``."""
    local, _, host = mail.partition("@")
    return (
        local in words().placeholders
        or local == host.partition(".")[0]
        or local.startswith("noemail")
    )


def tax_id_1(text: str, country: str | None = None) -> str | None:
    """Return a trader's number with its country in front, by EORI and VAT usage.

    Where the number does not begin with two letters, the address's country is put there. Greece is
    ``EL``.
    """
    number = code(text)
    if _telling(number, 5) is None:
        return None
    if country and not re.match(r"[A-Z]{2}", number):
        number = country.upper() + number
    return re.sub(r"^GR(?=[0-9])", "EL", number)


def lei_1(text: str) -> str | None:
    """Return a Legal Entity Identifier (ISO 17442): 20 letters and digits."""
    number = code(text)
    return number if len(number) == 20 else None


def payment_1(text: str) -> str | None:
    """Return a wallet, IBAN or payment handle.

    An IBAN is in capitals; hexadecimal and bech32 wallets in small letters; other wallets of 26 to
    62 letters and digits are kept, since capitals count in them; a handle is in small letters.
    """
    plain = _SPACE.sub("", unicodedata.normalize("NFKC", text))
    if _IBAN.fullmatch(plain.replace("-", "").replace(".", "")):
        return code(plain)
    if _WALLET.fullmatch(plain):
        return plain.lower()
    if _BASE58.fullmatch(plain):
        return plain
    return _telling(plain.casefold().lstrip("@"), 5)


def container_1(text: str) -> str | None:
    """Return a container number (ISO 6346): four letters and seven digits."""
    number = code(text)
    return number if _CONTAINER.fullmatch(number) else None


def container_slip_1(text: str) -> str | None:
    """Return owner letters and the sorted digits of a container: two exchanged still meet."""
    number = container_1(text)
    return None if number is None else number[:4] + "".join(sorted(number[4:]))


def seal_number_1(text: str) -> str | None:
    """Return a seal's number: letters and digits, at least 5."""
    return _telling(code(text), 5)


def document_1(text: str) -> str | None:
    """Return a transport or trade document's number, whatever kind was ticked: at least 6."""
    number = code(text)
    return _telling(number, 6) if sum(map(str.isdigit, number)) >= 4 else None


def imo_1(text: str) -> str | None:
    """Return a ship's IMO number: seven digits."""
    number = code(text).removeprefix("IMO").removeprefix("NO")
    return _telling(number, 7) if _SEVEN.fullmatch(number) else None


def flight_1(text: str) -> str | None:
    """Return a flight: the airline's two or three characters, the number without leading zeros."""
    found = _FLIGHT.fullmatch(code(text))
    return found[1] + found[2] if found else None


def plate_1(text: str) -> str | None:
    """Return a licence plate: letters and digits, at least 4 with a digit.

    Cyrillic and Greek letters become the Latin ones that look the same, as drivers and officers
    abroad read them.
    """
    number = _looks(text)
    return _telling(number, 4) if re.search(r"[0-9]", number) else None


def lot_1(text: str) -> str | None:
    """Return a batch or lot number, without the words LOT, BATCH or a leading zero."""
    return _telling(re.sub(r"^(?:LOT|BATCH)?(?:NO)?0*", "", code(text)), 4)


def shop_1(platform: str, seller: str) -> str | None:
    """Return ``platform/seller``: the platform's name without www, m and top-level domain."""
    name = _host(platform).removeprefix("m.").split(".")[0] if "." in platform else platform
    where = "".join(ascii_words(name))
    who = _SPACE.sub("", unicodedata.normalize("NFKC", seller).casefold()).lstrip("@")
    return f"{where}/{who}" if where and who else None


def seller_1(seller: str) -> str | None:
    """Return a seller's name on whatever platform: its words in one, at least 4."""
    who = "".join(ascii_words(seller))
    return who if len(who) >= 4 else None


def url_1(text: str) -> str | None:
    """Return ``host/path`` of a web address: without scheme, www, query, fragment, last slash."""
    plain = unicodedata.normalize("NFKC", text).strip()
    host = _host(plain)
    if "." not in host:
        return None
    path = urlsplit(plain if "://" in plain else f"//{plain}").path.rstrip("/")
    return host + path


def person_document_1(text: str) -> str | None:
    """Return the number of a passport or identity card: at least 5, letters as for a plate."""
    return _telling(_looks(text), 5)


def _looks(text: str) -> str:
    same = words().lookalikes
    plain = "".join(same.get(one, one) for one in unicodedata.normalize("NFKC", text).upper())
    return code("".join(ascii_words(plain)))


def _host(address: str) -> str:
    plain = unicodedata.normalize("NFKC", address).strip().casefold()
    try:
        host = urlsplit(plain if "://" in plain else f"//{plain}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
