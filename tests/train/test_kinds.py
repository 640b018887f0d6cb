"""The four kinds of student: what their scores and losses are, and that gradients reach them."""

from dataclasses import replace
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import toys
from acclimate.errors import UsageError
from acclimate.models.cross import CrossScorer
from acclimate.models.multivector import MultiVectorTextEncoder
from acclimate.models.sparse import SparseTextEncoder
from acclimate.settings import StudentSettings, TrainSettings
from acclimate.train import encode
from acclimate.train.late import max_sim
from acclimate.train.learner import Learner
from acclimate.train.sparse import flops, grown
from acclimate.train.students import Student, load_student
from acclimate.train.team import ALONE, Team
from acclimate.train.work import Step, Work
from multi_vector import tiny_multi_vector
from sparse_toys import tiny_splade
from toys import Toys

KINDS = ("dense", "sparse", "late", "cross-encoder")
TEXTS = toys.toy_texts(3)
#: Three queries against three passages, each one's own first; no two texts are equally long.
WORK = Work(
    passages=TEXTS,
    queries=[" ".join(text.split()[: 2 + place]) for place, text in enumerate(TEXTS)],
    cells=np.array([[0, 1, 2], [1, 0, 2], [2, 0, 1]]),
    values=np.zeros((3, 3), dtype=np.float32),
    mask=np.ones((3, 3), dtype=np.bool_),
)
#: Scores for it: passage by passage for each query, whose own gets .5 and the others .3 and .1.
GIVEN = torch.tensor([[0.5, 0.3, 0.1], [0.3, 0.5, 0.1], [0.1, 0.3, 0.5]])
#: What mnrl makes of .5 against .3 and .1.
LOSS = -log(exp(0.5) / (exp(0.5) + exp(0.3) + exp(0.1)))


@pytest.fixture(scope="module")
def folders(toy: Toys, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small model of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    return {
        "dense": toy.encoder,
        "sparse": tiny_splade(folder, toys.toy_texts()),
        "late": tiny_multi_vector(folder, toys.toy_texts()),
        "cross-encoder": toy.cross,
    }


def student_of(folders: dict[str, Path], kind: str) -> Student:
    return load_student(StudentSettings(model=str(folders[kind]), kind=kind, dtype="float32"), 1)


def learner_of(folders: dict[str, Path], kind: str, **settings: object) -> Learner:
    chosen = TrainSettings(objective="mnrl", dropout=False, learning_rate=1e-3, max_steps=9)
    return Learner(student_of(folders, kind), replace(chosen, **settings), ALONE)  # type: ignore[arg-type]


def given_outputs(kind: str) -> Tensor:
    """Outputs that give these scores: passages are unit vectors, queries hold how much of each."""
    if kind == "cross-encoder":
        return torch.tensor([0.5, 0.3, 0.1, 0.5, 0.3, 0.1, 0.5, 0.1, 0.3])
    vectors = torch.cat([torch.eye(3), GIVEN])
    if kind == "late":
        counted, padding = torch.ones(6, 1), torch.zeros(6, 1, 4)
        return torch.cat([torch.cat([vectors, counted], dim=1)[:, None], padding], dim=1)
    return vectors


@pytest.mark.parametrize("kind", KINDS)
def test_loss_of_three_queries_is_what_one_computes_by_hand(
    folders: dict[str, Path], kind: str
) -> None:
    learner = learner_of(folders, kind, scale=1.0, flops_passages=0.3, flops_queries=0.0)
    # Each entry is 1 in one passage of three, so that the expected products are 3 * (1/3)².
    wanted = LOSS + (0.3 * 3 / 9 if kind == "sparse" else 0.0)
    assert float(learner._loss(given_outputs(kind), WORK, step=9)) == pytest.approx(wanted)


def test_flops_are_the_squared_mean_weights() -> None:
    assert float(flops(torch.tensor([[1.0, 0.0], [3.0, 0.0]]))) == 4.0
    assert float(flops(torch.tensor([[1.0, 0.0], [0.0, 3.0]]))) == 0.5**2 + 1.5**2


def test_regulariser_grows_with_the_square_of_the_step() -> None:
    assert [grown(step, 4) for step in (0, 1, 3, 9)] == [1 / 16, 1 / 4, 1, 1]
    assert grown(0, 0) == 1


def test_max_sim_adds_each_query_tokens_best_and_passes_over_what_does_not_count() -> None:
    query = torch.tensor([[1.0, 0.0, 1.0], [0.0, 2.0, 1.0], [9.0, 9.0, 0.0]])
    passages = torch.tensor(
        [
            [[0.5, 0.5, 1.0], [0.25, 1.0, 1.0]],  # .5 + 2 · 1
            [[-1.0, -0.5, 1.0], [9.0, 9.0, 0.0]],  # -1 + 2 · -.5, the second is padding
            [[9.0, 9.0, 0.0], [9.0, 9.0, 0.0]],  # nothing that counts
        ]
    )
    assert max_sim(query, passages, mean=False).tolist() == [2.5, -2.0, 0.0]
    assert max_sim(query, passages, mean=True).tolist() == [1.25, -1.0, 0.0]


def scores_in_use(student: Student) -> list[list[float]]:
    """Queries against passages as sentence-transformers itself scores them."""
    if isinstance(student, CrossScorer):
        pairs = [(query, text) for query in WORK.queries for text in WORK.passages]
        logits = student.model.predict(pairs, activation_fn=torch.nn.Identity())
        return [list(map(float, row)) for row in np.reshape(logits, (3, 3))]
    model = student.model
    queries = model.encode_query(list(WORK.queries))
    found = model.similarity(queries, model.encode_document(list(WORK.passages)))
    return [list(map(float, row)) for row in found.to_dense()]


@pytest.mark.parametrize("kind", KINDS)
def test_scores_in_training_are_those_in_use(folders: dict[str, Path], kind: str) -> None:
    student = student_of(folders, kind)
    if not isinstance(student, CrossScorer):
        student.model.prompts = {"query": "bamode ", "document": "feduku "}
    wanted = np.take_along_axis(np.array(scores_in_use(student)), WORK.cells, axis=1)
    learner = Learner(student, TrainSettings(max_steps=1), ALONE)
    learner.model.eval()
    trainee = learner.trainee
    found = trainee.scores(learner.encoder.outputs(trainee.texts(WORK)), WORK)
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("dropout", [False, True])
def test_step_is_the_same_with_graphs_kept_or_made_again(
    folders: dict[str, Path], kind: str, dropout: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for budget in (10**6, 0):
        monkeypatch.setattr(encode, "GRAPH_TOKENS", budget)
        learner = learner_of(folders, kind, dropout=dropout, micro_batch_size=1)
        loss = learner.step(Step(WORK, 0))
        found.append((loss, [each.detach().clone() for each in learner.model.parameters()]))
    assert found[0][0] == pytest.approx(found[1][0])
    for one, other in zip(found[0][1], found[1][1], strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("kind", ["late", "cross-encoder"])
def test_what_a_model_lacks_for_its_kind_is_drawn_by_the_seed(toy: Toys, kind: str) -> None:
    def weights(seed: int) -> dict[str, Tensor]:
        return load_student(settings, seed).model.state_dict()

    settings = StudentSettings(model=str(toy.encoder), kind=kind, dtype="float32")
    one, again, other = weights(1), weights(1), weights(2)
    assert all(torch.equal(each, again[name]) for name, each in one.items())
    assert any(not torch.equal(each, other[name]) for name, each in one.items())


def test_token_limit_of_the_settings_is_kept_by_every_kind(folders: dict[str, Path]) -> None:
    for kind in KINDS:
        settings = StudentSettings(model=str(folders[kind]), kind=kind, max_seq_length=9)
        assert load_student(settings, 1).model.max_seq_length == 9


def test_team_of_another_kind_than_dense_is_refused(folders: dict[str, Path]) -> None:
    student = student_of(folders, "sparse")
    assert isinstance(student, SparseTextEncoder | MultiVectorTextEncoder)
    with pytest.raises(UsageError, match=r"2 processes can train a dense student .* torchrun"):
        Learner(student, TrainSettings(), Team(0, 2))
