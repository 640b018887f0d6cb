"""Query generators: a causal language model with a few-shot prompt, or a doc2query model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from acclimate.errors import UsageError
from acclimate.models.base import QueryGenerator
from acclimate.models.batching import by_length
from acclimate.models.causal import CausalModel, Prefill
from acclimate.models.precision import Placement, best_placement
from acclimate.models.prompts import few_shot, passage_part, style_part
from acclimate.models.resolve import ResolvedModel, resolve
from acclimate.models.sampling import Sampling, sample
from acclimate.settings import GenerateSettings
from acclimate.types import Passage

Written = list[tuple[str, str]]


def load_generator(settings: GenerateSettings) -> QueryGenerator:
    """The generator that the settings name; its configuration says of which kind it is."""
    from transformers import AutoConfig

    resolved = resolve(settings.model)
    config = AutoConfig.from_pretrained(resolved.folder, local_files_only=True)
    if config.is_encoder_decoder:
        return Seq2SeqGenerator.load(resolved, settings)
    return CausalGenerator(CausalModel.load(settings.model), settings)


@dataclass(slots=True)
class CausalGenerator:
    """Writes queries in several styles after one shared few-shot prompt."""

    model: CausalModel
    settings: GenerateSettings
    _shared: Prefill | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.settings.styles:
            raise UsageError("generate.styles is empty; name at least one style")
        shown = {style for example in self.settings.examples for style, _ in example.queries}
        unknown = [style for style in self.settings.styles if style not in shown]
        if unknown:
            raise UsageError(
                f"generate.styles names {unknown[0]!r}, which no example shows; "
                f"shown are {', '.join(sorted(shown))}"
            )

    @property
    def name(self) -> str:
        return self.model.resolved.name

    @property
    def identity(self) -> str:
        return self.model.identity

    def generate(self, passages: Sequence[Passage], per_passage: int, seed: int) -> list[Written]:
        random = torch.Generator().manual_seed(seed)
        return by_length(
            list(enumerate(passages)),
            lambda item: len(item[1].content),
            partial(self._batch, per_passage=per_passage, random=random),
            max(1, self.settings.batch_size // max(1, per_passage)),
        )

    def _batch(
        self, items: list[tuple[int, Passage]], per_passage: int, random: torch.Generator
    ) -> list[Written]:
        limit = self.settings.max_passage_tokens
        texts = [self.model.tokens(passage_part(p.content), limit=limit) for _, p in items]
        read = self.model.read(texts, after=self._shared_prompt())
        # Passage i starts with style i, so that a passage with one query has any of them.
        styles = self.settings.styles
        wanted = [
            styles[(index + nth) % len(styles)] for index, _ in items for nth in range(per_passage)
        ]
        rows = torch.arange(len(items)).repeat_interleave(per_passage)
        cues = [self.model.tokens(style_part(style)) for style in wanted]
        texts_written = self._continue(read.select(rows.to(read.mask.device)), cues, random)
        pairs = list(zip(wanted, texts_written, strict=True))
        return [pairs[i : i + per_passage] for i in range(0, len(pairs), per_passage)]

    def _shared_prompt(self) -> Prefill:
        if self._shared is None:
            prompt = few_shot(self.settings.instruction, self.settings.examples)
            self._shared = self.model.read([self.model.tokens(prompt, start=True)])
        return self._shared

    @torch.inference_mode()
    def _continue(
        self, state: Prefill, cues: list[list[int]], random: torch.Generator
    ) -> list[str]:
        """Sample one line after each cue. Rows leave the batch when their line has ended."""
        settings = self.settings
        sampling = Sampling(settings.temperature, settings.top_k, settings.top_p)
        state = self.model.read(cues, after=state)
        alive = list(range(len(cues)))
        written: list[list[int]] = [[] for _ in cues]
        for _ in range(settings.max_query_tokens):
            tokens = sample(state.logits, sampling, random)
            for row, token in zip(alive, tokens.tolist(), strict=True):
                written[row].append(token)
            going = [n for n, row in enumerate(alive) if not self._ended(written[row])]
            if not going:
                break
            if len(going) < len(alive):
                keep = torch.tensor(going, device=tokens.device)
                state.cache.batch_select_indices(keep)
                state = Prefill(state.cache, state.mask[keep], state.logits[keep])
                tokens, alive = tokens[keep], [alive[n] for n in going]
            state = self.model.step(state, tokens)
        return [clean(self._decode(tokens)) for tokens in written]

    def _ended(self, tokens: list[int]) -> bool:
        end = self.model.tokenizer.eos_token_id
        return tokens[-1] == end or "\n" in self.model.tokenizer.decode(tokens[-1:])

    def _decode(self, tokens: list[int]) -> str:
        return str(self.model.tokenizer.decode(tokens, skip_special_tokens=True))


@dataclass(frozen=True, slots=True)
class Seq2SeqGenerator:
    """A T5-like model trained to write queries (docT5query, as in the GPL paper)."""

    model: Any
    tokenizer: Any
    resolved: ResolvedModel
    placement: Placement
    settings: GenerateSettings
    identity: str

    @classmethod
    def load(cls, resolved: ResolvedModel, settings: GenerateSettings) -> Seq2SeqGenerator:
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        placement = best_placement()
        model = AutoModelForSeq2SeqLM.from_pretrained(
            resolved.folder, dtype=placement.dtype, use_safetensors=True, local_files_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(resolved.folder, local_files_only=True)
        model.to(placement.device).eval()
        identity = f"{resolved.identity}-{placement.label}"
        return cls(model, tokenizer, resolved, placement, settings, identity)

    @property
    def name(self) -> str:
        return self.resolved.name

    def generate(self, passages: Sequence[Passage], per_passage: int, seed: int) -> list[Written]:
        torch.manual_seed(seed)
        return by_length(
            passages,
            lambda passage: len(passage.content),
            partial(self._batch, per_passage=per_passage),
            max(1, self.settings.batch_size // max(1, per_passage)),
        )

    @torch.inference_mode()
    def _batch(self, passages: list[Passage], per_passage: int) -> list[Written]:
        settings = self.settings
        inputs = self.tokenizer(
            [passage.content for passage in passages],
            max_length=settings.max_passage_tokens,
            truncation=True,
            padding=True,
            return_tensors="pt",
        ).to(self.placement.device)
        output = self.model.generate(
            **inputs,
            max_new_tokens=settings.max_query_tokens,
            do_sample=True,
            temperature=settings.temperature,
            top_k=settings.top_k,
            top_p=settings.top_p,
            num_return_sequences=per_passage,
        )
        texts = self.tokenizer.batch_decode(output, skip_special_tokens=True)
        written = [("question", clean(text)) for text in texts]
        return [written[i : i + per_passage] for i in range(0, len(written), per_passage)]


def clean(text: str) -> str:
    """The first line, without the spaces and quotation marks around it."""
    lines = text.strip().splitlines()
    return re.sub(r"\s+", " ", lines[0]).strip(" \"'“”") if lines else ""
