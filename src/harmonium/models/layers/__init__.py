"""The layers that models are made of."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from harmonium.models.layers.convolution import ConvPool as ConvPool
    from harmonium.models.layers.convolution import convolve as convolve
    from harmonium.models.layers.convolution import max_pool as max_pool
    from harmonium.models.layers.dense import ACTIVATIONS as ACTIVATIONS
    from harmonium.models.layers.dense import Dense as Dense
    from harmonium.models.layers.dense import uniform as uniform
    from harmonium.models.layers.lstm import LSTM as LSTM
    from harmonium.models.layers.normalization import BatchNorm as BatchNorm
    from harmonium.models.layers.normalization import first_statistics as first_statistics
    from harmonium.models.layers.normalization import statistics as statistics
    from harmonium.models.layers.normalization import with_statistics as with_statistics
    from harmonium.models.layers.recurrent import Elman as Elman
    from harmonium.models.layers.recurrent import reverse_sequences as reverse_sequences
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "convolution": ["ConvPool", "convolve", "max_pool"],
            "dense": ["ACTIVATIONS", "Dense", "uniform"],
            "lstm": ["LSTM"],
            "normalization": ["BatchNorm", "first_statistics", "statistics", "with_statistics"],
            "recurrent": ["Elman", "reverse_sequences"],
        },
    )
