"""Our safetensors as PyTorch modules: a function a family, short enough to be copied where harmonium is not installed.

They need `torch` and `safetensors` alone. Inputs are batches of intensities in [0, 1], as our models take them.
"""

import importlib.util
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harmonium.errors import CheckpointError, ConfigError
from harmonium.pretrained import located

if TYPE_CHECKING:
    from torch import nn


def to_torch(run: str | os.PathLike[str]) -> "nn.Module":
    """Load a model in PyTorch.

    Parameters
    ----------
    run
        A run, its folder, `pretrained/NAME` for a ready-made one, or a file model.safetensors.

    Returns
    -------
    A `torch.nn.Module` that gives the same numbers: logits for a classifier, the reconstruction for an autoencoder
    (whose `encode` gives the code), the hidden units' probabilities for an RBM (which has `visible_mean` and
    `free_energy` too). It takes what the model does: intensities in [0, 1], or numbers scaled as `preparation` in the
    run's data.json says, (x - offsets) / scales.

    Raises
    ------
    CheckpointError
        Where the model is missing, damaged, of a family that has no such module, or in two parts.

    Examples
    --------
    >>> import harmonium as hm
    >>> network = to_torch("pretrained/lenet")  # doctest: +SKIP
    >>> network(images).softmax(1)  # doctest: +SKIP
    """
    path = located(run)
    if (path / "features.safetensors").exists():
        raise CheckpointError(
            f"{path} learned from codes; load its parts, {path}/features.safetensors and {path}/model.safetensors"
        )
    path = path / "model.safetensors" if path.is_dir() else path
    _, structure = tensors_of(path)
    if structure["class"] not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise CheckpointError(f"{path} holds a {structure['class']}; in PyTorch there are {known}")
    return FAMILIES[structure["class"]](path)


def tensors_of(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a file's tensors by their names, in float32, and how they go together: {"class": …, "arguments": {…}}."""
    from safetensors import SafetensorError, safe_open

    if importlib.util.find_spec("torch") is None:
        raise ConfigError("a PyTorch module needs: pip install torch")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
            return tensors, json.loads(json.loads((file.metadata() or {})["harmonium-1"])["model"])
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"cannot read the model {path}: {error}") from error


def activation(name: str) -> "nn.Module":
    """Return a non-linearity by our name of it."""
    from torch import nn

    known: dict[str, Callable[[], nn.Module]] = {
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "relu": nn.ReLU,
        "softplus": nn.Softplus,
        "linear": nn.Identity,
    }
    return known[name]()


def linear(weight: Any, bias: Any) -> "nn.Module":
    """Return W·x + b."""
    from torch import nn

    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = weight, bias
    return layer


def perceptron(
    tensors: Mapping[str, Any], arguments: Mapping[str, Any], prefix: str = ""
) -> "list[nn.Module]":
    """Return the layers of a perceptron, whose tensors' names begin with `prefix`."""
    layers: list[nn.Module] = []
    for number, of in enumerate(arguments["hidden"]):
        name = f"{prefix}hidden.{number}"
        layers.append(linear(tensors[f"{name}.weight"], tensors[f"{name}.bias"]))
        layers.append(activation(of["arguments"]["activation"]))
    return [*layers, linear(tensors[f"{prefix}output.weight"], tensors[f"{prefix}output.bias"])]


def logistic_regression(path: Path) -> "nn.Module":
    """Load logistic regression: logits of images or rows."""
    from torch import nn

    tensors, _ = tensors_of(path)
    return nn.Sequential(nn.Flatten(), linear(tensors["weight"], tensors["bias"]))


def mlp(path: Path) -> "nn.Module":
    """Load a multilayer perceptron, or a fine-tuned stack: logits of images or rows."""
    from torch import nn

    tensors, structure = tensors_of(path)
    return nn.Sequential(nn.Flatten(), *perceptron(tensors, structure["arguments"]))


def lenet(path: Path) -> "nn.Module":
    """Load LeNet: logits of images (batch, channels, height, width), grey ones with one channel."""
    from torch import nn

    tensors, structure = tensors_of(path)
    layers: list[nn.Module] = []
    for number, of in enumerate(structure["arguments"]["convolutions"]):
        kernels = tensors[f"convolutions.{number}.weight"]
        convolution = nn.Conv2d(kernels.shape[1], kernels.shape[0], tuple(kernels.shape[2:]))
        convolution.weight.data = kernels
        convolution.bias.data = tensors[f"convolutions.{number}.bias"]
        pool = nn.MaxPool2d(tuple(of["arguments"]["pool"]))  # the bias may go before the maximum
        layers += [convolution, pool, activation(of["arguments"]["activation"])]
    above = perceptron(tensors, structure["arguments"]["perceptron"]["arguments"], "perceptron.")
    return nn.Sequential(*layers, nn.Flatten(), *above)


def autoencoder(path: Path) -> "nn.Module":
    """Load an autoencoder: the reconstruction of rows, and by `encode` their code."""
    from torch import nn

    tensors, structure = tensors_of(path)
    arguments = structure["arguments"]
    decoder = tensors.get("decoder_weight", tensors["encoder.weight"].T)

    class Autoencoder(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            encoder = linear(tensors["encoder.weight"], tensors["encoder.bias"])
            self.encode = nn.Sequential(encoder, activation(arguments["encoder"]["arguments"]["activation"]))
            self.decode = nn.Sequential(
                linear(decoder, tensors["visible_bias"]), activation(arguments["reconstruction"])
            )

        def forward(self, x: Any) -> Any:
            return self.decode(self.encode(x))

    return Autoencoder()


def rbm(path: Path) -> "nn.Module":
    """Load an RBM of binary units: p(h = 1 | v) of rows, and by its methods p(v = 1 | h) and F(v)."""
    from torch import nn

    tensors, _ = tensors_of(path)

    class RBM(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            for name, tensor in tensors.items():
                setattr(self, name, nn.Parameter(tensor))

        def forward(self, v: Any) -> Any:
            return (v @ self.weight + self.hidden_bias).sigmoid()

        def visible_mean(self, h: Any) -> Any:
            return (h @ self.weight.T + self.visible_bias).sigmoid()

        def free_energy(self, v: Any) -> Any:
            logits = v @ self.weight + self.hidden_bias
            return -v @ self.visible_bias - nn.functional.softplus(logits).sum(-1)

    return RBM()


FAMILIES: Mapping[str, Callable[[Path], Any]] = {
    "LogisticRegression": logistic_regression,
    "MLP": mlp,
    "LeNet": lenet,
    "Autoencoder": autoencoder,
    "RBM": rbm,
}
