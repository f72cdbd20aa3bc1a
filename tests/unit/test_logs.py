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


def test_a_library_that_repeats_itself_is_heard_now_and_then(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    logs.setup(Log(), file=file)
    client = logging.getLogger("aiokafka.conn")
    for second in range(0, 100, 5):
        said = client.makeRecord(
            client.name, logging.ERROR, __file__, 1, "No node %s at %d", ("b1", second), None
        )
        said.created = 1_000.0 + second
        client.handle(said)
    client.error("another thing")
    lines = [json.loads(line)["event"] for line in file.read_text("utf-8").splitlines()]
    assert lines == [
        "No node b1 at 0",
        "No node b1 at 30 (5 more like it since the last)",
        "No node b1 at 60 (5 more like it since the last)",
        "No node b1 at 90 (5 more like it since the last)",
        "another thing",
    ]


def test_what_we_say_ourselves_is_never_left_out(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    logs.setup(Log(), file=file)
    for _ in range(3):
        structlog.get_logger("entente.bus").warning("will send again")
    assert len(file.read_text("utf-8").splitlines()) == 3
