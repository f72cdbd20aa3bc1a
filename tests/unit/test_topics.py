"""The table of topics."""

from entente.bus import configuration
from entente.bus.topics import CORRELATOR, TOPICS
from entente.wire import names

BY_NAME = {topic.name: topic for topic in TOPICS}


def test_every_topic_of_statements_is_in_the_table() -> None:
    assert BY_NAME.keys() >= names.TOPICS
    others = BY_NAME.keys() - names.TOPICS
    assert {n for n in others if not n.startswith(CORRELATOR)} == {"register", "quarantine"}


def test_no_name_twice() -> None:
    assert len(BY_NAME) == len(TOPICS)


def test_statements_are_kept_and_only_state_is_compacted() -> None:
    compacted = {name for name, topic in BY_NAME.items() if topic.cleanup == "compact"}
    assert compacted == {
        "grants", "register", "correlator.links", "correlator.frequencies", "correlator.cases",
    }  # fmt: skip
    for name in compacted:
        assert "retention.ms" not in BY_NAME[name].config


def test_a_value_of_the_wire_format_fits_and_a_quarantined_one_too() -> None:
    for topic in TOPICS:
        assert topic.limit >= 900_000 + 100_000
    assert BY_NAME["quarantine"].limit == 2 * 1024 * 1024


def test_time_is_the_brokers() -> None:
    assert {topic.config["message.timestamp.type"] for topic in TOPICS} == {"LogAppendTime"}


def test_retention_is_in_milliseconds() -> None:
    assert BY_NAME["correlator.redo"].config["retention.ms"] == str(7 * 24 * 3600 * 1000)


def test_the_configuration_denies_by_default_and_names_no_passphrase() -> None:
    ports = configuration.Ports(19093, 19094)
    plain, encrypted = (configuration.server(ports, encrypted=e) for e in (False, True))
    assert "allow.everyone.if.no.acl.found=false\n" in plain
    assert "ssl.client.auth=required\n" in plain
    assert "PLAINTEXT" not in plain
    assert "password" not in plain
    assert "ssl.key.password=${env:ENTENTE_PASSPHRASE}\n" in encrypted
