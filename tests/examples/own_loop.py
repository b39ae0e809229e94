"""Contrastive divergence in a loop of one's own: no engine, an update is three lines (section 9.3)."""

import jax
import jax.numpy as jnp
import numpy as np

from harmonium.models import RBM, contrastive_loss, negative_particles
from harmonium.training import random_key

bars, stripes = np.kron(np.eye(4), np.ones((1, 4))), np.kron(np.ones((1, 4)), np.eye(4))
x = jnp.asarray(np.concatenate([bars, stripes]), jnp.float32)  # rows and columns of a 4x4 picture


@jax.jit
def update(rbm, v, key):
    start, chain = jax.random.split(key)
    _, particles = negative_particles(rbm, rbm.sample_hidden(v, key=start), steps=1, key=chain)  # CD-1
    gradient = jax.grad(contrastive_loss)(rbm, v, particles)
    return jax.tree.map(lambda w, g: w - 0.1 * g, rbm, gradient)


rbm = RBM.init(16, 12, key=random_key(0))
for number in range(5000):
    rbm = update(rbm, x, jax.random.fold_in(random_key(1), number))
sample = jax.random.bernoulli(random_key(2), 0.5, (100, 16)).astype(jnp.float32)
for number in range(500):
    sample = rbm.gibbs_vhv(sample, key=jax.random.fold_in(random_key(3), number))
known = (sample[:, None] == x).all(-1).any(1).mean()
print(f"{known:.0%} of the samples are a bar or a stripe; of random pictures {8 / 2**16:.2%} would be")
