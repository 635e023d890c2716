"""What jobs ask of a cluster, with stand-ins for SLURM's commands."""

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from pipeline.execution import cluster

ANSWERS = {
    "scontrol": "echo 'Slurmctld(primary) at here is UP'",
    "sacctmgr": "echo physics",
    "squeue": "true",
    "sinfo": "true",
    "sbatch": 'echo "$@" >> asked; echo "sbatch: Job 3 to start at noon" >&2',
}


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Commands of SLURM's that answer as they are told; all else is gone from the path but the shell's."""
    commands = tmp_path / "commands"
    commands.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{commands}:/bin")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)

    def answer(name: str, script: str) -> None:
        path = commands / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    for name, script in ANSWERS.items():
        answer(name, script)
    return answer


def job(rule: str = "train", threads: int = 2, **resources):
    return SimpleNamespace(rule=SimpleNamespace(name=rule), threads=threads, resources=resources)


def test_a_resource_grows_with_the_attempt():
    assert [cluster.growing(4000)(None, attempt) for attempt in (1, 2, 3)] == [4000, 8000, 12000]


def test_a_request_is_what_the_executor_will_ask_for():
    asked = cluster.request(
        job(
            slurm_partition="gpu",
            runtime=30,
            mem_mb=4000,
            nodes=1,
            gpu=2,
            gpu_model="h200",
            disk_mb=5,
            qos="",
        )
    )
    assert asked == (
        "--partition=gpu", "--time=30", "--mem=4000", "--nodes=1", "--gpus=h200:2", "--cpus-per-task=2",
    )  # fmt: skip
    assert cluster.request(job(mem_mb=4000, mem_mb_per_cpu=100, slurm_cluster="b")) == (
        "--mem-per-cpu=100", "--clusters=b", "--cpus-per-task=2",
    )  # fmt: skip
    assert cluster.request(job(cpus_per_task=7)) == ("--cpus-per-task=7",)
    assert cluster.request(job(gpu=0)) == ("--cpus-per-task=2",)


def test_each_distinct_request_is_asked_about_once(slurm):
    assert cluster.problems([job(gpu=1), job(gpu=1), job("solve_system", mem_mb=9)]) == []
    asked = Path("asked").read_text().splitlines()
    assert len(asked) == 2
    assert all(line.startswith("--test-only ") for line in asked)


def test_a_refusal_names_the_rule_the_request_and_the_reason(slurm):
    slurm("sbatch", 'echo "sbatch: error: invalid partition specified: gpuu" >&2; exit 1')
    (problem,) = cluster.problems([job(slurm_partition="gpuu")])
    assert problem.startswith("train: sbatch --partition=gpuu --cpus-per-task=2 would be refused")
    assert "(invalid partition specified: gpuu)" in problem


def test_without_sbatch_nothing_else_is_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    (problem,) = cluster.problems([job()])
    assert "no sbatch on this machine" in problem


@pytest.mark.parametrize(
    "script", ["echo 'Slurmctld(primary) at here is DOWN'", "echo 'Unable to contact'; exit 1"]
)
def test_a_controller_that_is_down(slurm, script):
    slurm("scontrol", script)
    (problem,) = cluster.problems([job()])
    assert "controller does not answer" in problem
    assert not Path("asked").exists()


def test_a_command_that_hangs_is_given_up(slurm, monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS", 0.2)
    slurm("scontrol", "exec sleep 5")
    (problem,) = cluster.problems([job()])
    assert "no answer within 0.2 seconds" in problem


def test_a_resource_with_a_typo_is_corrected(slurm):
    (problem,) = cluster.problems([job(slurm_acount="physics")])
    assert "no resource is called slurm_acount: did you mean slurm_account?" in problem


def test_a_typo_in_another_resource_is_corrected_and_an_own_one_is_not(slurm):
    (problem,) = cluster.problems([job(gpu_modle="h200", licences=3, _cores=2)])
    assert "did you mean gpu_model?" in problem


def test_accounts_are_looked_up_where_slurm_keeps_them(slurm):
    for name in ("physics", "Physics", "physics,physics"):
        assert cluster.problems([job(slurm_account=name)]) == []
    (problem,) = cluster.problems([job(slurm_account=4711)])
    assert "no account 4711, but physics" in problem
    (problem,) = cluster.problems([job(slurm_account="chemistry"), job()])
    assert "no account chemistry, but physics" in problem
    slurm("sacctmgr", "exit 1")
    assert cluster.problems([job(slurm_account="chemistry")]) == []


def test_jobs_of_an_earlier_call_in_this_folder_are_named(slurm, monkeypatch):
    ours = 'for n in 12 14; do echo "$n rethinking_a1 $PWD"; done'
    slurm("squeue", f'{ours}; echo "13 rethinking_a1 /elsewhere"; echo "15 bash $PWD"')
    (problem,) = cluster.problems([job()])
    assert "scancel 12 14" in problem
    monkeypatch.setenv("SLURM_JOB_ID", "14")  # this call is a job of the cluster
    (problem,) = cluster.problems([job()])
    assert problem.endswith("scancel 12")


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/anna/fast tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/srv/x", ("/dev/sda1", "ext4")),
        ("/home/anna/x", ("server:/home", "nfs4")),
        ("/home/anna/fast/x", ("tmpfs", "tmpfs")),
        ("/homely", ("/dev/sda1", "ext4")),
    ],
)
def test_the_file_system_of_a_folder_is_the_innermost_mount(folder, expected):
    assert cluster._file_system(Path(folder), MOUNTS) == expected


def test_a_folder_that_nodes_may_not_see_is_pointed_out(slurm, monkeypatch):
    monkeypatch.setattr(cluster, "_file_system", lambda folder, mounts: ("/dev/sda1", "ext4"))
    told = []
    assert cluster.check([job()], told.append) is None
    assert told == []  # no other node
    slurm("sinfo", "echo Unable to contact controller; exit 1")
    assert cluster.check([job()], told.append) is None
    assert told == []
    slurm("sinfo", "echo node7; echo $(uname -n | cut -d. -f1)")
    assert cluster.check([job()], told.append) is None
    assert "Jobs run on node7" in told[0]
    assert f"{os.getcwd()} is on a disk of this machine (/dev/sda1, ext4)" in told[0]
    monkeypatch.setattr(cluster, "_file_system", lambda folder, mounts: ("server:/home", "nfs4"))
    assert cluster.check([job()], told.append) is None
    assert len(told) == 1


def test_the_readme_of_the_profiles_explains_every_line():
    folder = Path(__file__).parents[2] / "profiles"
    readme = (folder / "README.md").read_text()
    profile = yaml.safe_load((folder / "slurm/config.yaml").read_text())
    lines = {*profile, *profile["default-resources"]} - {"default-resources"}
    assert {line for line in lines if f"`{line}" not in readme} == set()


def test_both_profiles_rerun_for_the_same_reasons():
    folder = Path(__file__).parents[2] / "profiles"
    ours, default = (
        yaml.safe_load((folder / name / "config.yaml").read_text()) for name in ("slurm", "default")
    )
    assert {key: ours[key] for key in default} == default
