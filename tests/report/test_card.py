"""The model card: readable by the hub, and honest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from handmade_adaptation import adapted

from acclimate.adapt.result import Adaptation, ModelUse
from acclimate.report.card import model_card
from acclimate.report.html import render
from acclimate.settings import GenerateSettings
from acclimate.train.course import Mixture


@pytest.fixture
def adaptation() -> Adaptation:
    return adapted()


def front(card: str) -> dict[str, Any]:
    _, head, _ = card.split("---\n", 2)
    loaded = yaml.safe_load(head)
    assert isinstance(loaded, dict)
    return loaded


def test_front_matter_says_what_the_hub_asks(adaptation: Adaptation) -> None:
    head = front(model_card(adaptation))
    assert head["library_name"] == "sentence-transformers"
    assert head["pipeline_tag"] == "sentence-similarity"
    assert head["base_model"] == adaptation.recipe.student.model
    assert head["license"] == "apache-2.0"
    assert head["language"] == "en"
    assert "sentence-transformers" in head["tags"]


@pytest.mark.parametrize(
    ("licence", "expected", "name"),
    [
        ("mit", "mit", None),
        ("Gemma Terms of Use", "gemma", None),
        ("My Own: Licence", "other", "my-own-licence"),
        ("", "other", "not-stated"),
    ],
)
def test_licence_follows_the_base_model(
    adaptation: Adaptation, licence: str, expected: str, name: str | None
) -> None:
    base = ModelUse("student", adaptation.recipe.student.model, "hub", licence)
    head = front(model_card(replace(adaptation, models=(base,))))
    assert (head["license"], head.get("license_name")) == (expected, name)


def test_local_base_is_no_hub_name(adaptation: Adaptation, tmp_path: Path) -> None:
    base = ModelUse("student", str(tmp_path), "local folder", "mit")
    assert "base_model" not in front(model_card(replace(adaptation, models=(base,))))


def test_card_tells_the_whole_run(adaptation: Adaptation) -> None:
    card = model_card(adaptation)
    for words in (
        "python-stdlib, 9,876 passages, fingerprint `0f3a9c`",
        "seed 42",
        "| generate | 9,000 | 700 copied, 300 duplicate |",
        "### Judged by people",
        "### Judged by the teacher",
        "likelihood:gemma (teacher)",
        "**Warning.**",
        "from sentence_transformers import SentenceTransformer",
        "Gemma Terms of Use",
        "train.max_steps = 140000",
    ):
        assert words in card  # fmt: skip
    assert "import acclimate" not in card


def test_card_is_alike_wherever_the_run_was(adaptation: Adaptation) -> None:
    card = model_card(adaptation)
    assert "**Recommended from now on:** this model" in card
    assert str(adaptation.model) not in card


def test_card_holds_no_text_of_the_corpus(adaptation: Adaptation) -> None:
    card = model_card(adaptation)
    assert "how to pair up lists" not in card
    assert not any(text in card for text in adaptation.query_texts.values())


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.5, "50.0% of the adapted weights"), (0.0, "none came out better than the original")],
)
def test_mixtures_with_the_original_weights_are_told(
    adaptation: Adaptation, share: float, said: str
) -> None:
    mixtures = (Mixture(0.5, 1.25), Mixture(1.0, 1.5))
    training = replace(adaptation.training, share=share, mixtures=mixtures)
    mixed = replace(adaptation, training=training)
    for page in (model_card(mixed), render(mixed)):
        assert said in page
        assert "50.0% (1.250), 100.0% (1.500)" in page
    assert "mixed with the original" not in model_card(adaptation) + render(adaptation)


def test_a_negative_result_is_said(adaptation: Adaptation) -> None:
    kept = replace(
        adaptation,
        recommended=adaptation.recipe.student.model,
        verdict="Adapting did not help: keep the original model.",
    )
    assert "Adapting did not help" in model_card(kept)
    assert "is not the one recommended" in model_card(kept)
    assert "is not the one recommended" not in model_card(adaptation)


def test_generated_text_is_noted_only_where_there_is_some(adaptation: Adaptation) -> None:
    own = GenerateSettings(own_sentences=3, only_own_sentences=True)
    without = replace(adaptation, recipe=replace(adaptation.recipe, generate=own))
    assert "No language model wrote text" in model_card(without)
    assert "written by a language model" in model_card(adaptation)


def test_nothing_is_credited_with_what_was_imported(adaptation: Adaptation) -> None:
    taken = replace(adaptation, imported=("queries", "negatives"))
    card = model_card(taken)
    assert "- Imported, not made in this run: queries and negatives" in card
    assert "The queries and negatives were imported" in card
    assert adaptation.recipe.generate.model in model_card(adaptation)
    assert adaptation.recipe.generate.model not in card + render(taken)
    for part, there in (("generate", False), ("filter", False), ("mine", False), ("label", True)):
        assert (f"\n{part}." in card) is there
        assert f"\n{part}." in model_card(adaptation)


def test_imported_labels_are_no_teachers(adaptation: Adaptation) -> None:
    card = model_card(replace(adaptation, imported=("queries", "negatives", "labels")))
    assert "The queries, negatives and labels were imported" in card
    assert "gave none of them: it judged the held-out queries" in card
    assert "\nlabel." not in card


def test_names_cannot_break_tables_or_become_markup(adaptation: Adaptation) -> None:
    card = model_card(replace(adaptation, corpus="a|b\n# <img>", judged=None))
    assert "a\\|b # &lt;img>" in card
    assert "### Judged by people" not in card
