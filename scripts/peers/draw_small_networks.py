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


def write(name, nodes, weights, batch, shape, outputs, kind=TensorProto.FLOAT):
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("picture", kind, [batch, *shape])],
        [helper.make_tensor_value_info(output, kind, [batch, *sides]) for output, kind, sides in outputs],
        [numpy_helper.from_array(np.asarray(values), key) for key, values in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
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
    with open(os.path.join(FOLDER, "expected.json"), "w") as out:
        json.dump(expected, out, indent=1)


main()
