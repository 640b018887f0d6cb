"""A collection with a hidden structure: queries and passages have no word in common.

Every concept has one word that only queries use and one that only passages use. Which belong
together can be learned from labels alone, and then helps with concepts in new combinations.
"""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import torch
from sentence_transformers import SparseEncoder
from sentence_transformers.sparse_encoder.modules import SpladePooling, Transformer
from transformers import BertForMaskedLM

import toys
from acclimate.formats.beir import write_beir
from acclimate.types import Judgment, Passage, Query

CONCEPTS = 20
PASSAGES = 60


def _collection() -> tuple[list[Passage], list[Query]]:
    """Each passage has three concepts of its own, and is asked for twice by two of them."""
    draw = random.Random(3)
    words = list(islice(toys._invented(draw), 2 * CONCEPTS))
    asked, told = words[:CONCEPTS], words[CONCEPTS:]
    passages, queries = [], []
    for number in range(PASSAGES):
        concepts = draw.sample(range(CONCEPTS), 3)
        passages.append(Passage(f"p{number}", " ".join(told[each] for each in concepts)))
        for other in range(2):
            first, second = concepts[other], concepts[other + 1]
            queries.append(Query(f"q{number}-{other}", f"{asked[first]} {asked[second]}"))
    return passages, queries


def hidden_corpus(folder: Path) -> Path:
    """A BEIR folder: 45 passages are asked for in train, the other 15 in test."""
    passages, queries = _collection()
    judgments = [Judgment(query.id, query.id[1:].partition("-")[0], 1) for query in queries]
    judgments = [Judgment(each.query_id, f"p{each.passage_id}", 1) for each in judgments]
    border = 2 * PASSAGES * 3 // 4
    write_beir(folder, passages, queries, {"train": judgments[:border], "test": judgments[border:]})
    return folder


def hidden_texts() -> list[str]:
    """All that the models' tokenizers have to know."""
    passages, queries = _collection()
    return [*(passage.text for passage in passages), *(query.text for query in queries)]


def open_splade(folder: Path) -> Path:
    """An untrained SPLADE, in which every word gives a bit of about half of all words."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        tokenizer = toys._word_tokenizer(hidden_texts())
        masked = BertForMaskedLM(toys._bert(tokenizer))
        toys._heed_words(masked.bert)
        body = folder / "open-body"
        masked.save_pretrained(body)
        tokenizer.save_pretrained(body)
        parts = [Transformer(str(body), transformer_task="fill-mask", max_seq_length=64),
                 SpladePooling()]  # fmt: skip
        model = SparseEncoder(modules=parts, device="cpu", similarity_fn_name="dot")
    return toys._saved(model.save_pretrained, folder / "open-splade")
