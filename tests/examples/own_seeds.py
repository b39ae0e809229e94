"""Two networks on arrays of one's own, each with five seeds: which is better, and is it more than chance?"""

import tempfile
from pathlib import Path

import numpy as np

import harmonium as hm

random = np.random.default_rng(0)
x = random.random((600, 2))
y = np.where((x[:, 0] > 0.5) ^ (x[:, 1] > 0.5), "one", "none or both")

folder, found = Path(tempfile.mkdtemp()), {}
for units in (1, 16):
    settings = {"data": (x, y), "hidden": (units,), "batch_size": 20, "learning_rate": 0.3, "max_epochs": 60}
    runs = hm.train_seeds("mlp", 5, out=folder / f"{units}-units", report=hm.training.Silent(), **settings)
    found[units] = hm.spread(runs)["test"]["error_rate"]
for units, of in found.items():
    print(
        f"{of['mean']:.1%} ± {of['standard_deviation']:.1%} of {of['runs']} runs of {units} hidden units are wrong"
    )
