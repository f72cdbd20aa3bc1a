"""Link tokens: equal values meet within an epoch, unequal ones do not, and none can be read."""

import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from entente.errors import TrustError
from entente.seal import hpke, tokens
from entente.seal.normalise import Value
from entente.seal.tokens import CommunityKey

DAY = 86_400_000_000
PHONE = Value("phone.1", "805651990")
MAIL = Value("email.1", "info@example.com")


def key(epoch: str = "2026Q4", start: int = 0, until: int = 100 * DAY) -> CommunityKey:
    return tokens.new_community_key(epoch, start=start, until=until)


def test_a_token_is_as_the_wire_format_says() -> None:
    known = CommunityKey(epoch="2026Q4", key=bytes(range(32)), start=0, until=1)
    made = tokens.token(known, PHONE)
    assert made.token == hmac.digest(bytes(range(32)), b"phone.1\x00805651990", "sha256")[:16]
    assert made.token.hex() == "b0127ccacb60bfb91ab7f3f6f7b61f73"
    assert (made.kind, made.epoch) == ("phone.1", "2026Q4")


def test_equal_values_meet_and_others_do_not() -> None:
    one = key()
    assert tokens.token(one, PHONE) == tokens.token(one, Value("phone.1", "805651990"))
    seen = {
        tokens.token(used, value).token
        for used in (one, key())
        for value in (PHONE, MAIL, Value("phone.2", PHONE.text), Value("phone.1", "805651991"))
    }
    assert len(seen) == 8


def test_epochs_overlap() -> None:
    """Alerts on both sides of a change of epoch share a token if both fall into one key's time."""
    keys = [key("2026Q4", 0, 100 * DAY), key("2027Q1", 90 * DAY, 190 * DAY)]
    before, between, after = (
        {made.token for made in tokens.tokens(keys, [PHONE], at * DAY)} for at in (50, 95, 150)
    )
    assert (len(before), len(between), len(after)) == (1, 2, 1)
    assert before & between
    assert between & after
    assert not before & after
    with pytest.raises(TrustError, match="no community key is in use"):
        tokens.tokens(keys, [PHONE], 191 * DAY)


def test_the_order_of_values_leaves_no_trace() -> None:
    keys = [key("a"), key("b")]
    one = tokens.tokens(keys, [PHONE, MAIL, PHONE], 0)
    assert one == tokens.tokens(reversed(keys), [MAIL, PHONE], 0)
    assert len(one) == 4
    assert [t.kind for t in one] == ["email.1", "email.1", "phone.1", "phone.1"]


def test_a_community_key_is_handed_over_wrapped() -> None:
    holder, other = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    made = key()
    public = holder.public_key().public_bytes_raw()
    wrapped = tokens.wrap(made, recipient="JP", recipient_key=public)
    assert made.key not in wrapped
    assert tokens.unwrap(wrapped, recipient="JP", keys=(other, holder)) == made
    for recipient, keys in (("JP", (other,)), ("FR", (holder,)), ("JP", ())):
        with pytest.raises(TrustError):
            tokens.unwrap(wrapped, recipient=recipient, keys=keys)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"epoch":"x","key":"AAAA","start":1,"until":2}'])
def test_what_is_no_community_key(content: bytes) -> None:
    holder = X25519PrivateKey.generate()
    info = b"entente community key 1\x00JP"
    wrapped = hpke.wrap(content, holder.public_key().public_bytes_raw(), info)
    with pytest.raises(TrustError, match="not a community key"):
        tokens.unwrap(wrapped, recipient="JP", keys=(holder,))


def test_a_key_is_not_shown() -> None:
    made = key()
    assert repr(made) == "CommunityKey(2026Q4)"
    for wrong in ({"epoch": "a b"}, {"key": b"short"}, {"until": -1}):
        with pytest.raises(ValueError):
            CommunityKey(**{"epoch": "a", "key": bytes(32), "start": 0, "until": 1, **wrong})  # type: ignore[arg-type]
