"""The parts that models are made of."""

from harmonium.models.layers.convolution import ConvPool, convolve, max_pool
from harmonium.models.layers.dense import ACTIVATIONS, Dense, uniform
from harmonium.models.layers.lstm import LSTM
from harmonium.models.layers.recurrent import Elman, reverse_sequences

__all__ = [
    "ACTIVATIONS",
    "LSTM",
    "ConvPool",
    "Dense",
    "Elman",
    "convolve",
    "max_pool",
    "reverse_sequences",
    "uniform",
]
