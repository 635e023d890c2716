"""Table 3: test errors and norms of kernel systems, with and without a ridge (section 5, appendix D)."""

from rethinking.exhibits.requests import Solve

ABOUT = {
    "kind": "exhibit",
    "form": "table",
    "title": "Test errors and norms of kernel systems.",
    "options": {
        "rows": {
            "type": "array",
            "minItems": 1,
            "description": "The rows, in the order of the table.",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["system", "ridge"],
                "properties": {
                    "system": {
                        "type": "string",
                        "names": "system",
                        "description": "Name of a kernel system.",
                    },
                    "ridge": {
                        "enum": ["none", "chosen"],
                        "description": "Interpolation, or the best on the validation split.",
                    },
                },
            },
        },
    },
    "reads": "results",
    "paper_columns": ["system", "ridge", "test_error", "norm"],
}


def requests(options: dict) -> list[Solve]:
    """The system of every row."""
    return [Solve(row["system"], row["ridge"]) for row in options["rows"]]
