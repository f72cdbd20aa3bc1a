"""What a process said before it ended."""

from pathlib import Path

from entente.bus.process import complaints

LOG = """\
2026-11-24T03:05:24Z ERROR Kafka$ Exiting Kafka due to fatal exception during startup.
java.lang.RuntimeException: Received a fatal error while waiting
\tat kafka.server.BrokerServer.startup(BrokerServer.scala:1)
Caused by: java.net.BindException: Address already in use
\t... 18 more
2026-11-24T03:05:25Z INFO  QuorumController event unable to start: RejectedExecutionException: shut
"""


def test_the_last_complaint_is_the_cause_not_the_noise_of_the_end(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(LOG)
    found = complaints(tmp_path / "none", log, 0)
    assert found[-1] == "Caused by: java.net.BindException: Address already in use"


def test_what_an_earlier_start_said_does_not_count(tmp_path: Path) -> None:
    log, console = tmp_path / "server.log", tmp_path / "console.log"
    log.write_text(LOG)
    console.write_text("Error: Could not find or load main class kafka.Kafka\n")
    assert complaints(console, log, len(LOG)) == [
        "Error: Could not find or load main class kafka.Kafka"
    ]


def test_a_log_that_has_been_rolled_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(LOG)
    assert complaints(tmp_path / "none", log, 10 * len(LOG))


def test_without_a_complaint_the_last_thing_said(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("a\nUnrecognized VM option\n")
    assert complaints(tmp_path / "none", log, 0) == ["Unrecognized VM option"]
    assert complaints(tmp_path / "none", tmp_path / "neither", 0) == []
