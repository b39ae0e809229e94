"""Markov chains over any energy or density that is given as a function."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from harmonium.sampling.adaptation import DualAveraging as DualAveraging
    from harmonium.sampling.adapted import Run as Run
    from harmonium.sampling.adapted import WarmUp as WarmUp
    from harmonium.sampling.adapted import sample_jittered_hmc as sample_jittered_hmc
    from harmonium.sampling.adapted import sample_nuts as sample_nuts
    from harmonium.sampling.ais import Annealed as Annealed
    from harmonium.sampling.ais import annealed_importance_sampling as annealed_importance_sampling
    from harmonium.sampling.ais import finer_ladder as finer_ladder
    from harmonium.sampling.ais import summarise_weights as summarise_weights
    from harmonium.sampling.chains import run_chain as run_chain
    from harmonium.sampling.chains import trace_chain as trace_chain
    from harmonium.sampling.diagnostics import bulk_effective_sample_size as bulk_effective_sample_size
    from harmonium.sampling.diagnostics import problems as problems
    from harmonium.sampling.diagnostics import split_r_hat as split_r_hat
    from harmonium.sampling.hmc import HMCInfo as HMCInfo
    from harmonium.sampling.hmc import HMCRun as HMCRun
    from harmonium.sampling.hmc import HMCState as HMCState
    from harmonium.sampling.hmc import StepSize as StepSize
    from harmonium.sampling.hmc import adapt_step_size as adapt_step_size
    from harmonium.sampling.hmc import hmc_step as hmc_step
    from harmonium.sampling.hmc import leapfrog as leapfrog
    from harmonium.sampling.hmc import sample_hmc as sample_hmc
    from harmonium.sampling.nuts import NUTSInfo as NUTSInfo
    from harmonium.sampling.nuts import nuts_step as nuts_step
    from harmonium.sampling.tempering import tempered_sweep as tempered_sweep
    from harmonium.sampling.tempering import tempered_transition as tempered_transition
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "adaptation": ["DualAveraging"],
            "adapted": ["Run", "WarmUp", "sample_jittered_hmc", "sample_nuts"],
            "ais": ["Annealed", "annealed_importance_sampling", "finer_ladder", "summarise_weights"],
            "chains": ["run_chain", "trace_chain"],
            "diagnostics": ["bulk_effective_sample_size", "problems", "split_r_hat"],
            "hmc": [
                "HMCInfo",
                "HMCRun",
                "HMCState",
                "StepSize",
                "adapt_step_size",
                "hmc_step",
                "leapfrog",
                "sample_hmc",
            ],
            "nuts": ["NUTSInfo", "nuts_step"],
            "tempering": ["tempered_sweep", "tempered_transition"],
        },
    )
