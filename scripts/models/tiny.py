#!/usr/bin/env python3
"""Writes the tiny networks of fixtures/models/, which tests use to see what the tool does with odd models.

    python scripts/models/tiny.py

Each takes one picture [1, 3, 8, 8] and none has learnt anything: `mean` answers the mean pixel, `nan` answers NaN,
`batch4` is `mean` with a batch fixed at 4, `wide` answers five numbers. `det` and `rsqrt` are `mean` plus nothing, got by an
operator that only ONNX Runtime has, and by one that only tract has. `squares` is a face detector whose faces are red squares:
it takes [1, 3, 24, 32] from 0 to 1 and answers `scores` and `boxes` as UltraFace does. Needs: onnx (see requirements.txt).
"""
from pathlib import Path

from onnx import TensorProto, checker, helper, save

OUT = Path(__file__).resolve().parents[2] / "fixtures" / "models"


def write(name: str, nodes: list, batch: int = 1, columns: int = 1, standard: bool = True) -> None:
    """Saves a network from `picture` to `age` as NAME.onnx."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [batch, 3, 8, 8])
    age = helper.make_tensor_value_info("age", TensorProto.FLOAT, [batch, columns])
    constants = [
        helper.make_tensor("minus_one", TensorProto.FLOAT, [1], [-1.0]),
        helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]),
        helper.make_tensor("five", TensorProto.FLOAT, [1, 5], [1.0, 2.0, 3.0, 4.0, 5.0]),
    ]
    used = {i for node in nodes for i in node.input}
    graph = helper.make_graph(nodes, name, [picture], [age], [c for c in constants if c.name in used])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if standard:
        checker.check_model(model)
    save(model, OUT / f"{name}.onnx")


def mean(output: str) -> list:
    """The mean of all pixels, one number a picture."""
    return [helper.make_node("ReduceMean", ["picture"], [output], axes=[1, 2, 3], keepdims=0)]


def squares() -> None:
    """Windows of 8 x 8 and 12 x 12 pixels at every fourth pixel; one that is red all over is a face."""
    node = helper.make_node
    tensor = lambda name, shape, values: helper.make_tensor(name, TensorProto.FLOAT, shape, values)
    constants = [tensor("red_of", [1, 3, 1, 1], [1.0, -0.5, -0.5]), tensor("steep", [1], [20.0])]
    nodes = [node("Conv", ["picture", "red_of"], ["red"])]
    boxes, scores = [], []
    for side, bias in ((8, -12.0), (12, -11.0)):  # of two windows that are all red the larger is surer
        constants.append(tensor(f"bias{side}", [1], [bias]))
        nodes += [
            node("AveragePool", ["red"], [f"mean{side}"], kernel_shape=[side, side], strides=[4, 4]),
            node("Mul", [f"mean{side}", "steep"], [f"steep{side}"]),
            node("Add", [f"steep{side}", f"bias{side}"], [f"logit{side}"]),
            node("Reshape", [f"logit{side}", "flat"], [f"flat{side}"]),
        ]
        scores.append(f"flat{side}")
        for top in range(0, 24 - side + 1, 4):
            boxes += [(left / 32, top / 24, (left + side) / 32, (top + side) / 24) for left in range(0, 32 - side + 1, 4)]
    count = len(boxes)
    constants += [
        helper.make_tensor("flat", TensorProto.INT64, [3], [1, -1, 1]), tensor("one", [1], [1.0]), tensor("no", [1], [0.0]),
        tensor("corners", [1, count, 4], [end for box in boxes for end in box]),
    ]
    nodes += [
        node("Concat", scores, ["logits"], axis=1), node("Sigmoid", ["logits"], ["face"]),
        node("Sub", ["one", "face"], ["ground"]), node("Concat", ["ground", "face"], ["scores"], axis=2),
        node("Mul", ["face", "no"], ["nothing"]), node("Add", ["corners", "nothing"], ["boxes"]),
    ]
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    outputs = [value("scores", [1, count, 2]), value("boxes", [1, count, 4])]
    graph = helper.make_graph(nodes, "squares", [value("picture", [1, 3, 24, 32])], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model)
    save(model, OUT / "squares.onnx")


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    flat = helper.make_node("Unsqueeze", ["m", "axis"], ["age"])
    column = [*mean("m"), helper.make_node("Constant", [], ["axis"], value_ints=[1]), flat]
    write("mean", column)
    write("batch4", column, batch=4)
    below = helper.make_node("Sub", ["minus_one", "column"], ["below"])
    to_column = [*mean("m"), helper.make_node("Constant", [], ["axis"], value_ints=[1]),
                 helper.make_node("Unsqueeze", ["m", "axis"], ["column"])]
    write("nan", [*to_column, below, helper.make_node("Log", ["below"], ["age"])])
    nothing = [helper.make_node("Mul", ["odd", "zero"], ["nothing"]), helper.make_node("Add", ["column", "nothing"], ["age"])]
    gray = helper.make_node("ReduceMean", ["picture"], ["gray"], axes=[1], keepdims=0)
    write("det", [*to_column, gray, helper.make_node("Det", ["gray"], ["odd"]), *nothing])
    write("rsqrt", [*to_column, helper.make_node("Rsqrt", ["column"], ["odd"]), *nothing], standard=False)
    write("wide", [*to_column, helper.make_node("Mul", ["column", "five"], ["age"])], columns=5)
    squares()


if __name__ == "__main__":
    main()
