"""The one engine: what an update does, the loop, early stopping, run folders, checkpoints, progress."""

from harmonium.training import machine
from harmonium.training.batches import check_batch_size
from harmonium.training.buckets import bucket_lengths, bucketed, grouped
from harmonium.training.evaluation import mean_scores, mean_scores_of_groups
from harmonium.training.fit import fit
from harmonium.training.optimizers import OPTIMIZERS, make_optimizer
from harmonium.training.progress import Reporter, Screen, Silent
from harmonium.training.reporting import Reports, TensorBoard
from harmonium.training.run_folder import RunFolder
from harmonium.training.saved_model import load_model, save_model
from harmonium.training.stopping import Halving, KeepBest, LaggedWaiting, Patience, Stopping, Waiting
from harmonium.training.streams import Streams, random_key
from harmonium.training.together import fit_together
from harmonium.training.training import Evaluation, Fitted, Training
from harmonium.training.update import Objective, TrainingState, Update, gradient_update

__all__ = [
    "OPTIMIZERS",
    "Evaluation",
    "Fitted",
    "Halving",
    "KeepBest",
    "LaggedWaiting",
    "Objective",
    "Patience",
    "Reporter",
    "Reports",
    "RunFolder",
    "Screen",
    "Silent",
    "Stopping",
    "Streams",
    "TensorBoard",
    "Training",
    "TrainingState",
    "Update",
    "Waiting",
    "bucket_lengths",
    "bucketed",
    "check_batch_size",
    "fit",
    "fit_together",
    "gradient_update",
    "grouped",
    "load_model",
    "machine",
    "make_optimizer",
    "mean_scores",
    "mean_scores_of_groups",
    "random_key",
    "save_model",
]


def __dir__() -> list[str]:
    return __all__
