"""How much memory this process may still take."""

from pathlib import Path

import psutil

# Where Linux says what a control group (a container, a job of SLURM) may use and uses.
CGROUP_FILES = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def available_memory() -> int:
    """Bytes that can be allocated without swapping, as the system and the control group say."""
    available = psutil.virtual_memory().available
    for limit, used in CGROUP_FILES:
        try:
            available = min(available, int(limit.read_text()) - int(used.read_text()))
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return available
