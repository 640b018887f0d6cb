"""Which model a run recommends: held-out queries and people's judgments weighed together."""

import pytest

from acclimate.adapt.deliver import verdict
from acclimate.adapt.result import BeforeAfter
from acclimate.evaluate.evaluation import Evaluation, compare
from acclimate.evaluate.intervals import bootstrap

#: What the adapted model changes in each of twenty queries: (alone, fused with BM25).
SURE, UNSURE, WORSE = [0.2] * 20, [0.2, -0.18] * 10, [-0.2] * 20


def system(name: str, values: list[float]) -> Evaluation:
    return Evaluation(
        name,
        "toy",
        len(values),
        {"nDCG@10": bootstrap(values, resamples=200)},
        {"nDCG@10": {str(number): value for number, value in enumerate(values)}},
        {},
    )


def measured(changes: list[float], fused: list[float] = SURE) -> BeforeAfter:
    start = [0.4] * len(changes)
    before, after = system("b", start), system("a", [0.4 + each for each in changes])
    with_bm25, after_fused = system("bm25+b", start), system("bm25+a", [0.4 + f for f in fused])
    comparisons = [*compare(before, after), *compare(with_bm25, after_fused)]
    bm25 = system("bm25", start)
    return BeforeAfter("judgments", "toy", bm25, before, after, with_bm25, after_fused, comparisons)


@pytest.mark.parametrize(
    ("held_out", "judged", "helped"),
    [
        (measured(SURE), None, True),
        (measured(UNSURE), None, False),
        (measured(SURE), measured(UNSURE), True),
        (measured(UNSURE), measured(SURE), True),
        (measured(UNSURE), measured(UNSURE), False),
        (measured(SURE), measured(WORSE), False),
        (measured(WORSE), measured(SURE), False),
        (measured(SURE), measured(SURE, fused=WORSE), False),
    ],
)
def test_one_has_to_be_sure_and_none_may_object(
    held_out: BeforeAfter, judged: BeforeAfter | None, helped: bool
) -> None:
    found = verdict(held_out, judged, learned=True)
    assert found.helped is helped
    assert ("adapted model is recommended" in found.text) is helped


def test_what_learned_nothing_is_never_recommended() -> None:
    assert not verdict(measured(SURE), measured(SURE), learned=False).helped
