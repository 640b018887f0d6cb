import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from acclimate.models.sampling import Sampling, sample, top_k


def random_logits(rows: int, vocabulary: int, seed: int) -> Tensor:
    return torch.randn(rows, vocabulary, generator=torch.Generator().manual_seed(seed))


@given(
    rows=st.integers(1, 3),
    vocabulary=st.one_of(st.integers(1, 700), st.integers(1, 40).map(lambda n: n * 512)),
    k=st.integers(1, 30),
    block=st.sampled_from([2, 16, 512]),
    seed=st.integers(0, 2**32),
)
def test_top_k_is_that_of_torch(rows: int, vocabulary: int, k: int, block: int, seed: int) -> None:
    logits, k = random_logits(rows, vocabulary, seed), min(k, vocabulary)
    values, tokens = top_k(logits, k, block)
    assert torch.equal(values, logits.topk(k).values)
    assert torch.equal(values, logits.gather(1, tokens))
    assert all(len(set(row)) == k for row in tokens.tolist())


@given(
    k=st.integers(1, 12),
    p=st.floats(0.05, 1.0),
    temperature=st.sampled_from([0.5, 1.0, 2.0]),
    seed=st.integers(0, 2**32),
)
def test_sample_never_leaves_the_nucleus(k: int, p: float, temperature: float, seed: int) -> None:
    logits = random_logits(1, 10, seed)
    best = logits[0].topk(min(k, 10))
    shares = torch.softmax(best.values / temperature, dim=0)
    # The smallest set of best tokens whose probability reaches p.
    size = int((shares.cumsum(0) < p - 1e-6).sum()) + 1
    random = torch.Generator().manual_seed(seed)
    tokens = sample(logits.expand(200, -1), Sampling(temperature, k, p), random)
    assert set(tokens.tolist()) <= set(best.indices[:size].tolist())


def test_sample_follows_the_probabilities() -> None:
    logits = torch.tensor([0.1, 0.6, 0.3]).log()
    random = torch.Generator().manual_seed(5)
    tokens = sample(logits.expand(20_000, -1), Sampling(1.0, 2, 1.0), random)
    shares = torch.bincount(tokens, minlength=3) / len(tokens)
    torch.testing.assert_close(shares, torch.tensor([0, 2 / 3, 1 / 3]), atol=0.02, rtol=0)


def test_sample_follows_the_seed() -> None:
    logits = random_logits(50, 1024, 0)
    first, again, other = (
        sample(logits, Sampling(), torch.Generator().manual_seed(seed)).tolist()
        for seed in (1, 1, 2)
    )
    assert first == again != other
