"""The linear classifier of a data set, with which "generalises" is compared; ``least_squares`` fits it."""

from typing import NamedTuple


class Baseline(NamedTuple):
    """The least-squares linear classifier of a data set, and how many images test errors are measured on."""

    train_error: float
    test_error: float
    test_examples: int
    averaged_over: int = 1  # side in pixels of the squares that large images are averaged over

    def of_examples(self, examples: int) -> "Baseline":
        """The same where test errors are measured on ``examples`` of the test images, or on all if fewer."""
        return self._replace(test_examples=min(examples, self.test_examples))
