"""What training writes appears whole or not at all, and nothing is left of what was not."""

from __future__ import annotations

import shutil
from pathlib import Path

from acclimate.train.lora import folded
from acclimate.train.students import Student


def save_model(student: Student, folder: Path) -> None:
    """An ordinary sentence-transformers folder, in fp32 safetensors."""
    aside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    # A tokenizer would save how it was used last, which a resumed run has not done yet.
    backend = getattr(student.model.tokenizer, "backend_tokenizer", None)
    if backend is not None:
        backend.no_truncation()
        backend.no_padding()
    folded(student.model).save_pretrained(str(aside), create_model_card=False)
    replace_folder(aside, folder)


def sweep(folder: Path) -> None:
    """Make sure of a folder, without the files that safetensors was killed over."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".tmp*"):
        left.unlink(missing_ok=True)


def replace_folder(new: Path, old: Path) -> None:
    """Put a whole folder in the place of another."""
    gone = old.with_name(f".{old.name}.old")
    shutil.rmtree(gone, ignore_errors=True)
    if old.exists():
        old.rename(gone)
    new.rename(old)
    shutil.rmtree(gone, ignore_errors=True)
