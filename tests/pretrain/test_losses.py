"""Each loss against a value that was computed by hand or by somebody else's code."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers.sentence_transformer.losses import DenoisingAutoEncoderLoss
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize
from transformers import BertForMaskedLM

from acclimate.errors import UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.pretrain.condenser import Condenser
from acclimate.pretrain.contrast import in_batch
from acclimate.pretrain.crop import Crop
from acclimate.pretrain.ct import Ct, tension
from acclimate.pretrain.encode import pooled
from acclimate.pretrain.ict import Ict
from acclimate.pretrain.method import Batch, Method
from acclimate.pretrain.mlm import Mlm
from acclimate.pretrain.simcse import Simcse
from acclimate.pretrain.tokens import kept, tokens_of
from acclimate.pretrain.tsdae import Tsdae
from acclimate.pretrain.vocabulary import VocabularyHead
from acclimate.settings import (
    CondenserSettings,
    IctSettings,
    MlmSettings,
    SimcseSettings,
    TsdaeSettings,
)
from acclimate.types import Passage
from dialects import Dialects
from families import FAMILIES, FURTHER

Student = Callable[..., DenseEncoder]

METHODS: dict[str, Callable[[DenseEncoder], Method]] = {
    "tsdae": lambda student: Tsdae(student, TsdaeSettings()),
    "mlm": lambda student: Mlm(student, MlmSettings()),
    "ict": lambda student: Ict(student, IctSettings()),
    "simcse": lambda student: Simcse(student, SimcseSettings()),
    "ct": Ct,
    "crop": Crop,
    "condenser": lambda student: Condenser(student, CondenserSettings()),
}


def value(loss: Tensor) -> float:
    return float(loss.detach())


def batch(texts: list[str]) -> Batch:
    return Batch(texts[:3], 0, np.random.default_rng(3))


@pytest.mark.parametrize("family", [*FAMILIES, *FURTHER])
@pytest.mark.parametrize("name", METHODS)
def test_every_method_teaches_every_family(
    name: str, family: str, student: Student, corpus: Dialects
) -> None:
    method = METHODS[name](student(family))
    loss = method.loss(batch(corpus.texts))
    torch.autograd.backward(loss)
    idle = [
        name for name, weight in method.parts["student"].named_parameters() if weight.grad is None
    ]
    assert 0 < value(loss) < math.inf
    # MPNet's own pooling is no part of a sentence-transformers model that pools by the mean.
    assert [name for name in idle if ".pooler." not in name] == []


def test_tsdae_refuses_a_family_whose_layers_it_does_not_know(student: Student) -> None:
    with pytest.raises(UsageError, match="cannot make a decoder of the family 'deberta-v2'"):
        Tsdae(student("deberta-v2"), TsdaeSettings())


def test_in_batch_loss_of_three_pairs() -> None:
    queries = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    passages = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    # Scores over .5: (2 0 2), (0 2 0), (1.2 1.6 1.2); the right ones stand on the diagonal.
    by_hand = [
        math.log(2 * math.exp(2) + 1) - 2,
        math.log(2 + math.exp(2)) - 2,
        math.log(2 * math.exp(1.2) + math.exp(1.6)) - 1.2,
    ]
    assert float(in_batch(queries, passages, 0.5)) == pytest.approx(sum(by_hand) / 3)


def test_simcse_compares_two_views_of_each_passage(student: Student, corpus: Dialects) -> None:
    method = Simcse(student("bert"), SimcseSettings(temperature=0.5))
    method.parts.eval()  # both views are alike then
    found = torch.tensor(method.student.encode_passages(corpus.texts[:3]))
    cosines = normalize(found, dim=1) @ normalize(found, dim=1).T
    by_hand = [
        math.log(sum(math.exp(each / 0.5) for each in row)) - row[place] / 0.5
        for place, row in enumerate(cosines.tolist())
    ]
    loss = method.loss(batch(corpus.texts))
    assert value(loss) == pytest.approx(sum(by_hand) / 3, abs=1e-5)


def test_cropping_takes_a_part_and_leaves_out_some_of_it(
    student: Student, corpus: Dialects
) -> None:
    method = Crop(student("bert"))
    method.parts.eval()
    tokens = tokens_of(method.model, corpus.texts[:3])  # of 18 tokens each, full stops among them
    own = [line[wanted].tolist() for line, wanted in zip(tokens.ids, tokens.content, strict=True)]
    # Lengths of 5, 27 and 50 %, from the beginning, the middle and the end.
    where = torch.tensor([[0.0, 0.0], [0.489, 0.5], [1.0, 0.999]])
    noise = torch.full(tokens.ids.shape, 0.5)
    spans = [own[0][:1], own[1][7:11], own[2][9:]]
    noise[2, 1 + 10] = 0.05  # the second token of the last part, behind [CLS]
    spans[2] = [spans[2][0], *spans[2][2:]]
    part = method.part(tokens, where, noise)
    found = [line[wanted].tolist() for line, wanted in zip(part.ids, part.content, strict=True)]
    assert found == spans
    noise[0] = 0.01  # everything is to be left out, and one token stays
    assert method.part(tokens, where, noise).content.sum(dim=1).tolist() == [1, 4, 8]


def test_cropping_compares_two_parts_of_each_passage(student: Student, corpus: Dialects) -> None:
    method = Crop(student("bert", "cosine"))
    method.parts.eval()
    draw = np.random.default_rng(3)
    tokens = tokens_of(method.model, corpus.texts[:3])
    parts = []
    for _ in range(2):
        where, noise = (
            torch.from_numpy(draw.random(shape)) for shape in ((3, 2), tokens.ids.shape)
        )
        parts.append(normalize(pooled(method.model, method.part(tokens, where, noise).features)))
    expected = in_batch(parts[0], parts[1], 0.05)
    assert value(method.loss(batch(corpus.texts))) == pytest.approx(value(expected), abs=1e-5)


def test_contrastive_tension_of_three_passages() -> None:
    first = torch.tensor([[1.0, 0.0]])
    second = torch.tensor([[2.0, 5.0], [0.0, 1.0], [3.0, 0.0]])
    # Products: 2 0 3. The right one costs log(1+e^-x), a wrong one log(1+e^x).
    by_hand = math.log(1 + math.exp(-2)) + math.log(2) + math.log(1 + math.exp(3))
    assert float(tension(first, second)) == pytest.approx(by_hand / 3)


def test_tsdae_is_the_library_s_loss_where_the_library_has_one(
    student: Student, corpus: Dialects
) -> None:
    ours = Tsdae(student("bert"), TsdaeSettings())
    theirs = DenoisingAutoEncoderLoss(student("bert").model)
    copy_decoder(ours, theirs.decoder)
    ours.parts.eval()
    theirs.eval()
    tokens = tokens_of(ours.model, corpus.texts[:3])
    noise = torch.rand(tokens.ids.shape, generator=torch.Generator().manual_seed(1))
    damaged = ours.damaged(tokens, noise)
    expected = theirs([dict(damaged.features), dict(tokens.features)], torch.zeros(3))
    assert value(ours.rebuilding(tokens, damaged)) == pytest.approx(value(expected), abs=1e-5)


@torch.no_grad()
def copy_decoder(ours: Tsdae, decoder: Any) -> None:
    """Give both the same weights where they were drawn."""
    decoder.cls.load_state_dict(ours.head.masked.cls.state_dict())
    for look, layer in zip(ours.decoder.looks, decoder.bert.encoder.layer, strict=True):
        theirs = layer.crossattention
        look.get_submodule("value").load_state_dict(theirs.self.value.state_dict())
        look.get_submodule("output").load_state_dict(theirs.output.dense.state_dict())
        look.get_submodule("norm").load_state_dict(theirs.output.LayerNorm.state_dict())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_decoder_sees_nothing_that_comes_later(
    family: str, student: Student, corpus: Dialects
) -> None:
    method = Tsdae(student(family), TsdaeSettings())
    method.parts.eval()
    ids = tokens_of(method.model, corpus.texts[:1]).ids
    other = ids.clone()
    other[0, 7:] = other[0, 7:].flip(0)
    vector = torch.ones((1, method.model.get_embedding_dimension() or 0))
    found, changed = method.decoder(ids, vector), method.decoder(other, vector)
    assert torch.allclose(found[:, :7], changed[:, :7], atol=1e-6)
    assert not torch.allclose(found[:, 7:], changed[:, 7:], atol=1e-3)
    # And the vector is seen from everywhere.
    assert not torch.allclose(found, method.decoder(ids, -vector), atol=1e-3)


def test_masked_language_model_is_the_library_s_loss(student: Student, corpus: Dialects) -> None:
    method = Mlm(student("bert"), MlmSettings())
    method.parts.eval()
    theirs: Any = BertForMaskedLM(method.body.config)
    theirs.eval()
    theirs.bert.load_state_dict(method.body.state_dict(), strict=False)
    theirs.cls.load_state_dict(method.head.masked.cls.state_dict())
    masked = method.mask(tokens_of(method.model, corpus.texts[:3]), np.random.default_rng(3))
    labels = torch.full_like(masked.tokens.ids, -100)
    labels[masked.chosen] = masked.wanted
    expected = theirs(**masked.tokens.features, labels=labels).loss
    assert value(method.loss(batch(corpus.texts))) == pytest.approx(value(expected), abs=1e-5)


@pytest.mark.usefixtures("fp32")
def test_a_checkpoint_s_own_head_is_taken_wherever_it_lies(
    student: Student, tmp_path: Path
) -> None:
    encoder = student("bert")
    body: Any = encoder.model.transformers_model
    whole: Any = BertForMaskedLM(body.config)
    whole.bert.load_state_dict(body.state_dict(), strict=False)
    shutil.copytree(encoder.resolved.folder, tmp_path / "student")
    inner = tmp_path / "student" / "0_Transformer"  # where older retrievers have it
    inner.mkdir()
    for path in [*(tmp_path / "student").glob("*.*")]:
        if path.name not in ("modules.json", "config_sentence_transformers.json"):
            path.rename(inner / path.name)
    whole.save_pretrained(inner)
    modules = tmp_path / "student" / "modules.json"
    listed = json.loads(modules.read_text())
    listed[0]["path"] = inner.name
    modules.write_text(json.dumps(listed))
    head = VocabularyHead(DenseEncoder.load(str(tmp_path / "student")).model)
    found, own = head.masked.cls.state_dict(), whole.cls.state_dict()
    assert all(torch.equal(found[name], weight) for name, weight in own.items())


def test_condenser_adds_the_late_layers_loss_to_the_head_s(
    student: Student, corpus: Dialects
) -> None:
    method = Condenser(student("bert"), CondenserSettings())
    method.parts.eval()
    masked = method.mask(tokens_of(method.model, corpus.texts[:3]), np.random.default_rng(3))
    body = method.body
    early = body.embeddings(input_ids=masked.tokens.ids)
    middle = body.encoder.layer[0](early, None)
    late = body.encoder.layer[1](middle, None)
    short = torch.cat([late[:, :1], middle[:, 1:]], dim=1)
    losses = [
        cross_entropy(method.head(hidden[masked.chosen]), masked.wanted)
        for hidden in (method.condenser(short), late)
    ]
    # All three texts are of one length, so that no padding has to be kept from anybody.
    assert bool(masked.tokens.present.all())
    assert value(method.loss(batch(corpus.texts))) == pytest.approx(
        value(torch.stack(losses).sum()), abs=1e-5
    )


@pytest.mark.parametrize(("similarity", "temperature"), [("cosine", 0.05), ("dot", 1.0)])
def test_ict_compares_as_the_student_does(
    similarity: str, temperature: float, student: Student, corpus: Dialects
) -> None:
    encoder = student("bert", similarity)
    method = Ict(encoder, IctSettings())
    method.parts.eval()
    draw = np.random.default_rng(3)
    pairs = [method.cloze(text, draw) for text in corpus.texts[:3]]
    queries = encoder.encode_queries([query for query, _ in pairs])
    scores = queries @ encoder.encode_passages([text for _, text in pairs]).T / temperature
    expected = np.mean(np.log(np.exp(scores).sum(axis=1)) - np.diag(scores))
    assert value(method.loss(batch(corpus.texts))) == pytest.approx(float(expected), abs=1e-4)


def test_simcse_s_two_views_differ_by_their_dropout_alone(
    student: Student, corpus: Dialects
) -> None:
    method = Simcse(student("modernbert"), SimcseSettings())  # trained without dropout
    texts = [corpus.texts[0], corpus.texts[40], corpus.texts[80]]
    given = Batch(texts, 0, np.random.default_rng(0))
    method.parts.eval()
    alike = value(method.loss(given))
    method.parts.train()
    assert value(method.loss(given)) != alike


def test_ct_begins_with_two_equal_encoders_that_learn_apart(
    student: Student, corpus: Dialects
) -> None:
    method = Ct(student("bert"))
    first, second = (list(method.parts[name].parameters()) for name in ("first", "student"))
    assert all(torch.equal(a, b) and a is not b for a, b in zip(first, second, strict=True))
    torch.autograd.backward(method.loss(batch(corpus.texts)))
    assert any(
        a.grad is not None and b.grad is not None and not torch.equal(a.grad, b.grad)
        for a, b in zip(first, second, strict=True)
    )


def test_tsdae_deletes_six_tokens_of_ten(student: Student, corpus: Dialects) -> None:
    method = Tsdae(student("bert"), TsdaeSettings())
    tokens = tokens_of(method.model, corpus.texts)
    noise = torch.rand(tokens.ids.shape, generator=torch.Generator().manual_seed(1))
    left = method.damaged(tokens, noise)
    share = float(left.content.sum() / tokens.content.sum())
    assert share == pytest.approx(0.4, abs=0.03)
    # What the tokenizer puts around a text stays, and what stays keeps its order.
    assert int((left.present & ~left.content).sum()) == 2 * len(corpus.texts)
    kept_ids = [number for number in left.ids[0].tolist() if number > 4]
    whole = iter(tokens.ids[0].tolist())
    assert all(number in whole for number in kept_ids)


def test_tsdae_leaves_one_token_of_a_text(student: Student) -> None:
    method = Tsdae(student("bert"), TsdaeSettings(deleted=1.0))
    tokens = tokens_of(method.model, ["one two three", "four"])
    left = method.damaged(tokens, torch.rand(tokens.ids.shape))
    assert left.content.sum(dim=1).tolist() == [1, 1]


def test_tokens_that_stay_move_together(student: Student, corpus: Dialects) -> None:
    tokens = tokens_of(student("bert").model, corpus.texts[:1])
    keep = torch.zeros_like(tokens.present)
    keep[0, [0, 3, 5]] = True
    assert kept(tokens, keep, 1).ids.tolist() == [tokens.ids[0, [0, 3, 5]].tolist()]


def test_fifteen_of_a_hundred_tokens_are_masked_most_of_them_by_the_mask(
    student: Student, corpus: Dialects
) -> None:
    method = Mlm(student("bert"), MlmSettings())
    tokens = tokens_of(method.model, corpus.texts)
    masked = method.mask(tokens, np.random.default_rng(0))
    now = masked.tokens.ids[masked.chosen]
    assert float(masked.chosen.sum() / tokens.content.sum()) == pytest.approx(0.15, abs=0.02)
    assert float((now == method.mask.mask).float().mean()) == pytest.approx(0.8, abs=0.06)
    assert float((now == masked.wanted).float().mean()) == pytest.approx(0.1, abs=0.06)
    assert torch.equal(masked.tokens.ids[~masked.chosen], tokens.ids[~masked.chosen])
    again = method.mask(tokens, np.random.default_rng(1))
    assert not torch.equal(again.chosen, masked.chosen)


def test_a_sentence_is_removed_nine_times_of_ten(student: Student, corpus: Dialects) -> None:
    method = Ict(student("bert"), IctSettings())
    draw = np.random.default_rng(0)
    made = [(text, *method.cloze(text, draw)) for text in corpus.texts * 5]
    assert all(sentence in text for text, sentence, _ in made)
    gone = [sentence not in passage for _, sentence, passage in made]
    assert sum(gone) / len(gone) == pytest.approx(0.9, abs=0.04)
    assert not method.usable("Only one sentence stands in this passage.")


def test_a_title_is_no_part_of_the_first_sentence(student: Student) -> None:
    method = Ict(student("bert"), IctSettings(removed=1.0))
    passage = Passage("1", "It is raised by wild yeast from air. Bread keeps well for days then.",
                      title="On sourdough")  # fmt: skip
    text, draw = method.read(passage), np.random.default_rng(0)
    made = {method.cloze(text, draw) for _ in range(20)}
    assert made == {
        ("It is raised by wild yeast from air.", "On sourdough Bread keeps well for days then."),
        ("Bread keeps well for days then.", "On sourdough It is raised by wild yeast from air."),
    }
