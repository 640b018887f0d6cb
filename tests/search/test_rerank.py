"""Re-ranking: what is read, in which order it comes back, and what a time budget does to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from acclimate.errors import UsageError
from acclimate.ranking import ordered_hits
from acclimate.search import rerank as module
from acclimate.search.rerank import FIRST_GROUP, Reranked, rerank
from acclimate.types import Hit, Passage, Query

Q = Query("q", "w05")
IDS = [f"p{n:02}" for n in range(40)]
#: A first stage's answer: p00 best, p39 last.
HITS = [Hit(pid, 10.0 - n / 4) for n, pid in enumerate(IDS)]


def texts(ids: Sequence[str]) -> list[Passage]:
    return [Passage(pid, f"text w{pid[1:]}") for pid in ids]


@dataclass
class Time:
    """Seconds that pass only when something is done."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Slow:
    """Prefers passages of high numbers, and takes its time for each; a call costs some too."""

    clock: Time = field(default_factory=Time)
    each: float = 0.0
    call: float = 0.0
    opinion: Callable[[str], float] = lambda pid: float(pid[1:])
    calls: list[list[tuple[str, str]]] = field(default_factory=list)
    name: str = "slow"
    identity: str = "slow"

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        self.calls.append([(query.id, passage.id) for query, passage in pairs])
        self.clock.now += self.call + self.each * len(pairs)
        return [self.opinion(passage.id) for _, passage in pairs]

    @property
    def read(self) -> list[str]:
        return [pid for call in self.calls for _, pid in call]


@dataclass
class First:
    """A first stage with its hits for each query."""

    hits: Mapping[str, Sequence[Hit]]
    name: str = "first"
    asked: int = 0

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        self.asked = k
        return [list(self.hits[query.id][:k]) for query in queries]


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage_id for hit in hits]


def within(scorer: Slow, seconds: float, top: int = 40) -> list[Hit]:
    return rerank(Q, HITS, texts(IDS[:top]), scorer, top, seconds, scorer.clock)


def test_the_best_hits_come_in_the_scorers_order_with_its_scores() -> None:
    hits = rerank(Q, HITS[:3], texts(IDS[:3]), Slow(), top=3)
    assert hits == [Hit("p02", 2.0), Hit("p01", 1.0), Hit("p00", 0.0)]


def test_equal_scores_go_by_passage_id() -> None:
    scorer = Slow(opinion=lambda pid: 0.0)
    assert ids(rerank(Q, HITS[5::-1], texts(IDS[5::-1]), scorer, top=6)) == IDS[:6]


def test_hits_below_the_top_follow_in_their_order_below_all_that_were_read() -> None:
    scorer = Slow()
    hits = rerank(Q, HITS, texts(IDS[:3]), scorer, top=3)
    assert scorer.read == IDS[:3]
    assert ids(hits) == ["p02", "p01", "p00", *IDS[3:]]
    # The lowest that was read has 0; from there the first stage's distances go on.
    assert hits[3].score == pytest.approx(0.0, abs=1e-300)
    assert hits[3].score < 0.0
    assert hits[4].score == -0.25
    assert hits[-1].score == HITS[-1].score - HITS[3].score


def test_order_is_the_order_of_the_scores_even_where_the_first_stage_had_ties() -> None:
    tied = [Hit(pid, 1.0) for pid in IDS]
    hits = rerank(Q, tied, texts(IDS[:2]), Slow(opinion=lambda pid: 1e6), top=2)
    assert ordered_hits(hits) == hits
    assert ids(hits) == IDS
    assert len({hit.score for hit in hits[2:]}) == 38


def test_without_hits_there_is_nothing_to_read() -> None:
    assert rerank(Q, [], [], Slow(), top=5, seconds=1) == []
    assert rerank(Q, [], [], Slow(), top=5) == []


def test_time_budget_reads_the_first_stages_best_and_keeps_to_its_time() -> None:
    scorer = Slow(each=0.1)
    hits = within(scorer, seconds=2.05)
    assert scorer.read == IDS[:20]
    assert ids(hits) == [*IDS[19::-1], *IDS[20:]]
    assert scorer.clock.now <= 2.05
    assert ordered_hits(hits) == hits


def test_time_is_counted_with_what_a_call_costs() -> None:
    scorer = Slow(each=0.1, call=0.4)
    within(scorer, seconds=3.0)
    assert scorer.clock.now <= 3.0
    assert FIRST_GROUP < len(scorer.read) < 26
    # Groups grow while there is time.
    assert len(scorer.calls[1]) == 2 * FIRST_GROUP


def test_no_time_at_all_still_reads_a_first_group() -> None:
    scorer = Slow(each=5.0)
    hits = within(scorer, seconds=0.001)
    assert scorer.read == IDS[:FIRST_GROUP]
    assert ids(hits) == [*IDS[FIRST_GROUP - 1 :: -1], *IDS[FIRST_GROUP:]]


def test_enough_time_gives_what_no_limit_gives() -> None:
    assert within(Slow(each=0.001), seconds=10) == within(Slow(), seconds=0)


def test_time_budget_ends_at_the_top() -> None:
    scorer = Slow(each=0.001)
    within(scorer, seconds=10, top=7)
    assert scorer.read == IDS[:7]


def test_a_clock_that_stands_still_does_not_stop_the_reading() -> None:
    scorer = Slow()
    within(scorer, seconds=1)
    assert scorer.read == IDS


def test_retriever_reads_all_queries_hits_in_one_go() -> None:
    first = First({"a": HITS[:3], "b": HITS[2:5], "c": []})
    scorer = Slow()
    reranked = Reranked(first, scorer, texts, top=2)
    found = reranked.search([Query("a", "x"), Query("b", "y"), Query("c", "z")], 3)
    assert [ids(hits) for hits in found] == [["p01", "p00", "p02"], ["p03", "p02", "p04"], []]
    assert scorer.calls == [[("a", "p00"), ("a", "p01"), ("b", "p02"), ("b", "p03")]]
    assert reranked.name == "first>slow"


def test_retriever_asks_deep_enough_for_its_top_and_gives_k() -> None:
    first = First({"q": HITS})
    reranked = Reranked(first, Slow(), texts, top=30)
    assert ids(reranked.search([Q], 2)[0]) == ["p29", "p28"]
    assert first.asked == 30
    assert len(reranked.search([Q], 35)[0]) == 35
    assert first.asked == 35


def test_each_query_has_its_own_time() -> None:
    scorer = Slow(each=0.1)
    first = First({"a": HITS, "b": HITS})
    reranked = Reranked(first, scorer, texts, 40, seconds=1.05, clock=scorer.clock)
    reranked.search([Query("a", ""), Query("b", "")], 5)
    read = [query for call in scorer.calls for query, _ in call]
    assert read.count("a") == read.count("b") == 10


def test_many_queries_are_scored_in_parts_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = [Query(str(n), "") for n in range(5)]
    first = First({query.id: HITS[n:] for n, query in enumerate(queries)})
    whole = Reranked(first, Slow(), texts, 6).search(queries, 8)
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", 15)
    scorer = Slow()
    assert Reranked(first, scorer, texts, 6).search(queries, 8) == whole
    assert [len(call) for call in scorer.calls] == [12, 12, 6]


@pytest.mark.parametrize(("top", "seconds"), [(0, 0.0), (5, -1.0), (5, float("nan"))])
def test_unusable_limits_are_refused(top: int, seconds: float) -> None:
    with pytest.raises(UsageError, match="at least 1 hit"):
        Reranked(First({}), Slow(), texts, top, seconds)
