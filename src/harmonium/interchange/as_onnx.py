"""Classifiers as ONNX files, which ONNX Runtime and others run without JAX."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harmonium.errors import ConfigError, DataError
from harmonium.files import write_atomically
from harmonium.models import MLP, LeNet, LogisticRegression
from harmonium.models.layers import BatchNorm, ConvPool, Dense

OPERATORS = {
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu": "Relu",
    "softplus": "Softplus",
    "linear": "Identity",
}
EXACT = 2**24  # up to which float32 holds whole numbers
FAR = 1e5  # scales from zero, where float32 rounds by a hundredth of a scale
OPSET, FORMAT = 17, 9  # of 2022 and 2023: what older runtimes read too


class Graph:
    """Nodes one after the other, each of which takes what the last one gave."""

    def __init__(self, value: str):
        self.value = value
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def add(self, operator: str, *arrays: Any, **attributes: Any) -> None:
        """Add a node whose further inputs are arrays."""
        from onnx import helper, numpy_helper

        names = [f"{operator.lower()}_{len(self.nodes)}_{n}" for n in range(len(arrays))]
        for name, array in zip(names, arrays, strict=True):
            self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        output = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.value, *names], [output], **attributes))
        self.value = output


def save_onnx(
    model: Any,
    path: str | Path,
    shape: Sequence[int],
    classes: Sequence[str],
    *,
    offsets: Sequence[float] = (),
    scales: Sequence[float] = (),
    bounded: bool = False,
    columns: Sequence[str] = (),
    description: str = "",
) -> Path:
    """Write a classifier as an ONNX file.

    Parameters
    ----------
    model
        A `LogisticRegression`, `MLP` (a fine-tuned stack is one too) or `LeNet`.
    path
        The file.
    shape
        Of one example: (height, width), (height, width, 3) or (features,).
    classes
        Their names, in the order of the outputs; kept as JSON in the file's metadata under "classes".
    offsets, scales
        What the file does to numbers first: (x - offset) / scale, with one of each for every value, or one for all.
    bounded
        Whether what then lies outside [0, 1] is moved to its ends.
    columns
        Names of a row's values, kept as JSON in the metadata under "columns".
    description
        What the file says of itself.

    Returns
    -------
    The path. The file's input "x" is (examples, *shape), float32, as the model takes them: intensities in [0, 1], or
    with `offsets` and `scales` numbers that are yet to be scaled. Its output "probabilities" is (examples, classes).

    Raises
    ------
    ConfigError
        Where the package onnx is not installed.
    DataError
        For a model that is no such classifier, and for a column whose numbers lie so far from zero that float32 does
        not hold what tells them apart.
    """
    try:
        import onnx
        from onnx import TensorProto, helper
    except ImportError as error:
        raise ConfigError("an ONNX file needs: pip install 'harmonium[onnx]'") from error
    _refuse_far(offsets, scales, columns, bounded=bounded)
    graph = Graph("x")
    if offsets:
        graph.add("Sub", np.array(offsets, np.float32))
        graph.add("Div", np.array(scales, np.float32))
    if bounded:
        graph.add("Clip", np.float32(0), np.float32(1))
    if isinstance(model, LeNet):
        _convolutions(graph, model, shape)
        model = model.perceptron
    graph.add("Flatten", axis=1)
    if isinstance(model, MLP):
        for layer in model.hidden:
            _dense(graph, _plain(layer))
        model = model.output
    if not isinstance(model, LogisticRegression):
        raise DataError(f"a {type(model).__name__} is no classifier that ONNX files are written of")
    graph.add("Gemm", model.weight, model.bias, transB=1)
    graph.add("Softmax", axis=1)
    graph.nodes[-1].output[0] = "probabilities"
    float32 = TensorProto.FLOAT
    proto = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "harmonium",
            [helper.make_tensor_value_info("x", float32, ["examples", *shape])],
            [helper.make_tensor_value_info("probabilities", float32, ["examples", len(classes)])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=FORMAT,
        producer_name="harmonium",
        doc_string=description,
    )
    named = {"classes": classes, "columns": columns} if columns else {"classes": classes}
    helper.set_model_props(proto, {name: json.dumps(list(values)) for name, values in named.items()})
    onnx.checker.check_model(proto, full_check=True)
    write_atomically(Path(path), proto.SerializeToString())
    return Path(path)


def _refuse_far(
    offsets: Sequence[float], scales: Sequence[float], columns: Sequence[str], *, bounded: bool
) -> None:
    """Refuse numbers that float32, in which the file takes them, rounds by more than a hundredth of their scale."""
    for place, (offset, scale) in enumerate(zip(offsets, scales, strict=True)):
        # A scale of 1 is that of a column of one number, from which its offset leaves nothing, however it is rounded.
        constant = scale == 1 and (not bounded or (offset % 1 == 0 and abs(offset) <= EXACT))
        if abs(offset) > FAR * scale and not constant:
            name = columns[place] if len(columns) == len(offsets) > 1 else f"number {place + 1}"
            which = name if len(offsets) > 1 else "x"
            raise DataError(
                f"{which} lies about {offset:g} and varies by {scale:g}, which float32, the type of an ONNX file's "
                f"input, rounds away; train anew on numbers from which {offset:g} is taken off"
            )


def _convolutions(graph: Graph, model: LeNet, shape: Sequence[int]) -> None:
    if len(shape) == 2:
        graph.add("Unsqueeze", np.array([1], np.int64))
    else:
        graph.add("Transpose", perm=[0, 3, 1, 2])
    for layer in map(_plain, model.convolutions):
        assert isinstance(layer, ConvPool)
        graph.add("Conv", layer.weight, layer.bias)  # the bias may go before the maximum
        graph.add("MaxPool", kernel_shape=list(layer.pool), strides=list(layer.pool))
        graph.add(OPERATORS[layer.activation])


def _plain(layer: Dense | ConvPool | BatchNorm) -> Dense | ConvPool:
    """Return a layer without its batch normalisation, which becomes part of its weights."""
    return layer.folded() if isinstance(layer, BatchNorm) else layer


def _dense(graph: Graph, layer: Dense | ConvPool) -> None:
    graph.add("Gemm", layer.weight, layer.bias, transB=1)
    graph.add(OPERATORS[layer.activation])
