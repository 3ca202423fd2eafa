"""The learned policy as an ONNX file: its graph, and the names of its features and actions."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from functions.dialogue.network import FORMAT
from model_artifacts.training.dialogue.learning import Learned

OPSET = 17


def exported(policy: Learned) -> bytes:
    """The file: `features` (0 or 1 for each name, any number of rows) in, `confidence` of each action out."""
    weights = policy.weights
    tensors = [
        numpy_helper.from_array(np.ascontiguousarray(value, dtype="<f4"), name)
        for name, value in (
            ("rows", weights.rows),
            ("bias", weights.bias),
            ("columns", weights.columns),
            ("action_bias", weights.action_bias),
        )
    ]
    nodes = [
        helper.make_node("MatMul", ["features", "rows"], ["gathered"]),
        helper.make_node("Add", ["gathered", "bias"], ["shifted"]),
        helper.make_node("Tanh", ["shifted"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "columns"], ["weighed"]),
        helper.make_node("Add", ["weighed", "action_bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["confidence"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "next_action",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", len(policy.features)])],
        [helper.make_tensor_value_info("confidence", TensorProto.FLOAT, ["rows", len(policy.actions)])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    facts = {
        "format": FORMAT,
        "features": json.dumps(policy.features),
        "actions": json.dumps(policy.actions),
        "places": json.dumps(policy.places),
    }
    helper.set_model_props(model, facts)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content
