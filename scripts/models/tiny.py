#!/usr/bin/env python3
"""Writes the tiny networks of fixtures/models/, which tests use to see what the tool does with odd models.

    python scripts/models/tiny.py

Each takes one picture [1, 3, 8, 8] and none has learnt anything: `mean` answers the mean pixel, `nan` answers NaN,
`batch4` is `mean` with a batch fixed at 4, `wide` answers five numbers. `det` and `rsqrt` are `mean` plus nothing, got by an
operator that only ONNX Runtime has, and by one that only tract has. Needs: onnx (see requirements.txt).
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


if __name__ == "__main__":
    main()
