"""Frozen settings of what is learned from translations. Each default lives here once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from acclimate.errors import UsageError


@dataclass(frozen=True, slots=True)
class PairSettings:
    """Which translations are learned from, and how often."""

    #: The language that a teacher knows: translations are from it where they can be.
    source_language: str = "en"
    #: The languages of tables that do not tell: `en-de`, or more for more columns.
    languages: str = ""
    #: Translations into each language; 0 takes all. Fewer are always a part of more.
    max_pairs: int = 0
    #: How far large languages come more often: a language is drawn in proportion to the number of
    #: its translations to this power. 0: all alike; 1: as they come; .3 in XLM-R (arXiv
    #: 1911.02116, section 3.1).
    balance: float = 0.0
    #: Share of each language's translations that is held out for choosing the step, and its limit.
    held_out: float = 0.05
    max_held_out: int = 500
    #: Decides what is held out, and what is taken where not all are.
    seed: int = 42

    def __post_init__(self) -> None:
        _at_least(self, "pairs", max_held_out=1)
        if not 0 < self.held_out < 1:
            raise UsageError(f"pairs.held_out is {self.held_out}; it is a share between 0 and 1")


@dataclass(frozen=True, slots=True)
class VocabularySettings:
    """The vocabulary of a student that is `new`."""

    #: Pieces that are learned; every character of the texts is one, even beyond this number. They
    #: stand beside the body's own where these can be added to.
    size: int = 24_000
    #: Sentences of each language that it is trained on; smaller languages' come again.
    sentences: int = 30_000

    def __post_init__(self) -> None:
        _at_least(self, "vocabulary", size=1, sentences=1)


@dataclass(frozen=True, slots=True)
class PairTrainSettings:
    """Training; names as in sentence-transformers' training arguments."""

    per_device_train_batch_size: int = 64
    max_steps: int = 20_000
    learning_rate: float = 2e-5
    warmup_steps: int = 1_000
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    #: Tokens per sentence, in training and in use; 0 keeps the student's own limit.
    max_seq_length: int = 128
    dropout: bool = True
    #: Long sentences encoded at a time within a batch, and accordingly more short ones.
    micro_batch_size: int = 8
    #: Steps between checkpoints and looks at the held-out translations.
    save_steps: int = 1_000
    #: Order of the translations, dropout, and the weights of new layers.
    seed: int = 42

    def __post_init__(self) -> None:
        _at_least(
            self, "train", per_device_train_batch_size=1, max_steps=1, micro_batch_size=1,
            save_steps=1,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DistillSettings:
    """Multilingual knowledge distillation (Reimers and Gurevych, arXiv 2004.09813)."""

    pairs: PairSettings = field(default_factory=PairSettings)
    vocabulary: VocabularySettings = field(default_factory=VocabularySettings)
    train: PairTrainSettings = field(default_factory=PairTrainSettings)


@dataclass(frozen=True, slots=True)
class LanguageModelSettings:
    """Predicting hidden tokens before the ranking (LaBSE, arXiv 2007.01852, section 2.3)."""

    #: Steps with one sentence at a time (MLM); 0 leaves them out.
    mlm_steps: int = 0
    #: Steps with a sentence and its translation side by side (TLM); 0 leaves them out.
    tlm_steps: int = 0
    #: Share of the tokens that are to be predicted (arXiv 1810.04805, section 3.1).
    masked: float = 0.15
    learning_rate: float = 1e-4

    def __post_init__(self) -> None:
        _at_least(self, "pretrain")
        if not 0 < self.masked < 1:
            raise UsageError(f"pretrain.masked is {self.masked}; it is a share between 0 and 1")


@dataclass(frozen=True, slots=True)
class RankSettings:
    """Translation ranking with additive margin softmax (LaBSE, arXiv 2007.01852, section 2.2)."""

    #: Taken from the cosine of a sentence and its translation, but not from those of others.
    margin: float = 0.3
    #: One over the temperature of the softmax over cosines.
    scale: float = 20.0

    def __post_init__(self) -> None:
        _at_least(self, "rank")


@dataclass(frozen=True, slots=True)
class AlignSettings:
    """The LaBSE recipe (Feng et al., arXiv 2007.01852)."""

    pairs: PairSettings = field(default_factory=PairSettings)
    vocabulary: VocabularySettings = field(default_factory=VocabularySettings)
    pretrain: LanguageModelSettings = field(default_factory=LanguageModelSettings)
    rank: RankSettings = field(default_factory=RankSettings)
    train: PairTrainSettings = field(default_factory=PairTrainSettings)

    def __post_init__(self) -> None:
        if self.train.per_device_train_batch_size < 2:
            raise UsageError(
                "train.per_device_train_batch_size is 1; a translation is ranked against the "
                "others of its batch, so set at least 2"
            )


def _at_least(record: object, group: str, **least: int) -> None:
    """Refuse negative numbers, and those below a limit of their own."""
    for each in fields(record):  # type: ignore[arg-type]
        value, limit = getattr(record, each.name), least.get(each.name, 0)
        if isinstance(value, int | float) and value < limit:
            raise UsageError(f"{group}.{each.name} is {value}; it must be at least {limit}")
