"""An RBM on binary data of one's own, with the exact log-likelihood (chapter 9)."""

import jax.numpy as jnp
import numpy as np
import optax

from harmonium.models import RBM, contrastive_loss, exact_log_partition, negative_particles
from harmonium.training import Streams, TrainingState, fit, gradient_update

random = np.random.default_rng(0)
prototypes = random.integers(0, 2, (4, 20))
x = jnp.float32(prototypes[random.integers(0, 4, 1000)] ^ (random.random((1000, 20)) < 0.05))


def objective(rbm, v, chains, key):
    chains, particles = negative_particles(rbm, chains, steps=1, key=key)  # PCD-1
    return contrastive_loss(rbm, v, particles), ({"free_energy": rbm.free_energy(v).mean()}, chains)


streams, optimizer = Streams(seed=0), optax.sgd(0.1)
rbm = RBM.init(20, 10, key=streams.initial_weights)
state = TrainingState.init(rbm, optimizer, key=streams.updates, carry=jnp.zeros((50, 10)))
update = gradient_update(objective, optimizer)
rbm = fit(update, state, x, batch_size=50, max_epochs=100, shuffle=True).model

log_z = exact_log_partition(rbm).value
log_likelihood = float(-rbm.free_energy(x).mean()) - log_z
print(f"{log_likelihood:.1f} nats an example, where guessing gives {20 * np.log(0.5):.1f}")
