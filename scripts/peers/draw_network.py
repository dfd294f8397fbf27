#!/usr/bin/env python3
"""Writes a network of MobileNetV2's shape (224 x 224, 300 million multiply-adds) with random weights, to time engines.

Needs: numpy, onnx.   Use: draw_network.py OUT.onnx
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Expansion, channels, repeats, first stride: Sandler et al. 2018, table 2.
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
random = np.random.default_rng(0)
nodes, weights = [], []


def constant(name, values):
    weights.append(numpy_helper.from_array(values.astype(np.float32), name))
    return name


def convolution(name, source, inputs, outputs, kernel, stride=1, groups=1, clipped=True):
    fan = inputs // groups * kernel * kernel
    weight = constant(f"{name}.w", random.normal(0, (2 / fan) ** 0.5, (outputs, inputs // groups, kernel, kernel)))
    bias = constant(f"{name}.b", random.normal(0, 0.01, outputs))
    sides = dict(kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4, group=groups)
    nodes.append(helper.make_node("Conv", [source, weight, bias], [name], name, **sides))
    if not clipped:
        return name
    nodes.append(helper.make_node("Clip", [name, "zero", "six"], [f"{name}.clip"], f"{name}.clip"))
    return f"{name}.clip"


def main():
    constant("zero", np.array(0.0))
    constant("six", np.array(6.0))
    value, channels = convolution("stem", "input", 3, 32, 3, 2), 32
    for stage, (expansion, outputs, repeats, first) in enumerate(STAGES):
        for block in range(repeats):
            name, stride, wide = f"s{stage}b{block}", first if block == 0 else 1, channels * expansion
            inner = convolution(f"{name}.expand", value, channels, wide, 1) if expansion > 1 else value
            inner = convolution(f"{name}.depth", inner, wide, wide, 3, stride, wide)
            inner = convolution(f"{name}.project", inner, wide, outputs, 1, clipped=False)
            if stride == 1 and channels == outputs:
                nodes.append(helper.make_node("Add", [value, inner], [f"{name}.sum"], f"{name}.sum"))
                inner = f"{name}.sum"
            value, channels = inner, outputs
    value = convolution("head", value, channels, 1280, 1)
    nodes.append(helper.make_node("GlobalAveragePool", [value], ["mean"], "mean"))
    nodes.append(helper.make_node("Flatten", ["mean"], ["flat"], "flat"))
    constant("years.w", random.normal(0, 0.02, (1280, 1)))
    constant("years.b", np.array([30.0]))
    nodes.append(helper.make_node("Gemm", ["flat", "years.w", "years.b"], ["years"], "years"))
    graph = helper.make_graph(
        nodes, "mobilenet_v2_shape",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        [helper.make_tensor_value_info("years", TensorProto.FLOAT, ["batch", 1])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, sys.argv[1])


main()
