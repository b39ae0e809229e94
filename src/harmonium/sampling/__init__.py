"""Markov chains over energies: they know only callables."""

from harmonium.sampling.ais import Annealed, annealed_importance_sampling
from harmonium.sampling.chains import run_chain, trace_chain
from harmonium.sampling.tempering import tempered_transition

__all__ = ["Annealed", "annealed_importance_sampling", "run_chain", "tempered_transition", "trace_chain"]
