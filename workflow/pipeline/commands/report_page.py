"""Guarantee: in the page of the report nothing runs but Snakemake's own code, whatever titles and results
say.
"""

import re

# Where the template of Snakemake's report writes its data: JSON, which has no line break, between tags.
DATA = re.compile(r'(<script id="([a-z-]+)">\n *var \w+ = )(.*)(;\n *</script>)')
EXPECTED = {
    *("workflow-desc", "results", "categories", "rulegraph", "runtimes", "timeline", "rules", "packages"),
    "metadata",
}
# The frame in which it shows a table's page.
FRAME = '"iframe",\n                    { src: '


class UnknownPage(Exception):
    """A page that is not built as the known versions of Snakemake build it."""


def inert(page: str) -> str:
    """``page`` with its data escaped and the pages of tables in a sandbox.

    Snakemake writes JSON into scripts as it is, so that ``</script>`` in a title ends the script, and what
    follows is markup. In JSON ``<`` can be written as a Unicode escape. The pages of tables lie in the
    results folder and may be somebody else's: a frame with an empty ``sandbox`` shows them and runs none of
    their scripts. Raises ``UnknownPage`` for a page in which not all of these places are found.
    """
    found = set()

    def escaped(place: re.Match) -> str:
        found.add(place[2])
        return place[1] + place[3].replace("<", "\\u003c") + place[4]

    page = DATA.sub(escaped, page)
    if not found >= EXPECTED or page.count(FRAME) != 1:
        raise UnknownPage(
            "this version of Snakemake builds its report in another way than is known here, so that it could "
            "not be made safe; use the version in envs/requirements.txt"
        )
    return page.replace(FRAME, FRAME.replace("{ src: ", '{ sandbox: "", src: '))
