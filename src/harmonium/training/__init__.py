"""The one engine: update, fit, early stopping, run folder, checkpoints, reporting."""

from harmonium.training import machine
from harmonium.training.batches import check_batch_size
from harmonium.training.buckets import bucket_lengths, bucketed, grouped
from harmonium.training.course import Evaluation, Fitted, Training
from harmonium.training.evaluation import mean_scores, mean_scores_of_groups
from harmonium.training.fit import Trainings, fit, fit_together, follow
from harmonium.training.keys import random_key
from harmonium.training.optimizers import OPTIMIZERS, make_optimizer
from harmonium.training.progress import Reporter, Screen, Silent
from harmonium.training.run_folder import RunFolder
from harmonium.training.saved_model import load_model, save_model
from harmonium.training.stopping import Halving, Patience, Stopping, Waiting
from harmonium.training.update import Objective, TrainingState, Update, gradient_update

__all__ = [
    "OPTIMIZERS",
    "Evaluation",
    "Fitted",
    "Halving",
    "Objective",
    "Patience",
    "Reporter",
    "RunFolder",
    "Screen",
    "Silent",
    "Stopping",
    "Training",
    "TrainingState",
    "Trainings",
    "Update",
    "Waiting",
    "bucket_lengths",
    "bucketed",
    "check_batch_size",
    "fit",
    "fit_together",
    "follow",
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
