"""What XLA, JAX's compiler, is told before JAX computes for the first time."""

import importlib.util
import os
import sys
import warnings

FLAG = "--xla_cpu_experimental_ynn_fusion_type"
FIRST, AFTER = (
    (0, 10, 2),
    (0, 12),
)  # jaxlib from the first version with the fault; before those that were not tried
OPTIONS = "--xla_backend_extra_options"
SMALL_LOOPS = (
    f"{OPTIONS}=xla_cpu_small_while_loop_byte_threshold={2**18}"  # bytes that a step reads and writes
)


def avoid_wrong_sums() -> None:
    """Have XLA compute sums on CPUs by its own code, and not by that of the library YNNPACK.

    jaxlib 0.10.2 hands sums to YNNPACK, and where one program fuses two of them, or a sum with a product, some of the
    results are wrong without an error (github.com/jax-ml/jax/issues/39103). An environment whose XLA_FLAGS speak of
    YNNPACK is left as it is.

    Warns where JAX has computed before, so that it is too late.
    """
    version, flags = jaxlib_version(), os.environ.get("XLA_FLAGS", "")
    if FLAG in flags or not FIRST <= version < AFTER:  # XLA ends the process at a flag that it does not know
        return
    bridge = sys.modules.get("jax._src.xla_bridge")
    if bridge is not None and bridge.backends_are_initialized():
        warnings.warn(
            f"JAX has computed before harmonium was imported, and may compute wrong sums; import harmonium first, or "
            f"set XLA_FLAGS={FLAG}=-reduce",
            stacklevel=3,
        )
    os.environ["XLA_FLAGS"] = f"{flags} {FLAG}=-reduce".strip()


def compile_small_loops_whole() -> None:
    """Have XLA compile a loop on CPUs whose step moves less than 256 KB as one function.

    Any other loop calls a function for each few operations of a step, and where these are on ten numbers, the call
    takes longer than they do: as one function the no-U-turn sampler is 2 to 6 times as fast (`benchmarks/RESULTS.md`).
    XLA's own limit is 1 KB. One function keeps to one core, so that the limit must stay below the weights of networks.
    An environment whose XLA_FLAGS speak of such options is left as it is; one unknown to XLA is ignored.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if OPTIONS not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {SMALL_LOOPS}".strip()


def jaxlib_version() -> tuple[int, ...]:
    """Return the version of the jaxlib that would be imported, without the time that importing takes; or nothing."""
    found = importlib.util.find_spec("jaxlib")
    if found is None or found.origin is None:
        return ()
    beside = os.listdir(os.path.dirname(os.path.dirname(found.origin)))
    versions = [name.split("-")[1] for name in beside if name.startswith("jaxlib-") and "dist-info" in name]
    return tuple(int(part) for part in versions[0].split(".")[:3] if part.isdigit()) if versions else ()
