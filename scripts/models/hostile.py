"""Writes fixtures/hostile/: tiny networks that take any time or memory, some of them only on a bright picture.

    pip install onnx && python3 scripts/models/hostile.py fixtures/hostile

All take one 8 x 8 picture, [1, 3, 8, 8] floats, and promise one number, `age`. What a black picture (all zeros, with which a
model is tried before any work) does not show, a white one does.
"""

import sys
from pathlib import Path

import onnx
from onnx import TensorProto, helper


def constant(name, values, kind=TensorProto.INT64, shape=None):
    return helper.make_tensor(name, kind, [len(values)] if shape is None else shape, values)


def save(folder, name, nodes, initializers):
    given = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 8, 8])
    age = helper.make_tensor_value_info("age", TensorProto.FLOAT, [1, 1])
    graph = helper.make_graph(nodes, "hostile", [given], [age], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="")
    model.ir_version = 8
    onnx.save(model, folder / f"{name}.onnx")


def brightest():
    """The brightest number of the picture, as [1, 1] and as one whole number."""
    return [
        helper.make_node("ReduceMax", ["picture"], ["flat"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Reshape", ["flat", "one_by_one"], ["bright"]),
    ]


def loop(folder, name, count):
    """A loop whose number of turns is `count` nodes' output `turns`; each turn adds one to a number."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["going_on"]),
            helper.make_node("Add", ["sum", "step"], ["sum_then"]),
        ],
        "turn",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("sum", TensorProto.FLOAT, [1, 1]),
        ],
        [
            helper.make_tensor_value_info("going_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("sum_then", TensorProto.FLOAT, [1, 1]),
        ],
        [constant("step", [1e-9], TensorProto.FLOAT, [1, 1])],
    )
    nodes = [*brightest(), *count, helper.make_node("Loop", ["turns", "yes", "bright"], ["age"], body=body)]
    save(folder, name, nodes, [constant("one_by_one", [1, 1]), helper.make_tensor("yes", TensorProto.BOOL, [], [True]),
                               constant("many", [1e12], TensorProto.FLOAT, [])])


def memory(folder, name, count):
    """A tensor of `numbers` floats, made and summed."""
    nodes = [
        *brightest(),
        *count,
        helper.make_node("ConstantOfShape", ["numbers"], ["large"], value=constant("value", [1.0], TensorProto.FLOAT)),
        helper.make_node("ReduceMean", ["large"], ["mean"], keepdims=0),
        helper.make_node("Add", ["mean", "bright"], ["age"]),
    ]
    save(folder, name, nodes, [constant("one_by_one", [1, 1]), constant("many", [1e12], TensorProto.FLOAT, []),
                               constant("one", [1]), constant("list", [1])])


def external(folder):
    """Weights that lie in another file, as a model names it: any file of the machine. More than eight numbers, for fewer are loaded on
    another way, and at no MatMul, whose passes refuse them: ONNX Runtime runs this network on whatever the file holds."""
    weights = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[16], data_location=TensorProto.EXTERNAL)
    for key, value in [("location", "secret.bin"), ("offset", "0"), ("length", "64")]:
        weights.external_data.add(key=key, value=value)
    nodes = [helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
             helper.make_node("Max", ["mean", "weights"], ["larger"]),
             helper.make_node("ReduceMax", ["larger"], ["largest"], axes=[0], keepdims=0),
             helper.make_node("Reshape", ["largest", "one_by_one"], ["age"])]
    given = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 8, 8])
    age = helper.make_tensor_value_info("age", TensorProto.FLOAT, [1, 1])
    graph = helper.make_graph(nodes, "hostile", [given], [age], [weights, constant("one_by_one", [1, 1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="")
    model.ir_version = 8
    (folder / "external.onnx").write_bytes(model.SerializeToString())


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    by_picture = [helper.make_node("Mul", ["flat", "many"], ["wanted"]),
                  helper.make_node("Cast", ["wanted"], ["turns"], to=TensorProto.INT64)]
    loop(folder, "endless_on_white", by_picture)
    loop(folder, "endless", [helper.make_node("Cast", ["many"], ["turns"], to=TensorProto.INT64)])
    shape = [helper.make_node("Mul", ["flat", "many"], ["wanted"]),
             helper.make_node("Cast", ["wanted"], ["whole"], to=TensorProto.INT64),
             helper.make_node("Reshape", ["whole", "list"], ["some"]),
             helper.make_node("Add", ["some", "one"], ["numbers"])]
    memory(folder, "huge_on_white", shape)
    shape = [helper.make_node("Cast", ["many"], ["whole"], to=TensorProto.INT64),
             helper.make_node("Reshape", ["whole", "list"], ["numbers"])]
    memory(folder, "huge", shape)
    external(folder)


main()
