"""Settings: the file, the environment over it, and a sentence for every slip."""

from pathlib import Path

import pytest

from entente import config
from entente.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    file = folder / "entente.toml"
    file.write_text(text, "utf-8")
    return file


def test_home_is_relative_to_the_file(tmp_path: Path) -> None:
    settings = config.load(write(tmp_path, 'network = "n.example"\nhome = "here"\n'), {})
    assert settings.home == tmp_path / "here"
    assert settings.party("JP") == tmp_path / "here" / "parties" / "JP"


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, 'network = "n.example"\n[kafka]\nbootstrap = "a:1"\n')
    settings = config.load(file, {"ENTENTE_KAFKA__BOOTSTRAP": "b:2", "ENTENTE_LOG__LEVEL": "debug"})
    assert settings.kafka.bootstrap == "b:2"
    assert settings.log.level == "debug"


def test_the_file_comes_from_the_environment(tmp_path: Path) -> None:
    file = write(tmp_path, 'network = "n.example"\n')
    assert config.load(None, {"ENTENTE_CONFIG": str(file)}).network == "n.example"


@pytest.mark.parametrize(
    ("text", "environ", "message"),
    [
        ('netwrk = "n"', {}, "Did you mean `network`"),
        ('network = "n"\n[kafka]\nbootstrap = 3', {}, "Expected `str`"),
        ('network = "n', {}, "Cannot read"),
        ("home = '.'", {}, "missing required field `network`"),
        ('network = "n"', {"ENTENTE_KAFKA__BOOTSTRP": "x"}, "Did you mean `bootstrap`"),
        ('network = "n"', {"ENTENTE_NETWORK__X": "x"}, "names a table"),
    ],
)
def test_slips_are_named(tmp_path: Path, text: str, environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.load(write(tmp_path, text), environ)


def test_no_file_says_how_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path / "none.toml", {})
    assert "--config" in caught.value.advice


def test_the_passphrase_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = write(tmp_path, 'network = "n.example"\npassphrase_file = "word"\n')
    (tmp_path / "word").write_bytes(b"from a file\r\nsecond line")
    settings = config.load(file, {"ENTENTE_PASSPHRASE": "not a setting"})
    assert settings.secret({}) == b"from a file"
    assert settings.secret({"ENTENTE_PASSPHRASE": "word"}) == b"word"
    assert "from a file" not in repr(settings)
    assert config.load(write(tmp_path, 'network = "n.example"'), {}).secret({}) is None


@pytest.mark.parametrize("content", [b"", b"\nword", b"\xff\xfe", None])
def test_a_passphrase_is_never_missing_by_oversight(tmp_path: Path, content: bytes | None) -> None:
    settings = config.load(write(tmp_path, 'network = "n"'), {"ENTENTE_PASSPHRASE_FILE": "word"})
    if content is not None:
        (tmp_path / "word").write_bytes(content)
    with pytest.raises(ConfigError, match="word"):
        settings.secret({})
    with pytest.raises(ConfigError, match="is empty"):
        settings.secret({"ENTENTE_PASSPHRASE": ""})
