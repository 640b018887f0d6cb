import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import UsageError
from acclimate.formats.splitting import PassageSize, split_text


def pieces(text: str, words: int, overlap: int = 0) -> list[str]:
    return [piece.text for piece in split_text(text, PassageSize(words, overlap))]


def test_paragraphs_stay_whole_where_they_fit() -> None:
    text = "one two three\n\nfour five six\n\nseven eight nine"
    assert pieces(text, 5) == ["one two three", "four five six", "seven eight nine"]
    assert [piece.paragraph for piece in split_text(text, PassageSize(5, 0))] == [1, 2, 3]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    assert pieces("One two three. Four five six! Seven eight.", 4) == [
        "One two three.",
        "Four five six!",
        "Seven eight.",
    ]


def test_the_rest_is_shared_out_evenly() -> None:
    text = " ".join("A b c d." for _ in range(51))
    assert [len(piece.split()) for piece in pieces(text, 200)] == [104, 100]
    assert [len(piece.split()) for piece in pieces("a " * 203, 200)] == [102, 101]


def test_overlap_repeats_the_last_words() -> None:
    assert pieces("a b c d e f g h", 4, 2) == ["a b c d", "c d e f", "e f g h"]


def test_text_without_spaces_is_cut_between_sentences() -> None:
    text = "我们今天去公园。天气很好，我们很高兴。你呢？"
    assert pieces(text, 10) == ["我们今天去公园。", "天气很好，我们很高兴。", "你呢？"]


@pytest.mark.parametrize(("words", "overlap"), [(0, 0), (10, 6), (10, -1)])
def test_senseless_sizes_are_refused(words: int, overlap: int) -> None:
    with pytest.raises(UsageError, match="choose"):
        PassageSize(words, overlap)


PROSE = st.text(st.sampled_from("ab.!\n 中。ไท")) | st.text()


@given(PROSE, st.integers(1, 12))
def test_no_word_is_lost_or_cut(text: str, words: int) -> None:
    found = pieces(text, words)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(piece == piece.strip() and piece for piece in found)


@given(st.lists(st.text("ab.\n", min_size=1), max_size=40), st.integers(2, 12), st.data())
def test_no_piece_is_too_long_and_every_word_is_whole(
    words: list[str], size: int, data: st.DataObject
) -> None:
    text = " ".join(words)
    overlap = data.draw(st.integers(0, size // 2))
    for piece in pieces(text, size, overlap):
        assert len(piece.split()) <= size
        assert set(piece.split()) <= set(text.split())
