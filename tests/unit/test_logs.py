"""Logs: one line of JSON each, and nothing sealed in any of them."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from entente import logs
from entente.config import Log

SECRET = "Hengda Leather"


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_a_line_is_json_and_redacted() -> None:
    stream = io.StringIO()
    logs.setup(Log(format="json"), stream=stream)
    structlog.get_logger("x").info(
        "seen", alert={"nominal": {"parties": [SECRET]}, "ref": "JP-1"}, body=b"1234"
    )
    line = json.loads(stream.getvalue())
    assert line["event"] == "seen"
    assert line["alert"] == {"nominal": logs.REDACTED, "ref": "JP-1"}
    assert line["body"] == "[4 bytes]"


def test_libraries_log_the_same_way_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "x.log"
    logs.setup(Log(), file=file)
    logging.getLogger("aiokafka").warning("slow")
    assert json.loads(file.read_text("utf-8"))["event"] == "slow"


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(values, st.sampled_from(sorted(logs.SEALED)), st.integers(0, 3))
def test_however_deep_a_sealed_field_lies(value: object, key: str, depth: int) -> None:
    nested: object = {key: SECRET, "beside": value}
    for _ in range(depth):
        nested = [{"inner": nested}]
    assert SECRET not in json.dumps(logs.redact(nested))
