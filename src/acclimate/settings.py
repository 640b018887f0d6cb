"""Frozen settings. Each default lives here once; recipes, flags and `--set` change the fields."""

from __future__ import annotations

from dataclasses import dataclass, field

from acclimate.models.prompts import EXAMPLES, INSTRUCTION, Example


@dataclass(frozen=True, slots=True)
class StudentSettings:
    """The retriever to adapt."""

    model: str = "sentence-transformers/all-MiniLM-L6-v2"
    #: "dense", "sparse" (SPLADE), "late" (ColBERT) or "cross-encoder"; GPL adapts dense ones.
    kind: str = "dense"
    #: A picture tower to set beside a `model` that reads texts only: a picture model's name, or
    #: "new" for a small one without any training.
    pictures: str = ""
    #: Tokens per passage, in training and in use; 0 keeps the model's own limit.
    max_seq_length: int = 0
    #: "auto" keeps what the model declares; "dot" and "cosine" decide.
    similarity: str = "auto"
    #: "auto" is bf16 where the hardware multiplies it natively.
    dtype: str = "auto"


@dataclass(frozen=True, slots=True)
class GenerateSettings:
    """Query generation (GPL paper, section 4.1 and appendix F)."""

    model: str = "BeIR/query-gen-msmarco-t5-base-v1@refs/pr/1"
    #: Queries wanted in all; per passage ceil(total / passages), at least `least_per_passage`.
    total: int = 250_000
    least_per_passage: int = 3
    #: A fixed number of queries for every passage; 0 follows `total`.
    per_passage: int = 0
    #: The passage's own sentences as further queries, so many for every passage of the corpus.
    own_sentences: int = 0
    #: Leave the language model out: `own_sentences` are then the only queries.
    only_own_sentences: bool = False
    temperature: float = 1.0
    top_k: int = 25
    top_p: float = 0.95
    max_passage_tokens: int = 350
    max_query_tokens: int = 64
    batch_size: int = 32
    #: What a causal language model is asked for, in equal parts (several types of query teach more
    #: than any of them alone: arXiv 2505.19274); each is a style that every example shows.
    #: Sequence-to-sequence generators know one style only.
    styles: tuple[str, ...] = ("question", "keywords", "claim")
    #: "auto": each passage's language is detected, and a causal language model is shown examples
    #: in it. "check": it is detected, but the examples below are shown for every passage. Empty:
    #: these, and nothing is detected.
    languages: str = ""
    #: Languages to ask in, in turn, whatever the passage's (cross-lingual); empty: its own.
    query_languages: tuple[str, ...] = ()
    #: Drop queries that are in none of the languages that were asked for; else they are counted.
    #: Where the language of a query is unknown, as of many short ones, it is kept.
    drop_other_languages: bool = True
    instruction: str = INSTRUCTION
    examples: tuple[Example, ...] = EXAMPLES


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """Round-trip consistency (Promptagator, arXiv 2209.11755): does the passage come back?"""

    enabled: bool = True
    #: The retrievers that are asked; one that returns the passage is enough.
    retrievers: tuple[str, ...] = ("student", "bm25")
    top_k: int = 20


@dataclass(frozen=True, slots=True)
class MineSettings:
    """Hard negatives (GPL paper, section 4.1 and appendix A)."""

    #: "student", "bm25", or an encoder's name.
    retrievers: tuple[str, ...] = ("student",)
    #: Negatives from each retriever.
    negatives: int = 50
    #: Drop a negative that scores above this share of the positive's score by the retriever
    #: that found it (NV-Retriever, arXiv 2407.15831); 0 keeps all, as the paper does. A topic's
    #: passages (train.topic_passages) are no such negatives and are kept: the teacher judges them.
    positive_aware: float = 0.0


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """Pseudo labels (GPL paper, section 3)."""

    #: "bm25", "student", or a re-ranker: "cross-encoder:NAME", "monot5:NAME", "likelihood:NAME",
    #: "encoder:NAME" or "late:NAME". The scores of several are standardised per query and summed.
    teachers: tuple[str, ...] = ("cross-encoder:cross-encoder/ms-marco-MiniLM-L6-v2",)
    #: One weight for each teacher; empty weighs them alike.
    weights: tuple[float, ...] = ()
    #: Added to the source passage's label: that the query was written from it is evidence too,
    #: which teachers without training on questions lack. In standard deviations of a query's
    #: labels where several teachers are summed, else on the teacher's scale. 0 as in the paper.
    source_bonus: float = 0.0
    #: Negatives labelled for each query, drawn from the mined ones.
    negatives: int = 18
    max_passage_tokens: int = 350
    batch_size: int = 32
    #: Queries that the teacher check looks at.
    check_queries: int = 200


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Training; names as in sentence-transformers' training arguments."""

    #: "margin-mse" (GPL paper, equation 1), "kl" (listwise, arXiv 2505.19274), or "mnrl", which
    #: takes no labels and sets each query against its whole batch (QGen; arXiv 1807.03748); for
    #: pictures with captions "clip", which sets each picture against the batch too (arXiv
    #: 2103.00020, figure 3).
    objective: str = "margin-mse"
    #: Negatives in each training example: 1 as in the paper, or more; for mnrl also 0, as a
    #: batch's other passages are negatives too.
    negatives: int = 1
    per_device_train_batch_size: int = 32
    #: Passages in a batch of one topic: each query about one of them is compared with all of
    #: them, which are encoded once (after TAS-B, arXiv 2104.06967). 0: random batches, as in the
    #: paper. A topic batch holds at most `per_device_train_batch_size` queries, from several
    #: topics where one has fewer.
    topic_passages: int = 0
    #: Different groupings of the corpus, used epoch by epoch in turn; each query is labelled
    #: for its group in all of them.
    topic_partitions: int = 2
    max_steps: int = 140_000
    #: Passes over the queries where those take fewer than `max_steps`; 0 counts none. Topic batches
    #: have no epochs.
    epochs: int = 0
    #: Order of the examples, negatives drawn and dropout; the recipe's own seed decides the rest.
    seed: int = 42
    learning_rate: float = 2e-5
    warmup_steps: int = 1_000
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    #: What a cosine is multiplied with before it is compared with the teacher; 1 for dot products.
    #: In mnrl it is one over the temperature. 0 is 20 for cosines in mnrl, kl or
    #: clip, else 1. (CLIP learns it and ends at 100, on far more data.)
    scale: float = 0.0
    #: Softens the teacher's distribution (objective kl).
    temperature: float = 1.0
    #: Weights of the FLOPS regulariser for a sparse student's queries and passages (SPLADE, arXiv
    #: 2107.05720), and the share of the steps over which they grow with the square of the step.
    flops_queries: float = 3e-4
    flops_passages: float = 1e-4
    flops_warmup: float = 0.33
    dropout: bool = True
    #: Texts encoded at a time within a batch; small ones stay in a CPU's cache.
    micro_batch_size: int = 8
    #: Steps between checkpoints and looks at the held-out queries.
    save_steps: int = 10_000
    #: Keep the model of every look, to measure quality over steps (GPL paper, Figure 2).
    keep_checkpoints: bool = False
    #: Share of the queries held out for choosing the checkpoint and for the label-free measure:
    #: above 0, as nothing else chooses, and below 1.
    held_out: float = 0.05
    max_held_out: int = 500
    #: How many times negatives are mined anew on the way, at equal distances, with the student as
    #: it is by then (R-GPL, arXiv 2501.14434); 0 as in the GPL paper.
    mine_again: int = 0
    #: Shares of the adapted weights in a mixture with the original ones, of which the held-out
    #: queries choose (LM-Cocktail, arXiv 2311.13534); none keeps the adapted weights as they are.
    merge: tuple[float, ...] = ()
    #: Adapt how queries are read and leave passages the vectors that they have, so that nothing is
    #: indexed anew; the model is delivered with a way for each.
    query_only: bool = False
    #: What of a picture model stays as it is: "text" or "pictures", the whole tower (LiT, arXiv
    #: 2111.07991); "bodies", both towers but for the linear layers that end them; or nothing.
    freeze: str = ""
    #: Learn factors of this rank beside the layers of attention and feed-forward, and leave the
    #: weights as they are (LoRA, arXiv 2106.09685); 0 learns all weights. A higher learning rate
    #: than for all weights is usual.
    lora_rank: int = 0


@dataclass(frozen=True, slots=True)
class PretrainSettings:
    """Pre-training steps, before or instead of the training on queries (GPL paper, section 4.1)."""

    max_steps: int = 100_000
    #: At least 2, as most methods compare a text with the others of its batch.
    per_device_train_batch_size: int = 8
    learning_rate: float = 3e-5
    warmup_steps: int = 1_000
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    #: Tokens per passage while pre-training; 0 keeps the student's limit.
    max_seq_length: int = 0
    #: Steps between checkpoints. There are no held-out labels: the last step's weights are kept.
    save_steps: int = 10_000
    #: Order of the passages, what is masked or deleted, dropout, and the weights of new layers.
    seed: int = 42


@dataclass(frozen=True, slots=True)
class TsdaeSettings:
    """Denoising auto-encoder (arXiv 2104.06979)."""

    #: Share of a passage's tokens that are deleted before it is encoded.
    deleted: float = 0.6


@dataclass(frozen=True, slots=True)
class MlmSettings:
    """Masked language model (arXiv 1810.04805, section 3.1)."""

    #: Share of the tokens that are to be predicted.
    masked: float = 0.15


@dataclass(frozen=True, slots=True)
class IctSettings:
    """Inverse Cloze Task (arXiv 1906.00300, section 4)."""

    #: How often the sentence that is taken as query is removed from its passage.
    removed: float = 0.9
    #: What cosines are divided by; dot products are taken as they are.
    temperature: float = 0.05


@dataclass(frozen=True, slots=True)
class SimcseSettings:
    """One text, two dropouts (arXiv 2104.08821, section 3)."""

    temperature: float = 0.05
    #: Dropout of the layers that a model trains without; without any there are no two views.
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class CondenserSettings:
    """Condenser (arXiv 2104.08253, section 3)."""

    masked: float = 0.15
    #: Layers of the head that joins the late CLS vector with the middle layer's tokens.
    layers: int = 2


@dataclass(frozen=True, slots=True)
class ModirSettings:
    """Domain-adversarial training with a momentum queue (arXiv 2110.07581, section 3)."""

    #: Weight of the confusion loss beside the ranking loss, and after how many steps it is halved.
    confusion: float = 1.0
    halved_every: int = 10_000
    #: Latest vectors of each domain that the domain classifier learns from.
    queue: int = 4_096
    #: The domain classifier's own rate; it has to keep up with the encoder.
    classifier_learning_rate: float = 5e-4


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """A labelled collection of another domain, for the steps that learn from one."""

    #: A path, a name or an id, as `adapt` takes them; for "supervised" also what `train` takes.
    corpus: str = ""
    split: str = "train"
    #: What cosines are divided by, of its queries and passages; dot products are taken as they are.
    temperature: float = 0.05


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """Before and after."""

    measures: str = "nDCG@10 RR@10 R@100"
    split: str = "test"
    depth: int = 100


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what `adapt` does. Two equal recipes give equal rows."""

    name: str = "paper"
    description: str = ""
    seed: int = 42
    language: str = "en"
    #: Adapt to so many passages, drawn at random; 0: to all. People's judgments are measured on
    #: all of them either way, as in the GPL paper's Table 2.
    sample_passages: int = 0
    #: How the student is trained, step after step: "gpl", "qgen", "supervised", or a way of
    #: pre-training: "tsdae", "mlm", "ict", "simcse", "ct", "condenser", "udalm" or "modir"
    #: (docs/methods.md).
    steps: tuple[str, ...] = ("gpl",)
    student: StudentSettings = field(default_factory=StudentSettings)
    generate: GenerateSettings = field(default_factory=GenerateSettings)
    filter: FilterSettings = field(default_factory=FilterSettings)
    mine: MineSettings = field(default_factory=MineSettings)
    label: LabelSettings = field(default_factory=LabelSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    pretrain: PretrainSettings = field(default_factory=PretrainSettings)
    tsdae: TsdaeSettings = field(default_factory=TsdaeSettings)
    mlm: MlmSettings = field(default_factory=MlmSettings)
    ict: IctSettings = field(default_factory=IctSettings)
    simcse: SimcseSettings = field(default_factory=SimcseSettings)
    condenser: CondenserSettings = field(default_factory=CondenserSettings)
    modir: ModirSettings = field(default_factory=ModirSettings)
    source: SourceSettings = field(default_factory=SourceSettings)
    #: How the step "supervised" trains on the source; negatives are mined as `mine` says.
    supervised: TrainSettings = field(default_factory=lambda: TrainSettings(objective="mnrl"))
    measure: MeasureSettings = field(default_factory=MeasureSettings)
