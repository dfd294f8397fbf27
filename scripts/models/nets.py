"""The two small networks, their losses, and their way into ONNX."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

FIRST_AGE, CLASSES = 6, 70  # the cautious model's classes: 6, 7, .. 75 years


class Net(nn.Module):
    """Four strided convolutions and two dense layers. Where a feature lies tells the age, so nothing is pooled away."""

    def __init__(self, size: int, channels: int, widths: tuple[int, ...], hidden: int, outputs: int):
        super().__init__()
        layers: list[nn.Module] = []
        before = channels
        for width in widths:
            layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            before = width
            size = (size + 1) // 2
        self.features = nn.Sequential(*layers)
        self.drop = nn.Dropout(0.15)
        self.first = nn.Linear(before * size * size, hidden)
        self.last = nn.Linear(hidden, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.drop(self.features(x).flatten(1))
        return self.last(torch.relu(self.first(x)))


def even_loss(output: torch.Tensor, ages: torch.Tensor) -> torch.Tensor:
    """Too old and too young cost the same."""
    return nn.functional.smooth_l1_loss(output[:, 0], ages, beta=1.0)


def expectation(output: torch.Tensor) -> torch.Tensor:
    """The mean age under the softmax of the classes."""
    return output.softmax(1) @ (FIRST_AGE + torch.arange(CLASSES, dtype=output.dtype))


def cautious_loss(output: torch.Tensor, ages: torch.Tensor) -> torch.Tensor:
    """Pinball loss for the 16 % quantile: a year too old costs five times a year too young.

    A little cross-entropy against a broad bell round the age keeps the classes in order.
    """
    error = ages - expectation(output)
    pinball = torch.maximum(0.16 * error, -0.84 * error).mean()
    grid = FIRST_AGE + torch.arange(CLASSES, dtype=output.dtype)
    bell = torch.softmax(-0.5 * ((grid[None] - ages[:, None] + 2.0) / 3.0) ** 2, 1)
    return pinball + 0.05 * nn.functional.cross_entropy(output, bell)


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias of the convolution with its batch normalisation multiplied in."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight = conv.weight * scale[:, None, None, None]
    bias = (conv.bias - norm.running_mean) * scale + norm.bias
    return weight.detach().numpy(), bias.detach().numpy()


def to_onnx(net: Net, size: int, channels: int, layout: str, output: str, unit: float, shift: float) -> onnx.ModelProto:
    """The trained network as opset 13 with a batch of one; `unit` and `shift` turn the last layer into years."""
    net.eval()
    nodes, weights = [], []

    def held(name: str, values: np.ndarray) -> str:
        weights.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    shape = [1, channels, size, size] if layout == "nchw" else [1, size, size, channels]
    at = "image"
    if layout == "nhwc":
        nodes.append(helper.make_node("Transpose", [at], ["planes"], perm=[0, 3, 1, 2]))
        at = "planes"
    for i in range(0, len(net.features), 3):
        weight, bias = _folded(net.features[i], net.features[i + 1])
        k = i // 3
        inputs = [at, held(f"conv{k}.weight", weight), held(f"conv{k}.bias", bias)]
        nodes.append(
            helper.make_node("Conv", inputs, [f"conv{k}"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        )
        nodes.append(helper.make_node("Relu", [f"conv{k}"], [f"relu{k}"]))
        at = f"relu{k}"
    nodes.append(helper.make_node("Flatten", [at], ["flat"], axis=1))
    dense = [
        held("first.weight", net.first.weight.detach().numpy()),
        held("first.bias", net.first.bias.detach().numpy()),
    ]
    nodes.append(helper.make_node("Gemm", ["flat", *dense], ["hidden"], transB=1))
    nodes.append(helper.make_node("Relu", ["hidden"], ["lit"]))
    weight = net.last.weight.detach().numpy() * unit
    bias = net.last.bias.detach().numpy() * unit + shift
    nodes.append(
        helper.make_node("Gemm", ["lit", held("last.weight", weight), held("last.bias", bias)], [output], transB=1)
    )
    graph = helper.make_graph(
        nodes,
        "drawn-age",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, net.last.out_features])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model
