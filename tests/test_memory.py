"""How much memory is free: the machine's, a control group's, a limit's."""

import os
import platform
import subprocess
import sys

import pytest

from harmonium import memory
from harmonium.errors import ConfigError, DataError

MIB = 2**20


def test_it_is_some_and_no_more_than_the_machine_has():
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < memory.available() <= whole


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v holds on Linux alone")
def test_a_limit_of_addresses_counts():
    code = "from harmonium.memory import available; print(available())"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    command = ["sh", "-c", f'ulimit -v 400000; exec {sys.executable} -c "{code}"']
    assert 0 < int(subprocess.check_output(command, env=environment)) < 400_000 * 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give back by themselves")
def test_what_was_freed_is_given_back():
    code = """
from pathlib import Path
from harmonium.memory import give_back
held = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
small = [bytearray(2_000) for _ in range(50_000)]
last = bytearray(2_000)  # above the others, so that none of them goes by itself
del small
before = held()
give_back()
print(before - held())
"""
    environment = {"PYTHONPATH": ":".join(sys.path)}
    found = subprocess.check_output([sys.executable, "-c", code], env=environment)
    assert int(found) > 50 * MIB


def group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(str(content))


def left(tmp_path, monkeypatch, place, *, version):
    """What the groups of a made-up tree leave."""
    membership = tmp_path / "cgroup"
    membership.write_text(f"0::{place}\n" if version == 2 else f"4:cpu,memory:{place}\n1:pids:/\n")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "fs")
    real = memory.Path

    def path(*parts):
        return membership if parts == ("/proc/self/cgroup",) else real(*parts)

    monkeypatch.setattr(memory, "Path", path)
    return list(memory._left_by_groups())


def test_the_least_of_all_groups_of_version_2(tmp_path, monkeypatch):
    group(tmp_path / "fs/job", memory__max=500 * MIB, memory__current=100 * MIB)
    group(tmp_path / "fs/job/step", memory__max=300 * MIB, memory__current=80 * MIB)
    (tmp_path / "fs/job/step/memory.stat").write_text(f"anon 5\ninactive_file {20 * MIB}\n")
    group(tmp_path / "fs/job/step/inner", memory__max="max", memory__current=3)
    found = left(tmp_path, monkeypatch, "/job/step/inner", version=2)
    assert found == [240 * MIB, 400 * MIB]


def test_groups_of_version_1(tmp_path, monkeypatch):
    limit = {"memory.limit_in_bytes": 90 * MIB, "memory.usage_in_bytes": 50 * MIB}
    group(tmp_path / "fs/memory/job", **limit)
    assert left(tmp_path, monkeypatch, "/job", version=1) == [40 * MIB]


def test_inside_a_container_the_root_is_its_own(tmp_path, monkeypatch):
    group(tmp_path / "fs", memory__max=64 * MIB, memory__current=MIB)
    assert left(tmp_path, monkeypatch, "/kubepods/of/another/view", version=2) == [63 * MIB]


def test_no_groups_at_all_leave_everything(tmp_path, monkeypatch):
    assert left(tmp_path, monkeypatch, "/job", version=2) == []


def test_what_does_not_fit_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2 * 2**30)
    memory.check_fits(2**30, "x.npz", copies=2)
    memory.check_fits(memory.SMALL, "x.npz")
    with pytest.raises(DataError, match=r"x\.npz: takes 3\.0 GiB of memory, and 2\.0 GiB are free"):
        memory.check_fits(2**30, "x.npz", copies=3)


def test_a_model_is_refused_where_three_of_its_states_do_not_fit(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 3 * 2**30)
    memory.check_model_fits(2**30)
    with pytest.raises(ConfigError, match=r"it takes 3\.3 GiB of memory, and 3\.0 GiB are free.*--size 28"):
        memory.check_model_fits(11 * 2**30 // 10)
