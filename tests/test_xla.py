"""What XLA is told before it starts: to keep from jaxlib 0.10.2's wrong sums, and to compile small loops whole."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harmonium import xla


@pytest.mark.parametrize(("rows", "columns"), [(20, 2060), (31, 4096), (16, 2048)])
def test_two_sums_of_one_program_are_right(rows, columns):
    """Sizes at which two sums that YNNPACK computes together are wrong by tens."""
    random = np.random.default_rng(0)
    x, b, y, c = (
        random.normal(size=s).astype("f") for s in ((columns, 22), (rows, 22), (columns, 24), (rows, 24))
    )
    found = jax.jit(lambda x, b, y, c: (x * b[:, None]).sum(-1) + (y * c[:, None]).sum(-1))(x, b, y, c)
    exact = np.float64(b) @ np.float64(x).T + np.float64(c) @ np.float64(y).T
    np.testing.assert_allclose(found, exact, atol=1e-3)


def test_a_sum_of_squares_of_many_products_is_right():
    """The example of the report: 32,769 vectors and a 3 by 3 matrix."""
    random = np.random.default_rng(0)
    x, m = random.normal(size=(40_000, 3)).astype("f"), random.normal(size=(3, 3)).astype("f")
    found = jax.jit(jax.vmap(lambda row: ((m @ row) ** 2).sum()))(x)
    np.testing.assert_allclose(found, ((np.float64(x) @ np.float64(m).T) ** 2).sum(-1), rtol=1e-3, atol=1e-3)


def flags(code, **environment):
    """XLA_FLAGS after some code, and what was said on the standard error."""
    known = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    command = [sys.executable, "-c", f"{code}; import os; print(os.environ.get('XLA_FLAGS'))"]
    found = subprocess.run(command, env=known | environment, capture_output=True, text=True, check=True)
    return found.stdout.strip(), found.stderr


def test_other_flags_stay():
    ours = f"{xla.FLAG}=-reduce {xla.SMALL_LOOPS}"
    assert flags("import harmonium")[0] == ours
    given = "--xla_force_host_platform_device_count=2"
    assert flags("import harmonium", XLA_FLAGS=given)[0] == f"{given} {ours}"
    own = f"{xla.FLAG}= {xla.OPTIONS}=xla_cpu_small_while_loop_byte_threshold=0"
    assert flags("import harmonium", XLA_FLAGS=own)[0] == own


def leaps(position, velocity, steps):
    """A loop of chains of ten numbers, whose step moves some 20 KB."""

    def leap(_, phase):
        position, velocity = phase
        velocity = velocity - 0.1 * jnp.sin(position) * (1 + position.sum(-1, keepdims=True) / 100)
        return position + 0.1 * velocity, velocity

    return jax.lax.fori_loop(0, steps, leap, (position, velocity))


def test_a_small_loop_is_one_function_and_computes_the_same():
    random = np.random.default_rng(0)
    position, velocity = random.normal(size=(2, 40, 10))
    program = jax.jit(leaps).lower(jnp.float32(position), jnp.float32(velocity), jnp.int32(50)).compile()
    assert 'xla_cpu_small_call="true"' in program.as_text()
    found = program(jnp.float32(position), jnp.float32(velocity), jnp.int32(50))
    for _ in range(50):
        velocity -= 0.1 * np.sin(position) * (1 + position.sum(-1, keepdims=True) / 100)
        position += 0.1 * velocity
    np.testing.assert_allclose(found, (position, velocity), atol=1e-4)


def test_a_loop_over_a_network_is_not():
    step = jax.jit(lambda x, w: jax.lax.fori_loop(0, 9, lambda _, x: jnp.tanh(x @ w), x))
    program = step.lower(jnp.ones((20, 300)), jnp.ones((300, 300))).compile()
    assert "xla_cpu_small_call" not in program.as_text()


def test_who_computes_first_is_warned():
    _, said = flags("import jax; jax.numpy.ones(3); import harmonium")
    assert "import harmonium first" in said
    assert not flags("import jax; import harmonium")[1]


def test_versions_that_were_not_tried_are_left_alone(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    monkeypatch.setattr(xla, "jaxlib_version", lambda: (0, 12, 0))
    xla.avoid_wrong_sums()
    assert "XLA_FLAGS" not in os.environ


def test_the_version_is_jaxlibs():
    import jaxlib.version

    assert ".".join(map(str, xla.jaxlib_version())) == jaxlib.version.__version__
