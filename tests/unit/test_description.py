"""What is said of a data set can be counted by hand."""

import numpy as np
import pytest

from rethinking.datasets.description import describe, duplicates
from rethinking.moments import grey_level_counts, moments


@pytest.mark.parametrize("shape", [(7, 5, 4, 3), (3000, 40, 40, 1)])
def test_moments_are_those_of_the_array(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    mean, deviation = moments(grey_level_counts(images))
    assert np.allclose(mean, images.mean(axis=(0, 1, 2)), rtol=1e-12)
    assert np.allclose(deviation, images.std(axis=(0, 1, 2)), rtol=1e-12)


def test_constant_images_have_no_spread():
    mean, deviation = moments(grey_level_counts(np.full((2, 3, 3, 1), 255, dtype=np.uint8)))
    assert (mean[0], deviation[0]) == (255, 0)


def test_only_grey_levels_are_counted():
    with pytest.raises(ValueError, match="expected uint8"):
        grey_level_counts(np.zeros((2, 3, 3, 1)))


def images(*numbers):
    """One 2×2 image for each number; equal numbers are equal images."""
    return np.stack([np.random.default_rng(n).integers(0, 256, (2, 2, 1), dtype=np.uint8) for n in numbers])


def test_duplicates_are_counted_within_and_across():
    train = images(1, 2, 1, 3, 1, 4), np.array([0, 1, 0, 1, 1, 0])
    test = images(5, 1, 3, 5, 3), np.array([0, 1, 0, 0, 1])
    found = duplicates({"train": train, "test": test})
    # Image 1 stands at 0, 2 and 4; the one at 4 is called otherwise.
    assert found["within_train"] == {"images": 2, "with_another_label": 1}
    # 5 at 0 and 3 alike, 3 at 2 and 4 not.
    assert found["within_test"] == {"images": 2, "with_another_label": 1}
    # 1 (label 1, as at 4 in train), 3 (label 0, in train 1) and 3 again (label 1).
    assert found["test_in_train"] == {"images": 3, "with_another_label": 1}
    assert {"train": [0, 2, 4], "test": [1]} in found["examples"]


def test_a_description_is_of_plain_numbers():
    import json

    train = images(1, 2, 3), np.array([0, 1, 0])
    test = images(4, 2), np.array([0, 1])
    described = describe(train, test, ["cat", "dog"])
    assert json.loads(json.dumps(described)) == described
    assert described["classes"] == 2
    assert described["train"]["shape"] == [3, 2, 2, 1]
    assert described["train"]["per_class"] == {"cat": 2, "dog": 1}
    assert described["test"]["per_class"] == {"cat": 1, "dog": 1}
    assert described["train"]["overall_mean"] == pytest.approx(train[0].mean())
    assert described["duplicates"]["test_in_train"] == {"images": 1, "with_another_label": 0}
