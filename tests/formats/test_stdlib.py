"""The embedded corpus: each public object once, under the name that people write."""

from __future__ import annotations

import subprocess
import sys

import pytest

from acclimate.formats.stdlib import documents
from acclimate.types import Document

KNOWN = (
    "asyncio.gather",
    "asyncio.gather",
    "bisect.bisect_right",
    "collections.Counter.most_common",
    "concurrent.futures.ThreadPoolExecutor",
    "dict.setdefault",
    "getpass.getpass",
    "heapq.nlargest",
    "io.StringIO",
    "itertools",
    "itertools.zip_longest",
    "json.JSONEncoder.default",
    "len",
    "os.listdir",
    "os.path.realpath",
    "pathlib.Path.glob",
    "random.choice",
    "re.sub",
    "str.maketrans",
    "subprocess.run",
    "unittest.TestCase.assertRaises",
    "weakref.WeakValueDictionary",
)


@pytest.fixture(scope="module")
def corpus() -> dict[str, Document]:
    return {document.id: document for document in documents()}


def test_every_id_is_unique_and_sorted() -> None:
    ids = [document.id for document in documents()]
    assert ids == sorted(set(ids))
    assert len(ids) > 5000


def test_every_document_has_a_text_and_a_title_that_begins_with_its_name(
    corpus: dict[str, Document],
) -> None:
    assert all(document.text.strip() for document in corpus.values())
    assert all(document.title.startswith(document.id) for document in corpus.values())


@pytest.mark.parametrize("name", KNOWN)
def test_well_known_name_is_present(corpus: dict[str, Document], name: str) -> None:
    assert name in corpus


@pytest.mark.parametrize(
    "name",
    [
        "posixpath.join",  # documented as os.path.join
        "bisect.bisect",  # an alias of bisect_right
        "random.Random.choice",  # random.choice is its bound method
        "collections.OrderedDict.get",  # inherited from dict
        "asyncio.TimeoutError",  # the builtin one
        "cgi.StringIO",  # imported there from io
        "antigravity",
        "this",
    ],
)
def test_second_names_and_noisy_modules_are_left_out(
    corpus: dict[str, Document], name: str
) -> None:
    assert name not in corpus


def test_title_tells_how_to_call_it(corpus: dict[str, Document]) -> None:
    assert corpus["pathlib.Path.glob"].title.startswith("pathlib.Path.glob(pattern")
    assert corpus["itertools"].title == "itertools"


def test_nothing_of_this_machine_gets_into_the_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    # cgi has os.environ as a default value, and environments hold passwords.
    monkeypatch.setenv("ACCLIMATE_SECRET", "swordfish")
    for document in documents():
        words = document.title + document.text
        assert "swordfish" not in words
        assert " at 0x" not in words
        assert sys.executable not in words


def test_python_without_tkinter_has_a_corpus_too() -> None:
    program = (
        "import sys\n"
        "sys.modules['tkinter'] = None\n"
        "from acclimate.formats.stdlib import documents\n"
        "ids = [document.id for document in documents()]\n"
        "print(len(ids) > 5000, any(id.startswith('tkinter') for id in ids))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["True", "False"]


def test_fresh_interpreters_agree_and_print_nothing_else() -> None:
    program = (
        "import hashlib\n"
        "from acclimate.formats.stdlib import documents\n"
        "print(hashlib.sha256(repr(list(documents())).encode()).hexdigest())\n"
    )
    runs = [
        subprocess.run(
            # -W error: a warning that escapes becomes a failure.
            [sys.executable, "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        )
        for seed in ("1", "2")
    ]
    assert [run.stderr for run in runs] == ["", ""]
    assert len(runs[0].stdout.split()) == 1
    assert runs[0].stdout == runs[1].stdout
