import gzip
from pathlib import Path

import pytest

from acclimate.errors import InputError
from acclimate.formats.files import atomic_write, atomic_write_bytes, read_lines


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\u2028still one\x85\r\ntwo".encode())
    assert list(read_lines(path)) == ["one\u2028still one\x85\r\n", "two"]


def test_gzipped_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"one\ntwo\n"))
    assert list(read_lines(path)) == ["one\n", "two\n"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("é".encode("latin-1"), r"a\.txt:1: byte 0xe9 is not UTF-8; .*iconv"),
        (b"fine\nfine\n\xff\n", r"a\.txt:3: byte 0xff is not UTF-8"),
        ("text".encode("utf-16"), r"looks like UTF-16"),
        ("text".encode("utf-16-be"), r"looks like UTF-16"),
    ],
)
def test_other_encodings_are_refused_with_their_place(
    tmp_path: Path, raw: bytes, message: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=message):
        list(read_lines(path))


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"line\n" * 9)[:-9])
    with pytest.raises(InputError, match=r"a\.gz:\d+: .* ends early or is damaged"):
        list(read_lines(path))


def test_a_file_that_is_no_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_text("plain")
    with pytest.raises(InputError, match="gzip data ends early or is damaged"):
        list(read_lines(path))


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(read_lines(tmp_path / "none"))


def test_a_write_makes_folders_and_keeps_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with atomic_write(path) as handle:
        handle.write("é\n\r\n")
    assert path.read_bytes() == "é\n\r\n".encode()


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail_in_text() -> None:
        with atomic_write(path) as handle:
            handle.write("new")
            raise RuntimeError

    def fail_in_bytes() -> None:
        with atomic_write_bytes(path) as handle:
            handle.write(b"new")
            raise RuntimeError

    for fail in (fail_in_text, fail_in_bytes):
        with pytest.raises(RuntimeError):
            fail()
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]


def test_text_that_utf8_cannot_hold_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write() -> None:
        with atomic_write(path) as handle:
            handle.write("\ud800")

    with pytest.raises(UnicodeEncodeError):
        write()
    assert path.read_text() == "old"
