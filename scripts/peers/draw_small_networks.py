#!/usr/bin/env python3
"""Writes the small networks of fixtures/networks with random weights, and what ONNX Runtime answers (expected.json).

The input of every network is sin(0.37 k) for k = 0, 1, 2, ... Needs: numpy, onnx, onnxruntime.
Use: draw_small_networks.py fixtures/networks
"""
import json
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = sys.argv[1]
random = np.random.default_rng(7)
expected = {}


def write(name, nodes, weights, batch, shape, outputs, kind=TensorProto.FLOAT, opset=13):
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("picture", kind, [batch, *shape])],
        [helper.make_tensor_value_info(output, kind, [batch, *sides]) for output, kind, sides in outputs],
        [numpy_helper.from_array(np.asarray(values), key) for key, values in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    path = os.path.join(FOLDER, f"{name}.onnx")
    onnx.save(model, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    sample = np.sin(0.37 * np.arange(np.prod(shape))).astype(np.float32).reshape(shape)
    rows = batch if isinstance(batch, int) else 1
    element = {TensorProto.FLOAT: np.float32, TensorProto.DOUBLE: np.float64}[kind]
    answers = session.run(None, {"picture": np.stack([sample.astype(element)] * rows)})
    expected[name] = {
        "shape": [1, *shape],
        "outputs": {output: np.asarray(answer[0], np.float64).ravel().tolist() for (output, _, _), answer in zip(outputs, answers)},
    }


def normal(*shape):
    return random.normal(0, 0.4, shape).astype(np.float32)


def mixed(name, batch, layout):
    """Strides, padding, groups, dilation, rectifiers, every pooling; two outputs."""
    weights = {
        "w1": normal(12, 3, 3, 3), "b1": normal(12), "w2": normal(20, 12, 1, 1), "b2": normal(20),
        "w3": normal(20, 1, 3, 3), "w4": normal(10, 10, 2, 3), "b4": normal(10), "zero": np.float32(0), "six": np.float32(1.5),
        "w5": normal(1, 10), "b5": normal(1), "w6": normal(10, 3),
    }
    node = helper.make_node
    nodes = []
    source = "picture"
    if layout == "nhwc":
        nodes.append(node("Transpose", ["picture"], ["channels_first"], perm=[0, 3, 1, 2]))
        source = "channels_first"
    nodes += [
        node("Conv", [source, "w1", "b1"], ["c1"], strides=[2, 2], pads=[0, 1, 1, 2]),
        node("Relu", ["c1"], ["r1"]),
        node("Conv", ["r1", "w2", "b2"], ["c2"]),
        node("Clip", ["c2", "zero", "six"], ["r2"]),
        node("Conv", ["r2", "w3"], ["c3"], group=20, pads=[1, 1, 1, 1]),
        node("MaxPool", ["c3"], ["p3"], kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]),
        node("Conv", ["p3", "w4", "b4"], ["c4"], group=2, dilations=[2, 1], pads=[1, 1, 0, 0]),
        node("Tanh", ["c4"], ["t4"]),
        node("AveragePool", ["t4"], ["p4"], kernel_shape=[2, 2], strides=[1, 1]),
        node("GlobalAveragePool", ["p4"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "w5", "b5"], ["age"], transB=1),
        node("MatMul", ["f", "w6"], ["kind"]),
    ]
    shape = [3, 26, 37] if layout == "nchw" else [26, 37, 3]
    weights["w4"] = normal(10, 10, 2, 3)
    write(name, nodes, weights, batch, shape, [("age", TensorProto.FLOAT, [1]), ("kind", TensorProto.FLOAT, [3])])


def blocks(name, batch):
    """What comes behind convolutions in published networks: batch normalisation, shortcuts (one read twice), hard swish,
    squeeze and excitation, shuffled groups, a 5 x 5 depthwise convolution, one upwards, tanh before a pooling, softmax."""
    node, weights, nodes = helper.make_node, {}, []

    def normalised(source, target, channels):
        weights.update({
            f"{target}.scale": (1 + 0.3 * normal(channels)).astype(np.float32), f"{target}.shift": normal(channels),
            f"{target}.mean": normal(channels), f"{target}.variance": np.abs(normal(channels)) + np.float32(0.5),
        })
        names = [f"{target}.{part}" for part in ("scale", "shift", "mean", "variance")]
        nodes.append(node("BatchNormalization", [source, *names], [target]))

    def convolution(source, target, inputs, outputs, side, groups=1, **how):
        weights[f"{target}.w"] = normal(outputs, inputs // groups, side, side)
        nodes.append(node("Conv", [source, f"{target}.w"], [target], group=groups, **how))

    convolution("picture", "c1", 3, 16, 3, strides=[2, 2], pads=[1, 1, 1, 1])
    normalised("c1", "n1", 16)
    nodes.append(node("HardSwish", ["n1"], ["h1"]))
    convolution("h1", "c2", 16, 24, 1)
    normalised("c2", "n2", 24)
    nodes.append(node("Relu", ["n2"], ["r2"]))
    convolution("r2", "c3", 24, 24, 5, groups=24, pads=[2, 2, 2, 2])
    normalised("c3", "n3", 24)
    nodes.append(node("Relu", ["n3"], ["r3"]))
    nodes.append(node("GlobalAveragePool", ["r3"], ["squeezed"]))
    convolution("squeezed", "s1", 24, 6, 1)
    nodes.append(node("Relu", ["s1"], ["s2"]))
    convolution("s2", "s3", 6, 24, 1)
    nodes.append(node("HardSigmoid", ["s3"], ["gate"], alpha=1 / 6, beta=0.5))
    nodes.append(node("Mul", ["r3", "gate"], ["gated"]))
    convolution("gated", "c4", 24, 16, 1)
    normalised("c4", "n4", 16)
    nodes.append(node("Add", ["h1", "n4"], ["a4"]))
    # The shortcut is read before and behind its rectifier.
    nodes.append(node("Relu", ["a4"], ["r4"]))
    convolution("r4", "c5", 16, 16, 3, groups=4, pads=[1, 1, 1, 1])
    nodes.append(node("Add", ["c5", "a4"], ["a5"]))
    nodes.append(node("Relu", ["a5"], ["r5"]))
    weights.update({"apart": np.array([-1 if batch == "N" else batch, 4, 4, 19, 24]), "together": np.array([0, 16, 19, 24])})
    nodes.append(node("Reshape", ["r5", "apart"], ["grouped"]))
    nodes.append(node("Transpose", ["grouped"], ["swapped"], perm=[0, 2, 1, 3, 4]))
    nodes.append(node("Reshape", ["swapped", "together"], ["shuffled"]))
    convolution("shuffled", "c6", 16, 12, 3, strides=[2, 2], pads=[1, 1, 1, 1])
    nodes.append(node("Tanh", ["c6"], ["t6"]))
    nodes.append(node("MaxPool", ["t6"], ["p6"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1))
    weights["up.w"] = normal(12, 5, 2, 2)
    nodes.append(node("ConvTranspose", ["p6", "up.w"], ["up"], strides=[2, 2]))
    nodes.append(node("AveragePool", ["up"], ["p7"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]))
    nodes.append(node("ReduceMean", ["p7"], ["mean"], axes=[2, 3], keepdims=0))
    nodes.append(node("Softmax", ["mean"], ["kind"], axis=1))
    nodes.append(node("ReduceMax", ["p7"], ["age"], axes=[1, 2, 3], keepdims=0))
    write(name, nodes, weights, batch, [3, 37, 48], [("age", TensorProto.FLOAT, []), ("kind", TensorProto.FLOAT, [5])], opset=14)


def voice():
    """One side instead of two."""
    node = helper.make_node
    weights = {"w1": normal(8, 2, 5), "b1": normal(8), "w2": normal(8, 1, 3), "w3": normal(8, 8, 1), "w4": normal(8, 1)}
    nodes = [
        node("Conv", ["picture", "w1", "b1"], ["c1"], strides=[2], pads=[2, 2]),
        node("Relu", ["c1"], ["r1"]),
        node("Conv", ["r1", "w2"], ["c2"], group=8, pads=[1, 1]),
        node("Conv", ["c2", "w3"], ["c3"]),
        node("Add", ["c3", "r1"], ["a3"]),
        node("MaxPool", ["a3"], ["p3"], kernel_shape=[4], strides=[4]),
        node("GlobalAveragePool", ["p3"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("MatMul", ["f", "w4"], ["age"]),
    ]
    write("voice", nodes, weights, "N", [2, 101], [("age", TensorProto.FLOAT, [1])])


def main():
    os.makedirs(FOLDER, exist_ok=True)
    mixed("open_batch_nchw", "N", "nchw")
    mixed("fixed_batch_3_nhwc", 3, "nhwc")
    mixed("fixed_batch_1_nchw", 1, "nchw")
    node = helper.make_node
    write(
        "double", [node("ReduceMean", ["picture"], ["mean"], axes=[1, 2, 3], keepdims=0), node("Mul", ["mean", "scale"], ["age"])],
        {"scale": np.float64(30.5)}, "N", [3, 8, 8], [("age", TensorProto.DOUBLE, [])], TensorProto.DOUBLE,
    )
    write(
        "whole", [
            node("ReduceSum", ["picture", "axes"], ["sum"], keepdims=0),
            node("Cast", ["sum"], ["age"], to=TensorProto.INT64),
        ],
        {"axes": np.array([1, 2, 3], np.int64)}, "N", [3, 8, 8], [("age", TensorProto.INT64, [])],
    )
    blocks("blocks_open_batch", "N")
    blocks("blocks_fixed_batch_2", 2)
    voice()
    with open(os.path.join(FOLDER, "expected.json"), "w") as out:
        json.dump(expected, out, indent=1)


main()
