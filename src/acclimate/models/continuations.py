"""How likely a causal model finds continuations of a text: many texts, each with a few of them.

Reading a passage again for every query would cost most of the time, and so would the logits of
262,144 words at positions that nobody asks about. So a passage and its queries are read as one
tree of tokens, without a cache to copy, and the output layer sees only the queries' positions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from acclimate.models.batching import in_halves
from acclimate.models.causal import CausalModel
from acclimate.models.outputlayer import OutputLayer
from acclimate.models.tokentree import TokenTree, token_tree

#: A text to read and what may follow it, all as token ids.
Branches = tuple[list[int], list[list[int]]]

#: Tokens in one forward pass for each of the pairs that a batch may have, padding included. The
#: usual 32 pairs are 2,048 tokens on a CPU, whose cache more would leave.
CPU_TOKENS = 64
GPU_TOKENS = 512
#: Tokens that branch off one text; with more, seeing past each other costs more than a reading.
BRANCH_TOKENS = 512
#: Layers that see the whole past, or a window that is longer than what is read here.
_PLAIN_LAYERS = {"full_attention", "sliding_attention"}


@dataclass(frozen=True, slots=True)
class Continuations:
    """A causal model as a judge of continuations."""

    model: CausalModel
    layer: OutputLayer
    #: Tokens on a path up to which trees are read as if each path stood alone; 0: never.
    reach: int

    @classmethod
    @torch.inference_mode()
    def of(cls, model: CausalModel) -> Continuations:
        """Looks at two short readings: does the model allow trees, and where do logits come from.

        A model whose layers pass on a state, or which counts places instead of being told them,
        reads each continuation by itself.
        """
        # The first branch is long, so that a second one that starts behind it would be misplaced.
        trunk, branches = [5, 6, 7], [list(range(8, 28)), [11, 9, 12]]
        ids = torch.tensor([trunk + branches[1][:-1]], device=model.placement.device)
        logits = model.model(input_ids=ids, use_cache=False).logits[0]
        hidden = model.model.base_model(input_ids=ids, use_cache=False).last_hidden_state[0]
        layer = OutputLayer.of(model.model, hidden, logits, model.resolved.name)
        reach = _reach(model)
        if reach:
            tree = token_tree(trunk, branches)
            in_tree = cls(model, layer, reach)._hidden([tree])[0][tree.steps[1]]
            alone = hidden[len(trunk) - 1 :]
            if not (in_tree - alone).abs().max() <= _tolerance(model) * alone.abs().max():
                reach = 0
        return cls(model, layer, reach)

    @torch.inference_mode()
    def log_likelihoods(self, texts: Sequence[Branches], batch_size: int) -> list[list[float]]:
        """Mean log-probability per token of every continuation, in the order given.

        `batch_size` bounds what is read at once, see `CPU_TOKENS`. A continuation without tokens
        is as likely as can be: 0.
        """
        trees = [tree for number, text in enumerate(texts) for tree in self._trees(number, text)]
        trees.sort(key=lambda planted: len(planted.tree), reverse=True)
        values = [[0.0] * len(continuations) for _, continuations in texts]
        # Apart, as they take different masks.
        for within in (True, False):
            alike = [each for each in trees if (each.tree.height <= self.reach) is within]
            for batch in self._batches(alike, batch_size):
                for planted, means in zip(batch, in_halves(batch, self._means), strict=True):
                    for place, mean in zip(planted.places, means, strict=True):
                        values[planted.text][place] = mean
        return values

    def _trees(self, number: int, text: Branches) -> Iterator[_Planted]:
        """One tree for a text, or several where its continuations are many or must stand alone."""
        trunk, continuations = text
        for places in self._groups(len(trunk), continuations):
            chosen = [continuations[place] for place in places]
            yield _Planted(number, places, token_tree(trunk, chosen), chosen)

    def _groups(self, trunk: int, continuations: Sequence[list[int]]) -> Iterator[list[int]]:
        group: list[int] = []
        size = 0
        # In order of their tokens, so that those that begin alike stand in one tree.
        for place in sorted(range(len(continuations)), key=continuations.__getitem__):
            tokens = len(continuations[place])
            if not tokens:
                continue
            if group and (size + tokens > BRANCH_TOKENS or trunk + tokens > self.reach):
                yield group
                group, size = [], 0
            group.append(place)
            # A path beyond the reach stands alone: nothing may be added to its tree.
            size += tokens if trunk + tokens <= self.reach else BRANCH_TOKENS
        if group:
            yield group

    def _batches(self, trees: Sequence[_Planted], batch_size: int) -> Iterator[list[_Planted]]:
        """Trees of like size together; they come largest first."""
        on_cpu = self.model.placement.device.type == "cpu"
        room = batch_size * (CPU_TOKENS if on_cpu else GPU_TOKENS)
        start = 0
        while start < len(trees):
            fits = max(1, room // len(trees[start].tree))
            yield list(trees[start : start + fits])
            start += fits

    def _means(self, batch: list[_Planted]) -> list[list[float]]:
        hidden = self._hidden([planted.tree for planted in batch])
        flat = hidden.flatten(0, 1)
        width = hidden.shape[1]
        places = [
            row * width + step
            for row, planted in enumerate(batch)
            for steps in planted.tree.steps
            for step in steps
        ]
        tokens = [token for planted in batch for each in planted.continuations for token in each]
        # Branches leave from common places, whose sum over the vocabulary is taken once.
        needed, where = np.unique(places, return_inverse=True)
        device = hidden.device
        found = self.layer.log_probabilities(
            flat[torch.from_numpy(needed).to(device)],
            torch.from_numpy(where).to(device),
            torch.tensor(tokens, device=device),
        )
        values = iter(found.float().tolist())
        return [
            [sum(next(values) for _ in each) / len(each) for each in planted.continuations]
            for planted in batch
        ]

    def _hidden(self, trees: Sequence[TokenTree]) -> Tensor:
        """What the model makes of each token, shape (trees, longest tree, width)."""
        device = self.model.placement.device
        width = max(map(len, trees))
        ids = torch.zeros((len(trees), width), dtype=torch.long)
        positions = torch.zeros_like(ids)
        for row, tree in enumerate(trees):
            ids[row, : len(tree)] = torch.tensor(tree.tokens)
            positions[row, : len(tree)] = torch.tensor(tree.depths)
        output = self.model.model.base_model(
            input_ids=ids.to(device),
            position_ids=positions.to(device),
            attention_mask=self._mask(trees, width).to(device),
            use_cache=False,
        )
        hidden: Tensor = output.last_hidden_state
        return hidden

    def _mask(self, trees: Sequence[TokenTree], width: int) -> Tensor:
        if all(tree.height == len(tree) for tree in trees):
            # Nothing branches: the usual mask of 0 for padding, from which every model knows what
            # its windows let it see.
            return torch.tensor([[1] * len(tree) + [0] * (width - len(tree)) for tree in trees])
        # A token of padding sees itself, as a row that sees nothing would give NaN.
        sight = np.broadcast_to(np.eye(width, dtype=np.bool_), (len(trees), width, width)).copy()
        for row, tree in enumerate(trees):
            sight[row, : len(tree), : len(tree)] = tree.sight()
        dtype = self.model.placement.dtype
        mask = torch.zeros(sight.shape, dtype=dtype)
        mask.masked_fill_(~torch.from_numpy(sight), torch.finfo(dtype).min)
        return mask[:, None]


@dataclass(frozen=True, slots=True)
class _Planted:
    """A tree, the text it belongs to, and which of the text's continuations it holds."""

    text: int
    places: list[int]
    tree: TokenTree
    continuations: list[list[int]]


def _tolerance(model: CausalModel) -> float:
    """How far two computations of the same may lie apart, as a share of the largest number."""
    return 1e-3 if model.placement.dtype == torch.float32 else 0.08


def _reach(model: CausalModel) -> int:
    """Tokens up to which a path in a tree needs no other mask than that of its tree."""
    config = model.model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or _PLAIN_LAYERS)
    if not kinds <= _PLAIN_LAYERS:
        return 0
    window = getattr(config, "sliding_window", None)
    return int(window or sys.maxsize)
