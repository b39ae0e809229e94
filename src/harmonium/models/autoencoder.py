"""The autoencoder, which learns to reconstruct its input (chapter 7)."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from harmonium.arguments import checked
from harmonium.models.layers import Dense, uniform
from harmonium.models.layers.dense import activation, flattened, require_joint, require_units


class Autoencoder(eqx.Module):
    """An encoder that computes a code of its input, and a decoder that reconstructs the input from the code.

    y = s(W·x + b),   z = s'(W'·y + b')        (section 7.1), with W' = Wᵀ where the weights are tied

    x holds intensities in [0, 1], to which `harmonium.data.intensities` scales bytes, or with a linear reconstruction
    any real values.

    Examples
    --------
    >>> model = Autoencoder.init(784, 500, key=jax.random.key(0))
    >>> image = jax.random.uniform(jax.random.key(1), (28, 28))
    >>> model.encode(image).shape, model.reconstruct(image).shape
    ((500,), (28, 28))
    """

    encoder: Dense
    visible_bias: Float[Array, " visible"]  # b'
    decoder_weight: Float[Array, "visible hidden"] | None = None  # W'; None where the weights are tied
    reconstruction: str = eqx.field(static=True, default="sigmoid")  # s'

    def __check_init__(self) -> None:
        activation(self.reconstruction)
        hidden, visible = self.encoder.weight.shape
        require_joint("the reconstruction of an autoencoder", len(self.visible_bias), visible)
        if self.decoder_weight is not None:
            require_joint("the code of an autoencoder", hidden, self.decoder_weight.shape[1])

    @classmethod
    @checked
    def init(
        cls,
        visible: int,
        hidden: int,
        *,
        activation_name: str = "sigmoid",
        reconstruction: str = "sigmoid",
        tied: bool = True,
        key: PRNGKeyArray,
    ) -> "Autoencoder":
        """Draw the weights from the intervals that suit the activations; the biases are zero (section 7.1).

        Parameters
        ----------
        visible, hidden
            Values of an example, and units of the code.
        activation_name
            The code's non-linearity s, one of `harmonium.models.layers.ACTIVATIONS`.
        reconstruction
            The reconstruction's, s': "sigmoid" for inputs in [0, 1], "linear" for real values.
        tied
            Whether the decoder uses the encoder's weights, transposed.
        key
            The key of the weights.
        """
        encoder_key, decoder_key = jax.random.split(key)
        bound = activation(reconstruction).bound(hidden, visible)
        return cls(
            Dense.init(visible, hidden, activation_name, key=encoder_key),
            jnp.zeros(visible),
            None if tied else uniform(decoder_key, (visible, hidden), bound),
            reconstruction,
        )

    def encode(self, x: Float[Array, "..."]) -> Float[Array, " hidden"]:
        """The code y of one example, which may have any shape of `visible` numbers."""
        return self.encoder(flattened("x", x, len(self.visible_bias)))

    def contraction(self, x: Float[Array, "..."]) -> Float[Array, ""]:
        """‖∂y/∂x‖² of the code y = s(W·x + b) at one example: Σⱼ s'(aⱼ)² ‖Wⱼ‖² (Rifai et al. 2011).

        The Jacobian, diag(s'(a))·W, is never formed.
        """
        a = self.encoder.weight @ flattened("x", x, len(self.visible_bias)) + self.encoder.bias
        _, slope = jax.jvp(activation(self.encoder.activation).function, (a,), (jnp.ones_like(a),))
        return jnp.square(slope) @ jnp.square(self.encoder.weight).sum(1)

    def decode(self, y: Float[Array, " hidden"]) -> Float[Array, " visible"]:
        """W'·y + b': the log-odds of a sigmoid reconstruction, or a linear reconstruction itself."""
        require_units("y", y, len(self.encoder.bias))
        # y on the left of W: XLA would write Wᵀ out before a product with it.
        field = y @ self.encoder.weight if self.decoder_weight is None else self.decoder_weight @ y
        return field + self.visible_bias

    def reconstruct(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """The reconstruction z of one example, in the example's shape."""
        return activation(self.reconstruction).function(self.decode(self.encode(x))).reshape(x.shape)
