"""Intervals, the randomisation test and the correction for many tests."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from acclimate.errors import UsageError
from acclimate.evaluate import intervals, significance
from acclimate.evaluate.evaluation import compare, summarise
from acclimate.evaluate.intervals import Estimate, bootstrap, bootstrap_difference
from acclimate.evaluate.measures import parse
from acclimate.evaluate.significance import holm, randomisation_test
from acclimate.types import Hit, Judgment


def test_interval_agrees_with_the_normal_approximation() -> None:
    values = np.random.default_rng(3).normal(0.5, 0.2, size=400)
    estimate = bootstrap(values.tolist())
    error = 1.96 * values.std() / 20
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low == pytest.approx(values.mean() - error, abs=0.002)
    assert estimate.high == pytest.approx(values.mean() + error, abs=0.002)


def test_interval_repeats_with_its_seed() -> None:
    values = np.random.default_rng(4).uniform(size=30).tolist()
    assert bootstrap(values, seed=1) == bootstrap(values, seed=1)
    assert bootstrap(values, seed=1) != bootstrap(values, seed=2)


def test_interval_drawn_in_small_blocks_is_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(4).uniform(size=30).tolist()
    whole = bootstrap(values)
    monkeypatch.setattr(intervals, "_CELLS", 1000)
    assert bootstrap(values).low == pytest.approx(whole.low, abs=0.005)
    assert bootstrap(values).high == pytest.approx(whole.high, abs=0.005)


def test_equal_values_leave_no_doubt() -> None:
    assert bootstrap([0.5] * 7) == Estimate(0.5, 0.5, 0.5)
    assert bootstrap([1.0]) == Estimate(1.0, 1.0, 1.0)


def test_no_values_are_refused() -> None:
    with pytest.raises(UsageError, match="no judged queries"):
        bootstrap([])


def test_paired_difference_is_surer_than_its_parts() -> None:
    hardness = np.random.default_rng(0).uniform(0, 0.9, size=100)
    estimate = bootstrap_difference(hardness.tolist(), (hardness + 0.05).tolist())
    assert estimate.value == pytest.approx(0.05)
    assert estimate.low == pytest.approx(0.05)


def test_few_queries_are_tested_exactly() -> None:
    # Three differences of one sign: only all-plus and all-minus of 8 patterns are as far.
    assert randomisation_test([0, 0, 0], [0.1, 0.2, 0.3]) == 2 / 8
    # A query without a difference says nothing.
    assert randomisation_test([0, 0, 0, 0.5], [0.1, 0.2, 0.3, 0.5]) == 2 / 8
    assert randomisation_test([0.1, 0.2], [0.1, 0.2]) == 1.0


def test_drawn_patterns_agree_with_scipy() -> None:
    rng = np.random.default_rng(5)
    a = rng.uniform(size=40)
    b = a + rng.normal(0.03, 0.1, size=40)
    expected = scipy.stats.permutation_test(
        (b - a,), np.mean, permutation_type="samples", n_resamples=20_000, rng=1
    ).pvalue
    assert randomisation_test(a.tolist(), b.tolist()) == pytest.approx(expected, abs=0.015)
    assert randomisation_test(b.tolist(), a.tolist()) == randomisation_test(a.tolist(), b.tolist())


def test_p_is_never_zero() -> None:
    assert randomisation_test([0.0] * 50, [1.0] * 50) == 1 / (significance.PERMUTATIONS + 1)


def test_holm_by_hand() -> None:
    # Sorted .01 .02 .03 .04 times 4 3 2 1; the running maximum keeps them in order.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


# Values that stand and fall together.


def test_repeating_every_value_makes_nothing_surer() -> None:
    values = np.random.default_rng(6).normal(0.1, 0.3, size=40).tolist()
    repeated, units = np.repeat(values, 5).tolist(), np.repeat(range(40), 5).tolist()
    once, again = bootstrap(values), bootstrap(repeated, units=units)
    assert (again.value, again.low, again.high) == pytest.approx((once.value, once.low, once.high))
    naive = bootstrap(repeated)
    assert naive.high - naive.low < 0.6 * (again.high - again.low)
    p = randomisation_test([0.0] * 40, values)
    assert randomisation_test([0.0] * 200, repeated, units=units) == p


def test_units_of_one_value_each_change_nothing() -> None:
    values = np.random.default_rng(7).uniform(size=30).tolist()
    assert bootstrap(values, units=range(30)) == bootstrap(values)


def test_units_of_unequal_size_keep_the_mean_over_values() -> None:
    found = bootstrap([1.0, 1.0, 1.0, 0.0], units=["a", "a", "a", "b"])
    assert found == Estimate(0.75, 0.0, 1.0)


def test_units_are_of_the_queries_that_were_measured() -> None:
    hits = {f"q{n}": [Hit("p", 1.0)] if n < 6 else [] for n in range(12)}
    judgments = [Judgment(f"q{n}", "p", 1) for n in range(12)]
    parsed, units = parse("nDCG@10"), {f"q{n}": f"u{n // 6}" for n in range(12)}
    some = summarise("some", hits, judgments, parsed, units=units)
    assert some.measures["nDCG@10"] == Estimate(0.5, 0.0, 1.0)
    none = summarise("none", {query_id: [] for query_id in hits}, judgments, parsed, units=units)
    [compared] = compare(none, some, units=units)
    assert compared.p == 1.0  # of two units one differs, and its sign says nothing
    assert compare(none, some)[0].p < 0.05
