"""Table 3: test errors and norms of kernel systems, with and without a ridge (section 5, appendix D)."""

from rethinking.exhibits.requests import Solve

ABOUT = {
    "kind": "exhibit",
    "form": "table",
    "title": "Test errors and norms of kernel systems.",
    "reads": "results",
    "category": "Section 5, kernel systems",
    "shows": "kernel systems with and without ridge",
    "paper": {
        "where": "section 5, and table 3 in appendix D",
        "claim": "Solving the kernel system exactly, without regularisation, fits all labels and "
        "generalises: test errors of 1.2 % on MNIST's pixels, 0.6 % with Gabor wavelets, 46 % on CIFAR-10's "
        "pixels and 17 % on random convolutional features, where a ridge gives 15 %. The norm does not "
        "predict the error: that of the wavelets is larger (390) than that of the pixels (220).",
    },
    "paper_columns": ["system", "ridge", "test_error", "norm"],
    "numbers": {
        "keys": ["system", "ridge"],
        "relative": True,
        "quantities": {
            "test_error": {"tolerance": "system_error"},
            "norm": {"tolerance": "norm", "reading": "of the solution for targets 0 and 1"},
            "norm_of_signs": {
                "tolerance": "norm",
                "column": "norm",
                "uncounted": {},
                "reading": "another reading: of the solution for targets ±1",
            },
        },
        "tolerances": {
            "system_error": "Test errors of kernel systems (table 3): as a part of the paper's error.",
            "norm": "Norms of kernel systems: as a part of the paper's norm.",
        },
    },
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
}


def requests(options: dict) -> list[Solve]:
    """The system of every row."""
    return [Solve(row["system"], row["ridge"]) for row in options["rows"]]
