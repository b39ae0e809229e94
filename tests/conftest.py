import os
import signal
import subprocess
from pathlib import Path

import pytest

# Whoever started the tests may ignore signals, as `nohup` and a shell's background do; here they are sent and tested.
signal.signal(signal.SIGINT, signal.default_int_handler)
for name in ("SIGHUP", "SIGTERM"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)

# Before JAX starts: two simulated devices are not needed here, a quiet CPU is.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Programs of tests are kept apart from the user's, those of the commands that tests start too.
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "harmonium-tests"
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")

from jaxtyping import install_import_hook

# Where the equations are, every shape in a signature is checked at every call.
install_import_hook(["harmonium.models", "harmonium.metrics"], "typechecker.checked")

from hypothesis import settings

import harmonium  # noqa: F401  # before the peers, which compute as they are imported: see harmonium.xla

settings.register_profile("harmonium", deadline=None, max_examples=50)
settings.load_profile("harmonium")


@pytest.fixture(autouse=True, scope="module")
def _programs_are_forgotten():
    """Give back the memory of compiled programs, which a process else gathers by the gigabyte."""
    yield
    import jax

    if memory_in_use() > 3 * 2**30:
        jax.clear_caches()


def memory_in_use():
    """Return the bytes that this process holds now; 0 where the system does not tell."""
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if pages.exists() else 0


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    """No test writes into the checkout, and none reads a user's settings."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def start():
    """`subprocess.Popen` for processes that end with the test, also where it fails."""
    begun = []

    def popen(*arguments, **options):
        begun.append(subprocess.Popen(*arguments, **options))
        return begun[-1]

    yield popen
    for process in begun:
        with process:  # closes its pipes, and waits for it
            process.kill()
