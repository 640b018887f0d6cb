"""Small honest parts: real models of a few thousand weights, over a language that nobody speaks.

Each function builds a model, trains it for a second where that gives it sense, and saves it as
the large ones are saved; tests then load it by its folder, through the code that loads those.
The same texts always give the same weights.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers import models as token_models
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from acclimate.formats.beir import write_beir
from acclimate.models.prompts import EXAMPLES, INSTRUCTION, few_shot
from acclimate.types import Judgment, Passage, Query

WIDTH = 64
TOPICS = 8


# A corpus: topics with words of their own, passages with words of their own.


@dataclass(frozen=True, slots=True)
class Toy:
    """One passage of the toy corpus, with the words that only it and only its topic use."""

    passage: Passage
    own: tuple[str, ...]
    topical: tuple[str, ...]


def toy_passages(count: int = 40) -> list[Toy]:
    """Passages about eight topics; the topic of a passage is its number modulo eight."""
    draw = random.Random(7)
    words = _invented(draw)
    small = list(islice(words, 8))
    topics = [tuple(islice(words, 10)) for _ in range(TOPICS)]
    toys = []
    for number in range(count):
        own, topical = tuple(islice(words, 3)), topics[number % TOPICS]
        lines = [_sentence(draw, own, topical, small) for _ in range(3)]
        passage = Passage(f"p{number}", " ".join(lines), f"{own[0]} {topical[number % 10]}")
        toys.append(Toy(passage, own, topical))
    return toys


def toy_corpus(folder: Path, passages: int = 40) -> Path:
    """A BEIR folder: for each passage one question, judged in dev or test in turn."""
    draw = random.Random(11)
    toys = toy_passages(passages)
    queries = [
        Query(f"q{n}", " ".join([draw.choice(toy.own), *draw.sample(toy.topical, 2)]))
        for n, toy in enumerate(toys)
    ]
    judgments = [Judgment(f"q{n}", toy.passage.id, 1) for n, toy in enumerate(toys)]
    splits = {"dev": judgments[::2], "test": judgments[1::2]}
    write_beir(folder, [toy.passage for toy in toys], queries, splits)
    return folder


def toy_texts(passages: int = 40) -> list[str]:
    """The contents of the toy corpus, for the models below."""
    return [toy.passage.content for toy in toy_passages(passages)]


def _sentence(
    draw: random.Random, own: Sequence[str], topical: Sequence[str], small: Sequence[str]
) -> str:
    words = [draw.choice(own), *draw.sample(topical, 3), *draw.sample(small, 2)]
    draw.shuffle(words)
    return f"{' '.join(words)}."


def _invented(draw: random.Random) -> Iterable[str]:
    seen = set()
    while True:
        word = "".join(draw.choice("bdfgklmnprst") + draw.choice("aeiou") for _ in range(3))
        if word not in seen:
            seen.add(word)
            yield word


# The models.


@dataclass(frozen=True, slots=True)
class Toys:
    """The folders of the toy parts."""

    encoder: Path
    cross: Path
    causal: Path
    t5: Path
    monot5: Path
    corpus: Path


def build(folder: Path) -> Toys:
    """Every toy part, under one folder."""
    texts = toy_texts()
    return Toys(
        encoder=tiny_encoder(folder, texts),
        cross=tiny_cross(folder, texts),
        causal=tiny_causal(folder, texts),
        t5=tiny_t5(folder, texts),
        monot5=tiny_monot5(folder, texts),
        corpus=toy_corpus(folder / "corpus"),
    )


def tiny_encoder(folder: Path, texts: Sequence[str], *, normalize: bool = True) -> Path:
    """An untrained bi-encoder: little more than a bag of words, so that it has much to learn."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        tokenizer = _word_tokenizer(texts)
        body = folder / "body"
        model = BertModel(_bert(tokenizer))
        _heed_words(model)
        model.save_pretrained(body)
        tokenizer.save_pretrained(body)
        parts: list[nn.Module] = [
            Transformer(str(body), max_seq_length=64),
            Pooling(WIDTH, pooling_mode="mean"),
        ]
        whole = SentenceTransformer(
            modules=parts + [Normalize()] * normalize,
            device="cpu",
            similarity_fn_name="cosine" if normalize else "dot",
        )
    return _saved(whole.save_pretrained, folder / "encoder")


def tiny_cross(folder: Path, texts: Sequence[str]) -> Path:
    """A cross-encoder that has seen for a second which words stand in which passage.

    Like many a published one, it squashes its logits unless it is told not to.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        tokenizer = _word_tokenizer(texts)
        config = _bert(tokenizer, num_labels=1)
        config.sentence_transformers = {"activation_fn": "torch.nn.modules.activation.Sigmoid"}
        model = BertForSequenceClassification(config)
        _heed_words(model.bert)
        draw = random.Random(2)

        def loss() -> Tensor:
            right = [draw.choice(texts) for _ in range(16)]
            wrong = [draw.choice(texts) for _ in right]
            asked = [" ".join(draw.sample(text.split(), 3)) for text in right]
            inputs = tokenizer(asked * 2, right + wrong, padding=True, return_tensors="pt")
            labels = torch.tensor(
                [float(a == b) for a, b in zip(right * 2, right + wrong, strict=True)]
            )
            logits: Tensor = model(**inputs).logits[:, 0]
            return nn.functional.binary_cross_entropy_with_logits(logits, labels)

        _learn(model, loss, steps=100, rate=1e-3)
    return _saved_both(model, tokenizer, folder / "cross")


def tiny_causal(folder: Path, texts: Sequence[str]) -> Path:
    """A Gemma of two layers, one of them with a sliding window, that asks in the corpus's words.

    It has read passages each followed by words of theirs, one line a style.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        tokenizer = _piece_tokenizer(texts)
        config = Gemma3TextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=16,
            sliding_window=64,
            layer_types=["sliding_attention", "full_attention"],
            **_special_ids(tokenizer),
        )
        model = Gemma3ForCausalLM(config)
        draw = random.Random(3)

        def loss() -> Tensor:
            lines = [
                f"<s>Passage: {text}\n{_asked(draw, text)}\n" for text in draw.sample(texts, 8)
            ]
            inputs = tokenizer(lines, padding=True, add_special_tokens=False, return_tensors="pt")
            labels = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, -100)
            return _loss_of(model(**inputs, labels=labels))

        _learn(model, loss, steps=60)
    return _saved_both(model, tokenizer, folder / "causal")


def tiny_t5(folder: Path, texts: Sequence[str]) -> Path:
    """A T5 of two layers that has learned to answer a passage with a few of the corpus's words."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        tokenizer = _piece_tokenizer(texts, closing=True)
        config = T5Config(
            vocab_size=len(tokenizer),
            d_model=WIDTH,
            d_kv=16,
            d_ff=2 * WIDTH,
            num_layers=2,
            num_heads=2,
            **_special_ids(tokenizer, decoder_start_token_id=tokenizer.pad_token_id),
        )
        model = T5ForConditionalGeneration(config)
        draw = random.Random(4)

        def loss() -> Tensor:
            read = draw.sample(texts, 8)
            asked = [" ".join(draw.sample(text.split(), 4)) for text in read]
            inputs = tokenizer(read, padding=True, return_tensors="pt")
            labels = tokenizer(asked, padding=True, return_tensors="pt")["input_ids"]
            return _loss_of(model(**inputs, labels=labels.masked_fill(labels == 0, -100)))

        _learn(model, loss, steps=60)
    return _saved_both(model, tokenizer, folder / "t5")


def tiny_monot5(folder: Path, texts: Sequence[str]) -> Path:
    """A T5 of two layers that answers true or false, as re-rankers of that family do.

    It has learned little more than that there are two answers.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        tokenizer = _piece_tokenizer(
            [*texts, "Query: Document: Relevant: true false"], closing=True
        )
        config = T5Config(
            vocab_size=len(tokenizer),
            d_model=WIDTH,
            d_kv=16,
            d_ff=2 * WIDTH,
            num_layers=2,
            num_heads=2,
            **_special_ids(tokenizer, decoder_start_token_id=tokenizer.pad_token_id),
        )
        model = T5ForConditionalGeneration(config)
        draw = random.Random(5)
        answers = [tokenizer.get_vocab()[word] for word in ("▁false", "▁true")]

        def loss() -> Tensor:
            right = [draw.choice(texts) for _ in range(8)]
            read = right + [draw.choice(texts) for _ in right]
            asked = [" ".join(draw.sample(text.split(), 3)) for text in right] * 2
            prompts = [
                f"Query: {query} Document: {text} Relevant:"
                for query, text in zip(asked, read, strict=True)
            ]
            inputs = tokenizer(prompts, padding=True, return_tensors="pt")
            said = [answers[a == b] for a, b in zip(right * 2, read, strict=True)]
            return _loss_of(model(**inputs, labels=torch.tensor(said)[:, None]))

        _learn(model, loss, steps=30)
    return _saved_both(model, tokenizer, folder / "monot5")


def _asked(draw: random.Random, text: str) -> str:
    style = draw.choice(("Question", "Keywords", "Claim"))
    return f"{style}: {' '.join(draw.sample(text.split(), 4))}"


def _loss_of(output: Any) -> Tensor:
    loss: Tensor = output.loss
    return loss


def _learn(model: nn.Module, loss: Callable[[], Tensor], steps: int, rate: float = 1e-2) -> None:
    """Adam without a schedule; dropout is off, as so small a model forgets enough."""
    model.eval()
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        torch.autograd.backward(loss())
        optimiser.step()


def _saved(save: Callable[[str], Any], folder: Path) -> Path:
    save(str(folder))
    return folder


def _saved_both(model: Any, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Path:
    tokenizer.save_pretrained(folder)
    return _saved(model.save_pretrained, folder)


@torch.no_grad()
def _heed_words(model: BertModel) -> None:
    """Let the words decide, not their places, whose vectors start just as large."""
    model.embeddings.word_embeddings.weight.mul_(20)


def _bert(tokenizer: PreTrainedTokenizerFast, **further: Any) -> BertConfig:
    return BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * WIDTH,
        max_position_embeddings=128,
        pad_token_id=0,
        **further,
    )


# Their tokenizers: written down, not trained, because training one gives no order to equals.


def _words(texts: Sequence[str]) -> list[str]:
    return sorted({word.strip(".") for text in texts for word in text.lower().split()})


def _characters(texts: Sequence[str]) -> list[str]:
    return sorted({char for text in texts for char in text if not char.isspace()})


def _word_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """WordPiece over the corpus's words; any other word falls into characters."""
    characters = _characters([*texts, "abcdefghijklmnopqrstuvwxyz0123456789.,?!"])
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *_words(texts), *characters]
    pieces += [f"##{char}" for char in characters]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(token_models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"])
    )
    tokenizer.decoder = decoders.WordPiece()
    return _fast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=128,
    )


def _piece_tokenizer(texts: Sequence[str], *, closing: bool = False) -> PreTrainedTokenizerFast:
    """Pieces that keep spaces and line ends; `closing` ends each text as T5 does."""
    prompt = few_shot(INSTRUCTION, EXAMPLES)
    characters = _characters([*texts, prompt, "abcdefghijklmnopqrstuvwxyz0123456789"])
    words = sorted({w.strip(".,:") for w in prompt.split()}.union(_words(texts)))
    pieces = [f"▁{word}" for word in words] + [w for w in words if w.istitle()]
    weighted = [(piece, -5.0) for piece in dict.fromkeys(pieces)]
    weighted += [(piece, -12.0) for piece in ("▁", "\n", *characters) if piece not in pieces]
    special = [("<pad>", 0.0), ("<unk>", -50.0), ("<s>", 0.0), ("</s>", 0.0)]
    tokenizer = Tokenizer(token_models.Unigram(special + weighted, unk_id=1))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\n"), "isolated"),
            pre_tokenizers.Metaspace(prepend_scheme="never"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="never")
    if closing:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="$A </s>", special_tokens=[("</s>", 3)]
        )
    return _fast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        clean_up_tokenization_spaces=False,
    )


def _fast(**parts: Any) -> PreTrainedTokenizerFast:
    make: Any = PreTrainedTokenizerFast  # untyped in transformers
    return cast(PreTrainedTokenizerFast, make(**parts))


def _special_ids(tokenizer: PreTrainedTokenizerFast, **further: Any) -> dict[str, Any]:
    return further | {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
