"""Write environment.yaml with exactly the versions of requirements.txt (part of `make lock`)."""

import re
from pathlib import Path

HERE = Path(__file__).parent
HEAD = """\
# The versions of requirements.txt for conda users; written by `make lock`, do not edit.
name: rethinking
channels:
  - conda-forge
dependencies:
  - python=3.12
  - pip
  - pip:
"""

if __name__ == "__main__":
    pins = re.findall(
        r"^([A-Za-z0-9][^\\\n#]*==[^\\\n]*?) *\\?$", (HERE / "requirements.txt").read_text(), re.M
    )
    lines = [f'      - "{pin.strip()}"\n' for pin in pins]
    (HERE / "environment.yaml").write_text(HEAD + "".join(lines))
