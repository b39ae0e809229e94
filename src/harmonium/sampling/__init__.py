"""Markov chains over energies: they know only callables."""

from harmonium.sampling.ais import Annealed, annealed_importance_sampling
from harmonium.sampling.chains import run_chain, trace_chain
from harmonium.sampling.diagnostics import bulk_effective_sample_size, split_r_hat
from harmonium.sampling.hmc import (
    HMCInfo,
    HMCRun,
    HMCState,
    StepSize,
    adapted,
    hmc_step,
    leapfrog,
    sample_hmc,
)
from harmonium.sampling.tempering import tempered_transition

__all__ = [
    "Annealed",
    "HMCInfo",
    "HMCRun",
    "HMCState",
    "StepSize",
    "adapted",
    "annealed_importance_sampling",
    "bulk_effective_sample_size",
    "hmc_step",
    "leapfrog",
    "run_chain",
    "sample_hmc",
    "split_r_hat",
    "tempered_transition",
    "trace_chain",
]
