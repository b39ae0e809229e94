"""Every file of workloads, one after the other, each in a process of its own: `python -m benchmarks`.

Options are handed on to each, as in `python -m benchmarks --rounds 3`.
"""

import subprocess
import sys
from pathlib import Path

WITHOUT_WORKLOADS = {"__init__", "__main__", "measuring", "peers", "rendering"}


def main() -> int:
    """Run them; the number that failed."""
    names = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - WITHOUT_WORKLOADS)
    failed = 0
    for name in names:
        print(f"python -m benchmarks.{name}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
