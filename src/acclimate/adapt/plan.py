"""The dry run: what every stage would do here, from a short calibration on this machine."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch

from acclimate.adapt.generate import Budget, budget
from acclimate.adapt.pretrained import SUPERVISED
from acclimate.adapt.steps import check_steps
from acclimate.adapt.store import sampled, store_passages
from acclimate.adapt.teachers import open_teacher
from acclimate.adapt.tools import Tools
from acclimate.corpus import Corpus
from acclimate.models.dense import DenseEncoder
from acclimate.models.polyglot import open_generator
from acclimate.models.resolve import Whereabouts, whereabouts
from acclimate.models.sentences import OwnSentences
from acclimate.pretrain.method import Batch
from acclimate.pretrain.methods import METHODS
from acclimate.progress import Progress, Silent
from acclimate.runs import Run
from acclimate.settings import Recipe, TrainSettings
from acclimate.train.dense import DenseTrainee
from acclimate.train.encode import GRAPH_TOKENS, GradientEncoder, Text
from acclimate.train.students import learning_student
from acclimate.types import Passage, Query

#: Passages that the calibration works on.
TRIED = 16
#: Bytes of activations kept for one token of one layer, per unit of hidden size, in bf16.
ACTIVATION_BYTES = 70


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage: what it works on, how long and in how much memory, what it would download."""

    name: str
    what: str
    items: int
    seconds: float
    memory_gb: float
    download: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All stages. Times are this machine's, of stages whose models are already here.

    slowdown: how many times as long as on an idle machine the calibration took, roughly.
    """

    stages: Sequence[StagePlan]
    slowdown: float = 1.0

    @property
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The counts that follow from a corpus and a recipe, before anything is dropped."""

    passages: int
    budget: Budget
    own: int

    @property
    def written(self) -> int:
        return self.budget.per_passage * self.budget.passages

    @property
    def queries(self) -> int:
        return self.written + self.own


def plan(corpus: Corpus, recipe: Recipe, progress: Progress | None = None) -> Plan:
    """Count the corpus, try each stage on a few passages, and multiply.

    Nothing is downloaded: a stage whose model is not here yet is listed without a time.
    """
    check_steps(recipe)
    with tempfile.TemporaryDirectory() as scratch, Run(Path(scratch), Silent()) as run:
        whole = store_passages(corpus, run)
        passages = sampled(whole, run, recipe.sample_passages, recipe.seed)
        tools = Tools(run, passages, recipe)
        settings = recipe.generate
        sizes = Sizes(
            passages=len(passages),
            budget=Budget(0, 0) if settings.only_own_sentences else budget(settings, len(passages)),
            own=settings.own_sentences * len(passages),
        )
        sample = list(islice(passages, TRIED))
        rehearsal = _Rehearsal(tools, recipe, sizes, sample)
        stages: list[StagePlan] = []
        steps = rehearsal.steps()
        with (progress or Silent()).task("calibrate", len(steps)) as advance:
            for step in steps:
                stages.append(step())
                advance(1)
        return Plan(_with_rounds(stages, recipe.train.mine_again), rehearsal.clock.slowdown)


def _with_rounds(stages: Sequence[StagePlan], again: int) -> list[StagePlan]:
    """With what negatives mined anew take: at most, since pairs that have labels keep them."""
    repeated = [
        replace(
            stage,
            name=f"{stage.name} again",
            items=again * stage.items,
            seconds=again * stage.seconds,
            download="",
        )
        for stage in stages
        if again and stage.name.partition(" ")[0] in ("encode", "mine", "label")
    ]
    *before, train, measure = stages
    return [*before, train, *repeated, measure]


class _Rehearsal:
    def __init__(
        self, tools: Tools, recipe: Recipe, sizes: Sizes, sample: Sequence[Passage]
    ) -> None:
        self.tools = tools
        self.recipe = recipe
        self.sizes = sizes
        self.sample = sample
        self.clock = Clock()
        self.rows = [tools.rows[passage.id] for passage in sample]
        drawn = OwnSentences().generate(sample, 1, recipe.seed)
        self.queries = [
            Query(f"try-{n}", texts[0][1] if texts else passage.content[:60])
            for n, (passage, texts) in enumerate(zip(sample, drawn, strict=True))
        ]

    def steps(self) -> list[Callable[[], StagePlan]]:
        label = [lambda name=name: self._label(name) for name in self.recipe.label.teachers]
        steps = [self._step(name) for name in self.recipe.steps]
        return [self._encode, self._generate, self._search, *label, *steps, self._measure]

    def _encode(self) -> StagePlan:
        where = whereabouts(self.recipe.student.model)
        seconds = 0.0
        if where.here:
            contents = [passage.content for passage in self.sample]
            seconds = self._each(lambda: self.tools.student.encode_passages(contents))
        count = self.sizes.passages
        vectors = count * 4 * (self.tools.student.dimension if where.here else 768) / 1e9
        return self._stage("encode", "passages", count, seconds, where.gigabytes + vectors, [where])

    def _generate(self) -> StagePlan:
        settings = self.recipe.generate
        if settings.only_own_sentences:
            return self._stage("generate", "own sentences", self.sizes.own, 0.0, 0.0, [])
        where = whereabouts(settings.model)
        seconds, each = 0.0, self.sizes.budget.per_passage
        if where.here:
            generator = open_generator(settings)
            generator.generate(self.sample[:1], 1, 0)
            few = self.sample[: max(2, min(TRIED, settings.batch_size // max(1, each)))]
            seconds = self.clock.time(lambda: generator.generate(few, each, 0)) / (len(few) * each)
        return self._stage(
            "generate", "queries", self.sizes.written, seconds, where.gigabytes * 1.5, [where]
        )

    def _search(self) -> StagePlan:
        """Filter and mine: every query through every retriever, its vector computed once."""
        names = dict.fromkeys(
            (*(self.recipe.filter.retrievers if self.recipe.filter.enabled else ()),
             *self.recipe.mine.retrievers)
        )  # fmt: skip
        models = [self.recipe.student.model if name == "student" else name
                  for name in names if name != "bm25"]  # fmt: skip
        places = [whereabouts(model) for model in models]
        seconds = 0.0
        if "bm25" in names:
            seconds += self._each(lambda: self.tools.lexical.search(self.queries, 50))
        if models and places[0].here:
            texts = [query.text for query in self.queries]
            seconds += self._each(lambda: self.tools.student.encode_queries(texts)) * len(models)
        others = [where for where in places if where.name != self.recipe.student.model]
        return self._stage("mine", "queries", self.sizes.queries, seconds, 0.5, others)

    def _label(self, teacher: str) -> StagePlan:
        train = self.recipe.train
        mates = train.topic_partitions * max(0, train.topic_passages - 1)
        pairs = self.sizes.queries * (1 + self.recipe.label.negatives + mates)
        model = teacher.partition(":")[2]
        places = [whereabouts(model)] if model else []
        seconds = 0.0
        if not model:
            # BM25 and the student look labels up in what the other stages have computed.
            return self._stage(f"label {teacher}", "pairs", pairs, 2e-5, 0.2, [])
        if teacher.startswith("encoder:"):
            # Its passages are what costs, each encoded once however many pairs it is in.
            contents = [passage.content for passage in self.sample]
            if places[0].here:
                encoder = self.tools.encoder(model)
                seconds = self._each(lambda: encoder.encode_passages(contents))
            memory = places[0].gigabytes
            count = self.sizes.passages
            return self._stage(f"label {teacher}", "passages", count, seconds, memory, places)
        if places[0].here:
            scorer = open_teacher(self.tools, teacher)
            tried = [(query, passage) for query in self.queries[:8] for passage in self.sample[:2]]
            scorer.score(tried[:1])
            seconds = self.clock.time(lambda: scorer.score(tried)) / len(tried)
        memory = sum(where.gigabytes for where in places) * 1.5
        return self._stage(f"label {teacher}", "pairs", pairs, seconds, memory, places)

    def _step(self, name: str) -> Callable[[], StagePlan]:
        if name in METHODS:
            return lambda: self._pretrain(name)
        if name == SUPERVISED:
            return lambda: self._train(name, self.recipe.supervised)
        return lambda: self._train("train", self.recipe.train)

    def _pretrain(self, name: str) -> StagePlan:
        """One real step on the sample, from the recipe's own student."""
        where = whereabouts(self.recipe.student.model)
        settings = self.recipe.pretrain
        seconds = 0.0
        if where.here:
            method = METHODS[name].make(learning_student(self.recipe.student), self.recipe)
            contents = [passage.content for passage in self.sample]
            usable = [content for content in contents if method.usable(content)]
            size = settings.per_device_train_batch_size
            texts = list(islice(cycle(usable or contents), size))

            def once() -> None:
                torch.autograd.backward(method.loss(Batch(texts, 0, np.random.default_rng(0))))

            once()
            seconds = self.clock.time(once)
        # Weights, gradients, two moments and fp32 masters, as in training; a decoder is tied.
        memory = where.gigabytes * 6
        return self._stage(name, "steps", settings.max_steps, seconds, memory, [])

    def _train(self, name: str, settings: TrainSettings) -> StagePlan:
        where = whereabouts(self.recipe.student.model)
        seconds, memory = 0.0, 0.0
        if where.here:
            student = DenseEncoder.load(self.recipe.student.model)
            per_passage, per_query = self._gradient_seconds(student)
            queries = float(settings.per_device_train_batch_size)
            passages = queries * (1 + settings.negatives)
            if settings.topic_passages:
                passages = settings.topic_passages
                each = self.sizes.queries / max(1, self.sizes.passages)
                queries = min(queries, each * passages)
            seconds = queries * per_query + passages * per_passage
            config = student.model[0].config
            layers = getattr(config, "num_hidden_layers", 6)
            memory = GRAPH_TOKENS * layers * student.dimension * ACTIVATION_BYTES / 1e9
        steps = settings.max_steps
        return self._stage(name, "steps", steps, seconds, memory + where.gigabytes * 6, [])

    def _gradient_seconds(self, student: DenseEncoder) -> tuple[float, float]:
        """Seconds of one passage and of one query, forward and backward."""
        size = self.recipe.train.micro_batch_size
        encoder = GradientEncoder(DenseTrainee(student), size, lambda: None)
        found = []
        for contents in (
            [passage.content for passage in self.sample[:8]],
            [query.text for query in self.queries],
        ):
            texts = [Text(content, None) for content in contents]

            def once(texts: list[Text] = texts) -> None:
                vectors = encoder.encode(texts)
                encoder.carry_back(vectors.detach())

            once()
            found.append(self.clock.time(once) / len(texts))
        return found[0], found[1]

    def _measure(self) -> StagePlan:
        encode = self._encode()
        return replace(encode, name="measure", what="passages, encoded anew", download="")

    def _each(self, work: Callable[[], object]) -> float:
        work()
        return self.clock.time(work) / len(self.sample)

    def _stage(
        self,
        name: str,
        what: str,
        items: int,
        seconds: float,
        memory: float,
        places: Sequence[Whereabouts],
    ) -> StagePlan:
        download = ", ".join(where.download for where in places if not where.here)
        return StagePlan(name, what, items, seconds * items, round(memory, 2), download)


class Clock:
    """Times work, and how much of it the machine spent on other work."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._worked = 0.0

    def time(self, work: Callable[[], object]) -> float:
        """The seconds that work takes."""
        started, at_work = time.perf_counter(), time.thread_time()
        work()
        passed = time.perf_counter() - started
        self._passed += passed
        self._worked += time.thread_time() - at_work
        return passed

    @property
    def slowdown(self) -> float:
        """How many times as long as this thread was at work everything took.

        On an idle machine a thread that computes always runs; one that waits for an accelerator
        does not, so that nothing can be told where there is one.
        """
        if torch.cuda.is_available() or not self._worked:
            return 1.0
        return max(1.0, self._passed / self._worked)
