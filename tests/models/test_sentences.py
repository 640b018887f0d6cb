import pytest

from acclimate.models.sentences import OwnSentences, split_sentences
from acclimate.types import Passage

FIVE = "These are exactly five words."
OTHER = "And here are another five!"
CHINESE = "熊猫生活在中国西南部的山区。它们主要吃竹子和其他的植物。很可爱。"
JAPANESE = "吾輩は猫である名前はまだ無い。どこで生れたかとんと見当がつかぬ！"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (f"{FIVE} {OTHER}", [FIVE, OTHER]),
        (f"Too short. {FIVE}", [FIVE]),
        (f"{FIVE}\n\n{OTHER}", [FIVE, OTHER]),
        ("One sentence that\nruns over\ttwo lines.", ["One sentence that runs over two lines."]),
        ("word " * 41, []),
        (CHINESE, ["熊猫生活在中国西南部的山区。", "它们主要吃竹子和其他的植物。"]),
        (JAPANESE, ["吾輩は猫である名前はまだ無い。", "どこで生れたかとんと見当がつかぬ！"]),
        ("使用 Python 语言编写的程序运行得很好。", ["使用 Python 语言编写的程序运行得很好。"]),
        ("没有句号的长文" * 40, []),
    ],
)
def test_usable_sentences_are_neither_fragments_nor_paragraphs(
    text: str, sentences: list[str]
) -> None:
    assert split_sentences(text) == sentences


def drawn(passages: list[Passage], count: int, seed: int = 1) -> list[list[str]]:
    written = OwnSentences().generate(passages, count, seed)
    assert {style for queries in written for style, _ in queries} <= {"sentence"}
    return [[text for _, text in queries] for queries in written]


def test_title_is_a_sentence_and_none_is_drawn_twice() -> None:
    title = "A title of five words"
    passage = Passage("p", f"{FIVE} {OTHER} {FIVE}", title)
    assert [sorted(texts) for texts in drawn([passage], 9)] == [sorted([FIVE, OTHER, title])]
    assert [len(texts) for texts in drawn([passage], 2)] == [2]


def test_passage_without_sentences_has_no_queries() -> None:
    assert drawn([Passage("a", "Short."), Passage("b", FIVE)], 3) == [[], [FIVE]]


def test_draw_depends_on_passage_and_seed_only() -> None:
    texts = [f"Sentence number {n} has six words." for n in range(30)]
    passages = [Passage("a", " ".join(texts)), Passage("b", " ".join(texts))]
    first, second = drawn(passages, 5)
    assert drawn(passages[1:], 5) == [second]
    assert first != second
    assert drawn(passages, 5, seed=2) != [first, second]
