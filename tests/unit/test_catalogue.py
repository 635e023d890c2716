"""What the Snakemake workflow catalogue asks of a repository before it lists it with instructions."""

from pathlib import Path

import yaml

HERE = Path(__file__).parents[2]


def test_the_repository_has_what_the_catalogue_looks_for():
    readme = (HERE / "README.md").read_text().lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    assert (HERE / "workflow/Snakefile").is_file()
    assert not (HERE / "workflow/Snakefile").is_symlink()
    assert {path.suffix for path in (HERE / "workflow/rules").iterdir()} == {".smk"}
    assert (HERE / "config/README.md").is_file()


def test_its_settings_promise_what_there_is():
    usage = yaml.safe_load((HERE / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    rules = "".join(path.read_text() for path in (HERE / "workflow/rules").iterdir())
    assert usage["software-stack-deployment"]["conda"] == ("conda:" in rules)
    assert usage["software-stack-deployment"]["apptainer"] == ("container:" in rules)


def test_the_folder_that_snakedeploy_copies_has_the_configuration():
    assert (HERE / "config/config.yaml").read_text() == (HERE / "config.yaml").read_text()
