"""The one engine: what an update does, the loop, early stopping, run folders, checkpoints, progress."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from harmonium.training import machine as machine
    from harmonium.training.batches import check_batch_size as check_batch_size
    from harmonium.training.buckets import bucket_lengths as bucket_lengths
    from harmonium.training.buckets import bucketed as bucketed
    from harmonium.training.buckets import grouped as grouped
    from harmonium.training.evaluation import mean_scores as mean_scores
    from harmonium.training.evaluation import mean_scores_of_groups as mean_scores_of_groups
    from harmonium.training.fitting import fit as fit
    from harmonium.training.optimizers import OPTIMIZERS as OPTIMIZERS
    from harmonium.training.optimizers import make_optimizer as make_optimizer
    from harmonium.training.progress import Reporter as Reporter
    from harmonium.training.progress import Screen as Screen
    from harmonium.training.progress import Silent as Silent
    from harmonium.training.reporting import Reports as Reports
    from harmonium.training.reporting import TensorBoard as TensorBoard
    from harmonium.training.rows import RowWise as RowWise
    from harmonium.training.run_folder import RunFolder as RunFolder
    from harmonium.training.saved_model import load_model as load_model
    from harmonium.training.saved_model import save_model as save_model
    from harmonium.training.stopping import Halving as Halving
    from harmonium.training.stopping import KeepBest as KeepBest
    from harmonium.training.stopping import LaggedWaiting as LaggedWaiting
    from harmonium.training.stopping import Patience as Patience
    from harmonium.training.stopping import Stopping as Stopping
    from harmonium.training.stopping import Waiting as Waiting
    from harmonium.training.streams import Streams as Streams
    from harmonium.training.streams import random_key as random_key
    from harmonium.training.together import fit_together as fit_together
    from harmonium.training.training import Evaluation as Evaluation
    from harmonium.training.training import Fitted as Fitted
    from harmonium.training.training import Training as Training
    from harmonium.training.update import Objective as Objective
    from harmonium.training.update import TrainingState as TrainingState
    from harmonium.training.update import Update as Update
    from harmonium.training.update import gradient_update as gradient_update
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submodules=["machine"],
        submod_attrs={
            "batches": ["check_batch_size"],
            "buckets": ["bucket_lengths", "bucketed", "grouped"],
            "evaluation": ["mean_scores", "mean_scores_of_groups"],
            "fitting": ["fit"],
            "optimizers": ["OPTIMIZERS", "make_optimizer"],
            "progress": ["Reporter", "Screen", "Silent"],
            "reporting": ["Reports", "TensorBoard"],
            "rows": ["RowWise"],
            "run_folder": ["RunFolder"],
            "saved_model": ["load_model", "save_model"],
            "stopping": ["Halving", "KeepBest", "LaggedWaiting", "Patience", "Stopping", "Waiting"],
            "streams": ["Streams", "random_key"],
            "together": ["fit_together"],
            "training": ["Evaluation", "Fitted", "Training"],
            "update": ["Objective", "TrainingState", "Update", "gradient_update"],
        },
    )
