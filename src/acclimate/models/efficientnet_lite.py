"""EfficientNet-Lite0's published weights as an ordinary model of transformers.

EfficientNet-Lite (github.com/tensorflow/tpu, 2020) is EfficientNet-B0 (Tan and Le, arXiv
1905.11946) with ReLU6 and without squeeze-and-excitation. transformers has the latter built in: its
gates are set wide open here, at sigmoid(20), which is 1 in fp32, so that nothing is lost.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import EfficientNetModel

#: What the layers outside the blocks, and those of each block, are called there and here.
_OUTSIDE = {
    "_conv_stem": "embeddings.convolution",
    "_bn0": "embeddings.batchnorm",
    "_conv_head": "encoder.top_conv",
    "_bn1": "encoder.top_bn",
}
_INSIDE = {
    "_expand_conv": "expansion.expand_conv",
    "_bn0": "expansion.expand_bn",
    "_depthwise_conv": "depthwise_conv.depthwise_conv",
    "_bn1": "depthwise_conv.depthwise_norm",
    "_project_conv": "projection.project_conv",
    "_bn2": "projection.project_bn",
}
_OPEN = 20.0


def save_lite0(weights: Path, folder: Path) -> None:
    """Write a model folder, with its picture processor, from a state dict of the lite0 port.

    The file must have been checked against a known hash: torch's format is a pickle, of which only
    tensors are read. The classifier is left out.
    """
    import torch
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    given = torch.load(weights, map_location="cpu", weights_only=True)
    _model(given).save_pretrained(folder)
    # As it was trained: the shorter side to 256, of which the middle 224, bicubic, (x - 127) / 128.
    CLIPImageProcessorPil(
        size={"shortest_edge": 256},
        crop_size=224,
        image_mean=[127 / 255] * 3,
        image_std=[128 / 255] * 3,
    ).save_pretrained(folder)


def _model(given: dict[str, Tensor]) -> EfficientNetModel:
    import torch
    from transformers import EfficientNetConfig, EfficientNetModel

    model = EfficientNetModel(
        EfficientNetConfig(
            width_coefficient=1.0,
            depth_coefficient=1.0,
            image_size=224,
            hidden_act="relu6",
            hidden_dim=1280,
        )
    )
    wanted = {_renamed(name): tensor for name, tensor in given.items() if name[:3] != "_fc"}
    for name, tensor in model.state_dict().items():
        if "squeeze_excite" in name:
            open_gate = name.endswith("expand.bias")
            wanted[name] = torch.full_like(tensor, _OPEN if open_gate else 0.0)
    model.load_state_dict(wanted)
    return model


def _renamed(name: str) -> str:
    block = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if block:
        return f"encoder.blocks.{block[1]}.{_INSIDE[block[2]]}.{block[3]}"
    layer, _, tensor = name.partition(".")
    return f"{_OUTSIDE[layer]}.{tensor}"
