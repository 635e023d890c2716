"""What every unit test leaves behind: nothing of the plugins that it wrote."""

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_plugin_outlives_its_test(tmp_path_factory, monkeypatch):
    """Planning imports kinds of figures from plugins; the next test may write others of the same name."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    folder = tmp_path_factory.getbasetemp()
    for name, module in [*sys.modules.items()]:
        said = vars(module)  # some modules of PyTorch answer to any name that they are asked for
        places = [said.get("__file__"), *(said.get("__path__") or ())]
        if any(place and Path(place).is_relative_to(folder) for place in places):
            del sys.modules[name]
