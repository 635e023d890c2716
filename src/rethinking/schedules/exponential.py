"""The paper's learning-rate schedule: a constant factor after every epoch (appendix A)."""

ABOUT = {
    "kind": "schedule",
    "title": "The learning rate is multiplied by a constant after every epoch, as in the paper.",
    "options": {
        "decay": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
            "default": 0.95,
            "description": "Factor on the learning rate after every epoch.",
        },
    },
}


def factor(epoch: int, decay: float = 0.95) -> float:
    """The factor on the learning rate in ``epoch``, which counts from 1.

    Raises ``ValueError`` for a decay outside (0, 1].
    """
    if not 0 < decay <= 1:
        raise ValueError(f"decay is {decay!r}; expected a number above 0 and at most 1")
    return decay ** (epoch - 1)
