"""The parts that models are made of."""

from harmonium.models.layers.convolution import ConvPool, convolve, max_pool
from harmonium.models.layers.dense import ACTIVATIONS, Dense, uniform

__all__ = ["ACTIVATIONS", "ConvPool", "Dense", "convolve", "max_pool", "uniform"]
