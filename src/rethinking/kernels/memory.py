"""How much memory this process may still take."""

from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
# The memory that a control group may use, uses, and could give back at once, in its versions 2 and 1.
NAMES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def _groups(memberships: Path) -> list[Path]:
    """The folders of this process's control groups (a container, a job of SLURM), up to the root's."""
    try:
        lines = memberships.read_text().splitlines()
    except OSError:  # not Linux
        return []
    folders = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            root = CGROUPS / controllers
            own = root / path.lstrip("/")
            folders += [own, *(parent for parent in own.parents if parent.is_relative_to(root))]
    return folders


def available_memory(memberships: Path = Path("/proc/self/cgroup")) -> int:
    """Bytes that can be allocated without swapping, as the system and every control group say."""
    available = psutil.virtual_memory().available
    for folder in _groups(memberships):
        for limit, used, cached in NAMES:
            try:
                # Files that were read count as used, and are let go of where memory is needed.
                statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
                left = int((folder / limit).read_text()) - int((folder / used).read_text())
                available = min(available, left + int(statistics[cached]))
            except (OSError, ValueError, KeyError):  # no such group, or "max"
                continue
    return available
