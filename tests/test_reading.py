"""How much one reads to follow a command: DESIGN section 2."""

import json
import subprocess
import sys

TRACE = """
import json, os, sys
import harmonium
from harmonium.cli import main
source, entered = os.path.dirname(harmonium.__file__), {}

def note(frame, event, argument):
    code = frame.f_code
    if not code.co_filename.startswith(source):
        return
    name = os.path.relpath(code.co_filename, source)
    if event == "call" and code.co_name != "<module>" and code.co_flags & 2:  # no module's or class's body
        entered[name] = entered.get(name, 0) + 1
    if event == "return" and code.co_name == "advance" and name == "training/batches.py":
        sys.setprofile(None)
        print(json.dumps(entered), flush=True)
        os._exit(0)

sys.setprofile(note)
main(sys.argv[1:])
"""


def entered(*command):
    """The files of the package that a command enters until its first compiled call has come back."""
    done = subprocess.run([sys.executable, "-c", TRACE, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_train_mlp_is_read_in_one_sitting():
    """From the command to the end of the first updates, the readers of data apart."""
    files = [
        name for name in entered("train", "mlp", "--data", "digits", "--no-figures") if name[:5] != "data/"
    ]
    assert len(files) <= 20, sorted(files)


def test_one_device_needs_none_of_what_spreads_work_over_several():
    files = entered("train", "rbm", "--data", "digits", "--no-figures")
    assert not {"training/devices.py", "training/together.py"} & set(files)
