"""API keys: read from a file, kept as hashes."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from acclimate.errors import UsageError
from acclimate.serve.keys import Keys

GOOD = "correct-horse-battery"
OTHER = "söme-ünicode-kéy-too"


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "keys.txt"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_every_line_is_a_key_but_comments_and_empty_ones(tmp_path: Path) -> None:
    keys = Keys.read(key_file(tmp_path, f"# ours\n\n  {GOOD} \n{OTHER}\n"))
    assert keys
    assert keys.knows(GOOD.encode())
    assert keys.knows(OTHER.encode())
    for wrong in (b"", b"# ours", b"correct-horse", GOOD.upper().encode(), b"\xff\x00"):
        assert not keys.knows(wrong)


def test_keys_themselves_are_not_kept(tmp_path: Path) -> None:
    assert GOOD not in repr(Keys.read(key_file(tmp_path, GOOD)))


def test_without_a_file_there_is_no_key() -> None:
    assert not Keys()
    assert not Keys().knows(b"")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="no key in it; write at least one"):
        Keys.read(key_file(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Keys.read(tmp_path / "absent.txt")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        Keys.read(path)


def test_a_file_that_others_can_read_and_short_keys_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        Keys.read(key_file(tmp_path, f"{GOOD}\nshort\n", 0o644))
    assert "chmod 600" in caplog.text
    assert "1 keys have fewer than 16 characters" in caplog.text
    assert "short\n" not in caplog.text.replace("shorter", "")
    caplog.clear()
    Keys.read(key_file(tmp_path, GOOD))
    assert caplog.text == ""
