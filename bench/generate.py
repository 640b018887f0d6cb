"""Write queries for passages: ours against model.generate of transformers.

    python -m bench.generate --items 64

Both continue the same few-shot prompt with the same model, numbers and limits, one query of each
style for a passage. The usual way writes the prompt out for each query, 32 at a time, and stops at
the end of the line. Ours reads the shared examples once and a passage once for all of its queries,
and samples inside the top-k slice. Both use the precision that the processor multiplies natively.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from acclimate.indexes.lexical import LexicalIndex
from acclimate.models.generator import clean, load_generator
from acclimate.models.precision import best_placement
from acclimate.models.prompts import few_shot, passage_part, style_part
from acclimate.models.resolve import resolve
from acclimate.settings import GenerateSettings
from acclimate.types import Passage, Query
from bench.compare import Agreement, Way, compare, report
from bench.inputs import GEMMA, SEED, options, some_passages

Written = list[list[tuple[str, str]]]
BATCH = 32
#: A query counts as a good one if its passage is among so many that BM25 finds for it.
ROUND_TRIP = 20


class Usual:
    """transformers as its documentation shows it: left padding, sampling, a stop token."""

    def __init__(self, settings: GenerateSettings) -> None:
        folder = resolve(settings.model).folder
        self.settings = settings
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, padding_side="left")
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=best_placement().dtype)
        self.model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        self.examples = few_shot(settings.instruction, settings.examples)
        line = self.tokenizer.encode("\n", add_special_tokens=False)
        self.ends = [self.tokenizer.eos_token_id, line[-1]]

    def __call__(self, passages: Sequence[Passage]) -> Written:
        torch.manual_seed(SEED)
        styles = self.settings.styles
        prompts = [self._prompt(passage, style) for passage in passages for style in styles]
        texts = [
            text
            for start in range(0, len(prompts), BATCH)
            for text in self._batch(prompts[start : start + BATCH])
        ]
        rows = [texts[start : start + len(styles)] for start in range(0, len(texts), len(styles))]
        return [list(zip(styles, row, strict=True)) for row in rows]

    def _prompt(self, passage: Passage, style: str) -> str:
        ids = self.tokenizer(passage_part(passage.content), add_special_tokens=False)["input_ids"]
        cut = self.tokenizer.decode(ids[: self.settings.max_passage_tokens])
        return f"{self.examples}{cut}{style_part(style)}"

    @torch.inference_mode()
    def _batch(self, prompts: list[str]) -> list[str]:
        inputs = self.tokenizer(prompts, padding=True, return_tensors="pt").to(self.model.device)
        output = self.model.generate(
            **inputs,
            do_sample=True,
            temperature=self.settings.temperature,
            top_k=self.settings.top_k,
            top_p=self.settings.top_p,
            max_new_tokens=self.settings.max_query_tokens,
            eos_token_id=self.ends,
        )
        new = output[:, inputs["input_ids"].shape[1] :]
        return [clean(text) for text in self.tokenizer.batch_decode(new, skip_special_tokens=True)]


def ours(settings: GenerateSettings) -> Way[Passage, Written]:
    """Acclimate's generator."""
    generator = load_generator(settings)

    def run(passages: Sequence[Passage]) -> Written:
        return generator.generate(passages, len(settings.styles), SEED)

    return Way("acclimate", run)


def share_found(passages: Sequence[Passage], written: Written, index: LexicalIndex) -> float:
    """How many of the queries bring their own passage back."""
    asked = [
        (passage.id, text)
        for passage, row in zip(passages, written, strict=True)
        for _, text in row
    ]
    hits = index.search([Query(str(n), text) for n, (_, text) in enumerate(asked)], ROUND_TRIP)
    found = [
        own in {hit.passage_id for hit in row} for (own, _), row in zip(asked, hits, strict=True)
    ]
    return sum(found) / len(found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and report; sampled texts differ, so their quality is what must agree."""
    parser = options(__doc__, 64, "passages")
    parser.add_argument("--model", default=GEMMA)
    given = parser.parse_args(arguments)
    settings = GenerateSettings(model=given.model)
    passages = some_passages(given.collection, given.items)
    ways: list[Way[Passage, Written]] = [
        Way("transformers generate, batch 32", Usual(settings)),
        ours(settings),
    ]
    found = compare(
        "generate",
        "queries",
        passages,
        ways,
        given.repetitions,
        units_an_item=len(settings.styles),
    )
    index = LexicalIndex.build(some_passages(given.collection, 0))
    usual_share, our_share = (share_found(passages, each, index) for each in found.results)
    print(f"queries that bring their passage back: usual {usual_share:.3f}, ours {our_share:.3f}")
    agreements = [
        Agreement("1 - difference of these shares", 1 - abs(usual_share - our_share), 0.85)
    ]
    return report([(found, agreements)], vars(given), given.json)


if __name__ == "__main__":
    sys.exit(main())
