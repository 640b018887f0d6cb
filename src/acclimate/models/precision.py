"""Where a model runs and in which numbers: bf16 only on hardware that multiplies it natively."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Placement:
    """A device and the number type of the weights on it."""

    device: torch.device
    dtype: torch.dtype

    @property
    def label(self) -> str:
        return f"{self.device.type}/{str(self.dtype).removeprefix('torch.')}"


def without_placement(identity: str) -> str:
    """A model's identity less where it ran, for what may be built on one machine and used on
    another: device and number type move a vector by rounding only.
    """
    return re.sub(r"-(cpu|cuda|mps)/\w+$", "", identity)


def has_native_bf16(device: torch.device) -> bool:
    """True where a bf16 matrix product is faster than an fp32 one instead of emulated."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        abilities = torch.cpu.get_capabilities()
        return bool(abilities.get("amx_bf16") or abilities.get("avx512_bf16"))
    return False


def best_placement(dtype: str = "auto") -> Placement:
    """The fastest device at hand; `dtype` is auto, float32 or bfloat16.

    What bf16 gains in throughput and costs in cosine against fp32 is what `bench/encode.py` prints.
    """
    if torch.cuda.is_available():
        device = torch.device("cuda")
    elif torch.backends.mps.is_available():
        device = torch.device("mps")
    else:
        device = torch.device("cpu")
    if dtype == "auto":
        return Placement(device, torch.bfloat16 if has_native_bf16(device) else torch.float32)
    return Placement(device, {"float32": torch.float32, "bfloat16": torch.bfloat16}[dtype])


def training_attention() -> str | None:
    """The attention to train with: on a CPU the plain one, whose backward pass is far faster.

    torch's fused attention saves memory, which short passages do not need, and pays for it with a
    slow backward pass on CPUs.
    """
    return "eager" if best_placement().device.type == "cpu" else None
