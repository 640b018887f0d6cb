"""`acclimate distill` and `acclimate align`: what they print, and what they refuse."""

from pathlib import Path

import invented
import pytest

from commands import acclimate

QUICK = [
    f"--set={change}"
    for change in (
        "train.max_steps=2",
        "train.per_device_train_batch_size=8",
        "vocabulary.size=200",
    )
]


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return invented.teacher(tmp_path_factory.mktemp("teacher"))


def test_distill_prints_one_object(teacher: Path, tmp_path: Path) -> None:
    one, other = invented.parallel_files(tmp_path, 60)
    test = tmp_path / "test.txt"
    test.write_text(f"{invented.sentences(60)[3].title()}!\n")
    ran = acclimate(
        "distill", teacher, "new", one, other, "--out", tmp_path / "run", "--exclude", test,
        "--json", *QUICK,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert [each["language"] for each in ran.json["languages"]] == ["bg", "el"]
    assert ran.json["excluded"] == 2
    assert "side is among the excluded texts" in ran.err
    assert (Path(ran.json["model"]) / "model.safetensors").is_file()


def test_align_shows_accuracies(teacher: Path, tmp_path: Path) -> None:
    paths = invented.parallel_files(tmp_path, 60)
    ran = acclimate(
        "align", *paths, "--student", f"new:{teacher}", "--out", tmp_path / "run", *QUICK
    )
    assert ran.code == 0, ran.err
    assert "Best step:" in ran.out
    assert str(tmp_path / "run" / "model") in ran.out.replace("\n", "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("max_steps=3", "did you mean 'train.max_steps'?"),
        ("train.max_steps", "it must be key=value"),
        ("pairs.held_out=2", "pairs.held_out is 2.0; it is a share"),
    ],
)
def test_setting_that_is_none_is_refused(
    teacher: Path, tmp_path: Path, change: str, message: str
) -> None:
    paths = invented.parallel_files(tmp_path, 10)
    ran = acclimate("distill", teacher, "new", *paths, "--out", tmp_path / "x", "--set", change)
    assert ran.code == 2
    assert message in ran.err
