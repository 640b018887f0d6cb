import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

import acclimate
from acclimate.corpus import Corpus, open_corpus
from acclimate.errors import InputError, ModelNotFound, UsageError
from acclimate.formats.beir import write_beir
from acclimate.models.base import Similarity, Vectors
from acclimate.search.drop import DropSameId
from acclimate.systems import is_run, open_system
from acclimate.types import Judgment, Passage, Query

PASSAGES = [Passage("a", "red fox"), Passage("b", "blue whale"), Passage("c", "red whale")]


@dataclass
class LetterEncoder:
    """Counts letters; remembers how many passages it was asked for."""

    identity: str = "letters"
    name: str = "letters"
    similarity: Similarity = Similarity.COSINE
    dimension: int = 26
    encoded: list[str] = field(default_factory=list)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        counts = [[text.count(chr(97 + i)) for i in range(26)] for text in texts]
        return self.similarity.prepare(np.asarray(counts, dtype=np.float32))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        return self.encode_queries(texts)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LetterEncoder:
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path / "cache"))
    letters = LetterEncoder()
    monkeypatch.setattr("acclimate.systems.open_encoder", lambda name: letters)
    return letters


def _corpus(folder: Path, passages: Sequence[Passage] = PASSAGES) -> Corpus:
    write_beir(folder, passages, [Query("q", "red whale")], {"test": [Judgment("q", "c", 1)]})
    return open_corpus(folder)


def _ids(name: str, corpus: Corpus, text: str = "red whale") -> list[str]:
    hits = open_system(name, corpus).search([Query("q", text)], 3)[0]
    return [hit.passage_id for hit in hits]


def test_bm25_a_model_a_run_and_a_sum_are_opened_by_name(
    encoder: LetterEncoder, tmp_path: Path
) -> None:
    corpus = _corpus(tmp_path / "corpus")
    run = tmp_path / "run.trec"
    run.write_text("q Q0 b 1 2 x\nq Q0 a 2 1 x\n")
    assert _ids("bm25", corpus)[0] == "c"
    assert _ids("letters", corpus)[0] == "c"
    assert _ids(str(run), corpus) == ["b", "a"]
    assert _ids("bm25+letters", corpus)[0] == "c"
    assert open_system("bm25+letters", corpus).name == "bm25+letters"


def test_vectors_are_encoded_once_for_the_same_corpus_and_model(
    encoder: LetterEncoder, tmp_path: Path
) -> None:
    first = _ids("letters", _corpus(tmp_path / "one"))
    assert len(encoder.encoded) == 3
    assert _ids("letters", _corpus(tmp_path / "two")) == first
    assert len(encoder.encoded) == 3
    assert len(list((tmp_path / "cache" / "vectors").iterdir())) == 1


def test_changed_passages_or_models_never_meet_old_vectors(
    encoder: LetterEncoder, tmp_path: Path
) -> None:
    _ids("letters", _corpus(tmp_path / "one"))
    changed = [*PASSAGES[:2], Passage("c", "green snake")]
    assert _ids("letters", _corpus(tmp_path / "two", changed), "green snake")[0] == "c"
    assert len(encoder.encoded) == 6
    encoder.identity = "letters, trained further"
    _ids("letters", _corpus(tmp_path / "one"))
    assert len(encoder.encoded) == 9


def test_an_encoding_that_breaks_off_leaves_nothing_behind(
    encoder: LetterEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(texts: Sequence[str]) -> Vectors:
        raise KeyboardInterrupt

    monkeypatch.setattr(encoder, "encode_passages", stop)
    with pytest.raises(KeyboardInterrupt):
        open_system("letters", _corpus(tmp_path / "corpus"))
    assert list((tmp_path / "cache" / "vectors").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_done_without(
    encoder: LetterEncoder, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert _ids("letters", _corpus(tmp_path / "corpus"))[0] == "c"


def test_own_passages_are_dropped_where_the_corpus_says_so(tmp_path: Path) -> None:
    write_beir(tmp_path, PASSAGES, [Query("c", "red whale")], {"test": [Judgment("c", "a", 1)]})
    corpus = open_corpus(tmp_path)
    assert isinstance(open_system("bm25", corpus), DropSameId)
    assert not isinstance(open_system("bm25", corpus, drop_same_id=False), DropSameId)


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("", UsageError, "without a name"),
        ("bm25+", UsageError, "without a name"),
        ("absent.trec", InputError, "absent.trec: cannot be read"),
        ("no/such/model", ModelNotFound, "Remedies"),
    ],
)
def test_what_is_no_system_is_refused(
    name: str, error: type[Exception], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", _no_hub)
    with pytest.raises(error, match=said):
        open_system(name, _corpus(tmp_path))


def _no_hub(*_: object, **__: object) -> str:
    raise ConnectionError("no hub here")


def test_a_folder_is_no_run_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "model.run").mkdir()
    assert not is_run(str(tmp_path / "model.run"))
    assert is_run("x.trec.gz")


def test_the_functions_of_the_package_answer_like_the_command_line(tmp_path: Path) -> None:
    _corpus(tmp_path)
    found = acclimate.evaluate("bm25", tmp_path, measures="RR@10")
    assert found.measures["RR@10"].value == 1.0
    assert [hit.passage.text for hit in acclimate.search("bm25", tmp_path, "fox")] == ["red fox"]
    run = tmp_path / "empty.trec"
    run.write_text("q Q0 a 1 1 x\n")
    worse = acclimate.evaluate(str(run), tmp_path, measures="RR@10")
    (row,) = acclimate.compare(found, worse)
    assert row.difference.value == -1.0


def test_a_judged_collection_without_the_split_is_refused_before_the_work(tmp_path: Path) -> None:
    _corpus(tmp_path / "corpus")
    with pytest.raises(UsageError, match="no split 'dev' to measure on; it has test"):
        acclimate.adapt(
            tmp_path / "corpus",
            tmp_path / "out",
            evaluate=tmp_path / "corpus",
            overrides=["measure.split=dev"],
        )
    assert not (tmp_path / "out").exists()


def test_importing_the_package_waits_for_no_model_library() -> None:
    code = (
        "import sys, acclimate, acclimate.evaluate.measures\n"
        "assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)\n"
        "assert callable(acclimate.evaluate) and callable(acclimate.search)\n"
        "from acclimate.search.fuse import Fused\n"
        "assert callable(acclimate.search) and callable(acclimate.adapt)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
