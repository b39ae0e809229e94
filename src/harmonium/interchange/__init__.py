"""Trained models in other libraries: PyTorch modules of our safetensors, and ONNX files.

A run's folder goes to the Hugging Face hub by its own tool, `hf upload USER/NAME runs/RUN`, and comes back by
`hf download USER/NAME --local-dir runs/RUN`; the model card README.md is in the form that the hub reads.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from harmonium.interchange.as_onnx import save_onnx as save_onnx
    from harmonium.interchange.pytorch import to_torch as to_torch
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__, submod_attrs={"as_onnx": ["save_onnx"], "pytorch": ["to_torch"]}
    )
