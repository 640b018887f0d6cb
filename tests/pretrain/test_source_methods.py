"""UDALM and MoDIR, which learn from a labelled collection of another domain as well."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import toys
from acclimate.errors import InputError, UsageError
from acclimate.formats.beir import write_beir
from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.contrast import in_batch
from acclimate.pretrain.loop import pretrain
from acclimate.pretrain.method import Batch, Method
from acclimate.pretrain.mlm import Mlm
from acclimate.pretrain.modir import SOURCE, TARGET, DomainClassifier, Modir
from acclimate.pretrain.source import SourcePairs, source_pairs
from acclimate.pretrain.udalm import Udalm
from acclimate.progress import Silent
from acclimate.settings import MlmSettings, ModirSettings, PretrainSettings, SourceSettings
from acclimate.train.course import Course
from acclimate.types import Judgment, Passage, Query
from dialects import Dialects

Student = Callable[..., DenseEncoder]


@pytest.fixture(scope="module")
def source(corpus: Dialects, tmp_path_factory: pytest.TempPathFactory) -> SourceSettings:
    """The corpus's first three topics as a labelled collection: one query of each."""
    folder = tmp_path_factory.mktemp("source")
    half = [Passage(f"p{n}", text) for n, text in enumerate(corpus.texts[:48])]
    queries = [Query(f"q{n}", " ".join(each.text.split()[:3])) for n, each in enumerate(half)]
    judgments = [Judgment(query.id, f"p{n}", 1) for n, query in enumerate(queries)]
    write_beir(folder, half, queries, {"train": judgments})
    return SourceSettings(str(folder))


def learned(
    method: Method, texts: list[str], folder: Path, steps: int, *, rate: float = 1e-3
) -> Course:
    settings = PretrainSettings(max_steps=steps, learning_rate=rate, warmup_steps=5, save_steps=10)
    given = range(len(texts))
    return pretrain(
        method, given, lambda rows: [texts[row] for row in rows], settings, folder, Silent()
    )


def test_pairs_of_a_batch_share_neither_query_nor_passage(
    student: Student, source: SourceSettings
) -> None:
    found = source_pairs(source).encoded(student("bert"), 8, np.random.default_rng(0))
    assert found.queries.shape == found.passages.shape == (8, 32)
    assert len(torch.unique(found.queries, dim=0)) == len(torch.unique(found.passages, dim=0)) == 8


def test_a_source_without_labels_is_refused(tmp_path: Path) -> None:
    write_beir(
        tmp_path, [Passage("p", "text")], [Query("q", "text")], {"dev": [Judgment("q", "p", 1)]}
    )
    with pytest.raises(UsageError, match="no split 'train'"):
        source_pairs(SourceSettings(str(tmp_path)))
    with pytest.raises(InputError, match="1 pairs of query and passage in its split 'dev'"):
        source_pairs(SourceSettings(str(tmp_path), "dev"))


def test_udalm_adds_the_masked_tokens_loss_to_the_ranking_loss(
    student: Student, source: SourceSettings, corpus: Dialects
) -> None:
    encoder = student("distilbert")
    method = Udalm(encoder, MlmSettings(), source)
    method.parts.eval()

    def draw() -> np.random.Generator:
        return np.random.default_rng(3)

    both = method.loss(Batch(corpus.texts[:3], 0, draw())).detach()
    chance = draw()
    pairs = source_pairs(source).encoded(encoder, 3, chance)
    masked = method.masking.loss(Batch(corpus.texts[:3], 0, chance)).detach()
    ranked = in_batch(pairs.queries, pairs.passages, 1.0).detach()
    assert float(both) == pytest.approx(float(masked + ranked), abs=1e-5)


def test_udalm_learns_to_rank_the_source_and_to_predict_the_target(
    student: Student, source: SourceSettings, corpus: Dialects, tmp_path: Path
) -> None:
    encoder = student("bert", "cosine")
    pairs = source_pairs(source)

    def ranking() -> float:
        with torch.no_grad():
            return float(pairs.encoded(encoder, 8, np.random.default_rng(9)).loss)

    before = ranking()
    course = learned(Udalm(encoder, MlmSettings(), source), corpus.texts[48:], tmp_path, 40)
    assert course.points[-1].loss < course.points[0].loss - 0.5
    assert ranking() < before - 0.5


#: Topics without labels: queries about them are what the methods are for.
TARGET_TOPICS = (3, 4, 5)


def quality(encoder: DenseEncoder, corpus: Dialects) -> tuple[float, float]:
    common, foreign = (
        corpus.quality(encoder, part, TARGET_TOPICS) for part in (corpus.common, corpus.foreign)
    )
    return common, foreign


def test_udalm_after_mlm_finds_what_is_said_in_topics_without_labels(
    student: Student, source: SourceSettings, corpus: Dialects, tmp_path: Path
) -> None:
    encoder = student("bert", "cosine")
    common, foreign = quality(encoder, corpus)
    for name, method, steps in (
        ("mlm", Mlm(encoder, MlmSettings()), 300),
        ("udalm", Udalm(encoder, MlmSettings(), source), 200),
    ):
        learned(method, corpus.texts[48:], tmp_path / name, steps, rate=3e-3)
    after = quality(encoder, corpus)
    assert after[0] > common + 0.3
    assert after[1] > foreign + 0.5


def test_modir_finds_there_what_ranking_alone_does_not(
    student: Student, source: SourceSettings, corpus: Dialects, tmp_path: Path
) -> None:
    def trained(confusion: float) -> tuple[float, float]:
        encoder, settings = student("bert", "cosine"), ModirSettings(confusion=confusion)
        method = Modir(encoder, settings, source, PretrainSettings(max_steps=200))
        learned(method, corpus.texts[48:], tmp_path / str(confusion), 200, rate=3e-3)
        return quality(encoder, corpus)

    (common, foreign), (usual_common, usual_foreign) = trained(0.1), trained(0.0)
    assert common > usual_common + 0.3
    assert foreign > usual_foreign + 0.4


def test_the_domain_classifier_s_losses_of_three_passages(student: Student) -> None:
    classifier = DomainClassifier(student("bert"), ModirSettings(), 10)
    with torch.no_grad():
        classifier.layer.weight.zero_()
        classifier.layer.weight[TARGET, 0] = 1.0  # the logits are 0 and the first number
    vectors = torch.zeros((3, 32))
    vectors[:, 0] = torch.tensor([0.0, 1.0, 2.0])
    classifier.queues = {SOURCE: vectors[:1], TARGET: vectors[1:]}
    right = [math.log(1 + math.exp(-1)), math.log(1 + math.exp(-2))]
    expected = (math.log(2) + sum(right) / 2) / 2
    assert float(classifier.mistakes().detach()) == pytest.approx(expected)
    even = [(math.log(1 + math.exp(x)) + math.log(1 + math.exp(-x))) / 2 for x in (0, 1, 2)]
    assert float(classifier.confusion(vectors).detach()) == pytest.approx(sum(even) / 3)


def test_the_confusion_teaches_the_encoder_and_not_the_classifier(student: Student) -> None:
    classifier = DomainClassifier(student("bert"), ModirSettings(queue=4), 10)
    found = torch.randn((3, 32), requires_grad=True)
    torch.autograd.backward(classifier.confusion(found))
    assert found.grad is not None
    assert classifier.layer.weight.grad is None
    for number in range(3):
        classifier.learn(torch.full((3, 32), number), torch.ones((3, 32)), number)
    assert classifier.queues[SOURCE][:, 0].tolist() == [1, 2, 2, 2]  # the four latest


def test_modir_brings_the_domains_together(
    student: Student, source: SourceSettings, corpus: Dialects, tmp_path: Path
) -> None:
    def trained(confusion: float) -> tuple[float, float]:
        """How far the domains' centres are apart, and how often the classifier is mistaken."""
        encoder = student("bert", "cosine")
        settings = ModirSettings(confusion=confusion, classifier_learning_rate=0.05)
        method = Modir(encoder, settings, source, PretrainSettings(max_steps=40))
        learned(method, corpus.texts[48:], tmp_path / str(confusion), 40)
        ours, theirs = (encoder.encode_passages(part).mean(axis=0)
                        for part in (corpus.texts[:48], corpus.texts[48:]))  # fmt: skip
        return float(np.linalg.norm(ours - theirs)), float(method.classifier.mistakes().detach())

    (distance, mistakes), (usual_distance, usual_mistakes) = trained(10.0), trained(0.0)
    assert distance < 0.8 * usual_distance
    assert mistakes > usual_mistakes + 0.1


def test_a_resumed_modir_has_its_queue_and_its_classifier_back(
    student: Student, source: SourceSettings, corpus: Dialects, tmp_path: Path
) -> None:
    def make() -> Modir:
        return Modir(student("bert"), ModirSettings(), source, PretrainSettings(max_steps=10))

    first = make()
    learned(first, corpus.texts[48:], tmp_path, 10)
    again = make()
    learned(again, corpus.texts[48:], tmp_path, 10)  # takes up what is there
    for name, tensor in first.state().items():
        assert torch.equal(again.state()[name], tensor)


def test_pairs_of_toys_are_read_once(tmp_path: Path) -> None:
    corpus = toys.toy_corpus(tmp_path, 8)
    pairs = source_pairs(SourceSettings(str(corpus), "dev"))
    assert len(pairs.pairs) == 4
    assert pairs.fingerprint == source_pairs(SourceSettings(str(corpus), "dev")).fingerprint
    assert pairs.fingerprint != source_pairs(SourceSettings(str(corpus), "test")).fingerprint


def test_no_answer_to_a_drawn_query_is_another_ones_negative() -> None:
    right = [(f"q{n}", f"p{answer}") for n in range(12) for answer in (n, (n + 1) % 12)]
    pairs = SourcePairs(right, 0.05)
    for seed in range(50):
        drawn = pairs.drawn(12, np.random.default_rng(seed))
        assert len(drawn) >= 4
        assert drawn.items() <= set(right)
        for query, passage in drawn.items():
            assert not any((query, other) in right for other in {*drawn.values()} - {passage})
