import numpy as np
import pytest
import torch
from sentence_transformers.sentence_transformer.modules import Pooling
from torch import Tensor

import toys
from acclimate.models.base import Similarity
from acclimate.models.dense import DenseEncoder
from acclimate.train import encode
from acclimate.train.dense import DenseTrainee
from acclimate.train.encode import GradientEncoder, Text
from toys import Toys

CONTENTS = [*toys.toy_texts(9), "bamode", "feduku lapara mepari"]
TEXTS = [Text(text, None) for text in CONTENTS]
#: Keep every graph, some of them, none of them.
BUDGETS = pytest.mark.parametrize("budget", [10**6, 150, 0])


def encoder_of(student: DenseEncoder, micro_batch_size: int = 1) -> GradientEncoder:
    # A micro-batch holds the work of so many texts of 1200 characters: seven toy passages.
    return GradientEncoder(DenseTrainee(student), micro_batch_size, lambda: None)


def gradients(student: DenseEncoder) -> dict[str, Tensor]:
    found = {}
    for name, parameter in student.model.named_parameters():
        if parameter.grad is not None:
            found[name] = parameter.grad.clone()
            parameter.grad = None
    return found


def loss_of(vectors: Tensor) -> Tensor:
    """Any loss in which each vector meets each other."""
    weights = torch.linspace(-1, 1, len(vectors) ** 2).view(len(vectors), -1)
    return ((vectors @ vectors.T - weights.to(vectors.device)) ** 2).mean()


def carried_back(student: DenseEncoder) -> dict[str, Tensor]:
    encoder = encoder_of(student)
    vectors = encoder.encode(TEXTS)
    torch.autograd.backward(loss_of(vectors))
    assert vectors.grad is not None
    encoder.carry_back(vectors.grad)
    return gradients(student)


def plain_autograd(student: DenseEncoder) -> dict[str, Tensor]:
    features = student.model.preprocess(CONTENTS)
    on_device = {name: value.to(student.model.device) for name, value in features.items()
                 if isinstance(value, Tensor)}  # fmt: skip
    vectors = student.model(on_device)["sentence_embedding"]
    if student.similarity is Similarity.COSINE:
        vectors = torch.nn.functional.normalize(vectors, dim=1)
    torch.autograd.backward(loss_of(vectors))
    return gradients(student)


@BUDGETS
@pytest.mark.parametrize("similarity", ["dot", "cosine"])
@pytest.mark.usefixtures("fp32")
def test_gradients_are_those_of_plain_autograd(
    toy: Toys, monkeypatch: pytest.MonkeyPatch, budget: int, similarity: str
) -> None:
    monkeypatch.setattr(encode, "GRAPH_TOKENS", budget)
    student = DenseEncoder.load(str(toy.encoder), similarity=similarity)
    plain, carried = plain_autograd(student), carried_back(student)
    assert plain.keys() == carried.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(carried[name], gradient, atol=1e-6, rtol=1e-4)


@pytest.mark.usefixtures("fp32")
def test_encoding_twice_repeats_the_dropout(toy: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    student = DenseEncoder.load(str(toy.encoder))
    student.model.train()
    found = []
    for budget in (10**6, 150, 0):
        monkeypatch.setattr(encode, "GRAPH_TOKENS", budget)
        torch.manual_seed(5)
        carried = carried_back(student)
        # What is drawn next must not depend on what was encoded twice either.
        found.append((carried, torch.rand(3)))
    torch.manual_seed(6)
    other = carried_back(student)
    for name, gradient in found[0][0].items():
        assert torch.equal(found[1][0][name], gradient)
        assert torch.equal(found[2][0][name], gradient)
    assert torch.equal(found[0][1], found[1][1])
    assert torch.equal(found[0][1], found[2][1])
    assert any(not torch.equal(other[name], found[0][0][name]) for name in other)


@pytest.mark.parametrize("micro_batch_size", [1, 8])
@pytest.mark.usefixtures("fp32")
def test_vectors_stand_in_the_order_of_their_texts(toy: Toys, micro_batch_size: int) -> None:
    student = DenseEncoder.load(str(toy.encoder))
    expected = student.encode_passages(CONTENTS)
    encoder = encoder_of(student, micro_batch_size)
    for vectors in (encoder.encode(TEXTS).detach(), encoder.outputs(TEXTS)):
        np.testing.assert_allclose(vectors.cpu().numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("include_prompt", [True, False])
@pytest.mark.usefixtures("fp32")
def test_texts_are_trained_with_their_prompts_as_they_will_be_encoded(
    toy: Toys, include_prompt: bool
) -> None:
    student = DenseEncoder.load(str(toy.encoder))
    student.model.prompts = {"query": "find bamode: ", "document": "read: "}
    pooling = student.model[1]
    assert isinstance(pooling, Pooling)
    pooling.include_prompt = include_prompt
    texts = [Text(text, "read: ") for text in CONTENTS]
    texts += [Text(text, "find bamode: ") for text in CONTENTS]
    expected = np.concatenate([student.encode_passages(CONTENTS), student.encode_queries(CONTENTS)])
    vectors = encoder_of(student).outputs(texts)
    np.testing.assert_allclose(vectors.cpu().numpy(), expected, atol=1e-5)
