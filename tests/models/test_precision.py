"""Where a model runs, and what of that an identity tells."""

from acclimate.models.precision import without_placement


def test_identity_less_where_it_ran_is_the_same_on_every_machine() -> None:
    assert without_placement("M-abc-cosine-256-cuda/bfloat16") == "M-abc-cosine-256"
    assert without_placement("M-abc-cosine-256-cpu/float32") == "M-abc-cosine-256"
    assert without_placement("words-one") == "words-one"
