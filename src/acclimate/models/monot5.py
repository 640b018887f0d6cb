"""MonoT5: a sequence-to-sequence model that answers "true" or "false" (Nogueira et al. 2020).

The score of a passage is the log-probability of "true" against "false" as the first word of the
answer (arXiv 2003.06713, section 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from acclimate.errors import UsageError
from acclimate.models.batching import by_length
from acclimate.models.precision import Placement, best_placement
from acclimate.models.resolve import ResolvedModel, resolve
from acclimate.types import Passage, Query


@dataclass(frozen=True, slots=True)
class MonoT5Scorer:
    """A PairScorer over a T5-like re-ranker."""

    model: Any
    tokenizer: Any
    resolved: ResolvedModel
    placement: Placement
    #: The tokens that say false and true, in this order.
    answers: tuple[int, int]
    max_tokens: int
    batch_size: int
    identity: str

    @classmethod
    def load(cls, name: str, *, max_tokens: int = 350, batch_size: int = 32) -> MonoT5Scorer:
        """Load a re-ranker; `max_tokens` bounds the query and the passage, each by itself.

        Raises UsageError for a model of another kind, or one without the two answers.
        """
        from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoTokenizer

        resolved = resolve(name)
        config = AutoConfig.from_pretrained(resolved.folder, local_files_only=True)
        if not config.is_encoder_decoder:
            raise UsageError(
                f"{name} is no sequence-to-sequence model, so it is no MonoT5; a language model "
                f"ranks as likelihood:{name}, a cross-encoder as cross-encoder:{name}"
            )
        placement = best_placement()
        model = AutoModelForSeq2SeqLM.from_pretrained(
            resolved.folder, dtype=placement.dtype, use_safetensors=True, local_files_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(resolved.folder, local_files_only=True)
        answers = (answer_token(tokenizer, "false", name), answer_token(tokenizer, "true", name))
        model.to(placement.device).eval()
        identity = f"{resolved.identity}-{max_tokens}-{placement.label}"
        return cls(model, tokenizer, resolved, placement, answers, max_tokens, batch_size, identity)

    @property
    def name(self) -> str:
        return f"monot5:{self.resolved.name}"

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        """Log-probabilities of "true", at most 0."""
        if not pairs:
            return []
        texts = {text for query, passage in pairs for text in (query.text, passage.content)}
        shown = {text: self._cut(text) for text in texts}
        prompts = [
            f"Query: {shown[query.text]} Document: {shown[passage.content]} Relevant:"
            for query, passage in pairs
        ]
        return by_length(prompts, len, self._batch, self.batch_size)

    def _cut(self, text: str) -> str:
        """The text up to its last token that fits: the prompt must keep its end."""
        tokens = self.tokenizer(
            text,
            add_special_tokens=False,
            max_length=self.max_tokens,
            truncation=True,
            return_offsets_mapping=True,
        )
        ends = [end for _, end in tokens["offset_mapping"]]
        return text[: max(ends)] if len(ends) == self.max_tokens else text

    @torch.inference_mode()
    def _batch(self, prompts: list[str]) -> list[float]:
        inputs = self.tokenizer(prompts, padding=True, return_tensors="pt").to(self.model.device)
        start = torch.full((len(prompts), 1), self.model.config.decoder_start_token_id)
        logits = self.model(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            decoder_input_ids=start.to(self.model.device),
        ).logits[:, 0, list(self.answers)]
        chances = torch.log_softmax(logits.float(), dim=-1)[:, 1]
        return [float(chance) for chance in chances.cpu()]


def answer_token(tokenizer: Any, word: str, name: str) -> int:
    """The one token that says `word` at the start of an answer."""
    # "▁true" is what T5's tokenizer makes of it; another may know it without the mark of a space.
    known = tokenizer.get_vocab()
    if f"▁{word}" in known:
        return int(known[f"▁{word}"])
    tokens = tokenizer(word, add_special_tokens=False)["input_ids"]
    if len(tokens) != 1 or tokens[0] == tokenizer.unk_token_id:
        raise UsageError(
            f'{name} has no single token for "{word}" (it reads {len(tokens)}), so it cannot '
            "answer as MonoT5 does; name a MonoT5 checkpoint"
        )
    return int(tokens[0])
