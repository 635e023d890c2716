"""Memory that is left, as every control group above a process says."""

import psutil
import pytest

from rethinking.kernels import memory

FREE = psutil.virtual_memory().available


@pytest.fixture
def groups(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)

    def make(path, names, limit, used, cached=0):
        folder = tmp_path / path
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in zip(names, (limit, used), strict=False):
            (folder / name).write_text(f"{value}\n")
        (folder / "memory.stat").write_text(f"anon 5\n{names[2]} {cached}\n")

    return make


def available(tmp_path, line):
    path = tmp_path / "cgroup"
    path.write_text(line)
    return memory.available_memory(path)


@pytest.mark.parametrize(
    ("line", "root", "names"),
    [("0::/job/step", ".", memory.NAMES[0]), ("7:memory:/job/step", "memory", memory.NAMES[1])],
)
def test_the_tightest_group_counts_and_cached_files_do_not(tmp_path, groups, line, root, names):
    groups(f"{root}/job/step", names, "max" if root == "." else 10**18, 3000)
    groups(f"{root}/job", names, 9000, 4000, cached=500)
    groups(root, names, 10**18, 4000)
    assert available(tmp_path, line) == 9000 - 4000 + 500


def test_without_a_limit_it_is_the_systems(tmp_path, groups):
    groups("job", memory.NAMES[0], "max", 3000)
    for line in ("0::/job", "0::/elsewhere", "3:cpu:/job"):
        assert available(tmp_path, line) == pytest.approx(FREE, rel=0.5)
    assert memory.available_memory(tmp_path / "none") == pytest.approx(FREE, rel=0.5)
