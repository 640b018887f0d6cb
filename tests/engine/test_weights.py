"""Weights of a hybrid, learned from queries with known answers, and what is said of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from acclimate.engine.weights import LEAST, LearnedWeights, from_generated, learn_weights
from acclimate.errors import UsageError
from acclimate.evaluate.measures import parse, per_query
from acclimate.ranking import ordered_hits
from acclimate.search.fuse import Fused
from acclimate.search.run import RunRetriever
from acclimate.types import GeneratedQuery, Hit, Judgment, Query

QUERIES = [Query(f"q{n:03}", "") for n in range(120)]
POOL = [f"p{n:02}" for n in range(30)]
#: Each query's relevant passage.
WANTED = {query.id: POOL[n % len(POOL)] for n, query in enumerate(QUERIES)}
JUDGED = [Judgment(query_id, pid, 1) for query_id, pid in WANTED.items()]


def system(name: str, skill: float, seed: int) -> RunRetriever:
    """Chance, and a bonus of `skill` for the passage that is wanted."""
    draw = random.Random(seed)
    run = {
        query.id: ordered_hits(
            Hit(pid, draw.gauss(0, 1) + skill * (pid == WANTED[query.id])) for pid in POOL
        )
        for query in QUERIES
    }
    return RunRetriever(name, run)


def constant(name: str, seed: int) -> RunRetriever:
    """Scores that are nearly equal, in an order of chance."""
    draw = random.Random(seed)
    run = {
        query.id: ordered_hits(Hit(pid, 0.5 + draw.random() * 1e-3) for pid in POOL)
        for query in QUERIES
    }
    return RunRetriever(name, run)


def ndcg(retriever: RunRetriever | Fused, queries: Sequence[Query]) -> float:
    hits = dict(zip([q.id for q in queries], retriever.search(queries, 10), strict=True))
    judged = [row for row in JUDGED if row.query_id in hits]
    values = per_query(parse("nDCG@10"), hits, judged)["nDCG@10"]
    return sum(values.values()) / len(values)


def weights_of(learned: LearnedWeights) -> dict[str, float]:
    return {part.name: part.weight for part in learned.parts}


def test_the_better_retriever_gets_the_greater_weight_and_the_gain_is_honest() -> None:
    good, poor = system("good", 3.0, 1), system("poor", 0.4, 2)
    learned = learn_weights([good, poor], QUERIES, JUDGED)
    assert learned.kept
    weights = weights_of(learned)
    assert weights["good"] > 3 * weights["poor"]
    assert sum(learned.weights) == pytest.approx(2)
    assert learned.gain.value == pytest.approx(learned.learned.value - learned.equal.value)
    assert learned.gain.low > 0
    assert (learned.learned_on, learned.measured_on) == (60, 60)
    assert "Learned weights are used" in learned.verdict


def test_values_are_those_of_the_real_fusion_on_the_other_half() -> None:
    retrievers = [system("a", 2.0, 1), system("b", 1.0, 2)]
    learned = learn_weights(retrievers, QUERIES, JUDGED)
    order = list(QUERIES)
    random.Random(0).shuffle(order)
    held_out = order[1::2]
    assert learned.equal.value == pytest.approx(ndcg(Fused(retrievers), held_out))
    fused = Fused(retrievers, learned.found)
    assert learned.learned.value == pytest.approx(ndcg(fused, held_out))
    assert [part.alone for part in learned.parts] == pytest.approx(
        [ndcg(each, held_out) for each in retrievers]
    )


def test_no_weights_on_the_grid_are_better_on_the_learning_half() -> None:
    retrievers = [system("a", 2.0, 1), system("b", 1.2, 2), system("c", 0.6, 3)]
    learned = learn_weights(retrievers, QUERIES, JUDGED)
    order = list(QUERIES)
    random.Random(0).shuffle(order)
    half = order[::2]
    best = ndcg(Fused(retrievers, learned.found), half)
    for a in range(11):
        for b in range(11 - a):
            tried = (a / 10, b / 10, (10 - a - b) / 10)
            assert ndcg(Fused(retrievers, tried), half) <= best + 1e-6


def test_equal_weights_are_kept_where_learning_does_not_help() -> None:
    retrievers = [system("a", 1.5, 1), system("b", 1.5, 1)]
    learned = learn_weights(retrievers, QUERIES, JUDGED)
    # Twins: any weights rank alike, so the equal ones are what is found, and nothing is gained.
    assert learned.found == (1.0, 1.0)
    assert not learned.kept
    assert learned.weights == (1.0, 1.0)
    assert learned.gain.value == 0
    assert learned.verdict.startswith("Equal weights are kept: nDCG@10 is ")


def test_weights_that_only_fit_their_own_half_are_not_used() -> None:
    # Both retrievers are chance, so what fits one half says nothing of the other.
    outcomes = [
        learn_weights([system("a", 0.5, seed), system("b", 0.5, seed + 50)], QUERIES, JUDGED)
        for seed in range(6)
    ]
    assert all(each.kept == (each.gain.low > 0) for each in outcomes)
    dropped = [each for each in outcomes if not each.kept]
    assert dropped
    assert all(each.weights == (1.0, 1.0) for each in dropped)


def test_a_gain_that_may_be_chance_is_not_used() -> None:
    tried = (
        learn_weights([system("a", 0.8, seed), system("b", 0.5, seed + 50)], QUERIES, JUDGED)
        for seed in range(20)
    )
    doubtful = next(each for each in tried if each.gain.low <= 0 < each.gain.value)
    assert not doubtful.kept
    assert doubtful.weights == (1.0, 1.0)
    assert "no gain to rely on" in doubtful.verdict


def test_retriever_that_cannot_tell_its_hits_apart_does_no_harm() -> None:
    good = system("good", 2.5, 1)
    learned = learn_weights([good, constant("flat", 2)], QUERIES, JUDGED)
    alone = {part.name: part.alone for part in learned.parts}
    # Min-max fusion would have given its chance order half of the say.
    assert learned.equal.value > alone["good"] - 0.03
    assert alone["flat"] < 0.3


def test_four_retrievers_can_be_weighed() -> None:
    retrievers = [system(name, skill, n) for n, (name, skill) in enumerate(
        [("a", 2.0), ("b", 1.0), ("c", 0.2), ("d", 0.0)]
    )]  # fmt: skip
    learned = learn_weights(retrievers, QUERIES[:40], JUDGED[:40])
    assert len(learned.found) == 4
    assert sum(learned.found) == pytest.approx(4)
    assert max(learned.found) == learned.found[0]


def test_same_input_in_another_order_gives_the_same_weights() -> None:
    retrievers = [system("a", 2.0, 1), system("b", 1.0, 2)]
    assert learn_weights(retrievers, QUERIES, JUDGED) == learn_weights(
        retrievers, QUERIES[::-1], JUDGED[::-1]
    )


def test_grades_count_and_queries_without_relevant_passages_do_not() -> None:
    judged = [
        *JUDGED[:40],
        *(Judgment(f"q{n:03}", "p05", 0) for n in range(60, 120)),
        *(Judgment(f"q{n:03}", "p07", 3) for n in range(40)),
    ]
    learned = learn_weights([system("a", 2.0, 1), system("b", 1.0, 2)], QUERIES, judged)
    assert learned.learned_on + learned.measured_on == 40


def test_generated_queries_are_judged_by_the_passages_they_were_written_for() -> None:
    generated = [GeneratedQuery("g1", "bamode", "p1", "claim"), GeneratedQuery("g2", "x", "p2", "")]
    queries, judged = from_generated(generated)
    assert queries == [Query("g1", "bamode"), Query("g2", "x")]
    assert judged == [Judgment("g1", "p1", 1), Judgment("g2", "p2", 1)]


def test_too_few_queries_are_refused() -> None:
    few = QUERIES[: LEAST - 1]
    with pytest.raises(UsageError, match="19 queries with a relevant passage are too few"):
        learn_weights([system("a", 1, 1), system("b", 1, 2)], few, JUDGED)


@pytest.mark.parametrize("count", [1, 5])
def test_other_numbers_of_retrievers_are_refused(count: int) -> None:
    with pytest.raises(UsageError, match=f"weights for {count} retrievers; give 2 to 4"):
        learn_weights([system("a", 1, 1)] * count, QUERIES, JUDGED)
