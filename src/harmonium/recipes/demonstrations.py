"""What the book shows without training."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from harmonium import figures
from harmonium.models.layers import convolve, uniform


def convolution(path: Path, *, seed: int = 0) -> Path:
    """Draw a photo beside the outputs of two random 9x9 filters, which act much like edge detectors (section 6.5).

    σ(W * x + b) with W uniform within 1/√(3·9·9) and b within 0.5, as in the book; the photo is scikit-learn's.
    """
    from sklearn.datasets import load_sample_image

    photo = load_sample_image("china.jpg")
    weight_key, bias_key = jax.random.split(jax.random.key(seed))
    kernels = uniform(weight_key, (2, 3, 9, 9), 1 / (3 * 9 * 9) ** 0.5)
    bias = uniform(bias_key, (2,), 0.5)
    x = (
        jnp.asarray(photo.transpose(2, 0, 1)[..., None], jnp.float32) / 256
    )  # (channels, height, width, batch)
    outputs = jax.nn.sigmoid(convolve(x, kernels) + bias[:, None, None, None])
    return figures.filtered(photo, list(np.asarray(outputs[..., 0])), path)
