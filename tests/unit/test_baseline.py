"""What is done to large images before a linear classifier is fitted to them."""

import numpy as np
import pytest

from rethinking.least_squares import WIDEST, averaged


@pytest.mark.parametrize("shape", [(3, 64, 64, 3), (3, 70, 50, 1), (2, 33, 33, 3)])
def test_large_images_are_averaged_over_squares(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    found, side = averaged(images)
    assert max(found.shape[1:3]) <= WIDEST < max(shape[1:3])
    assert side == -(-max(shape[1:3]) // WIDEST)
    rows, columns = (length // side for length in shape[1:3])
    top, left = (
        (length - side * count) // 2 for length, count in zip(shape[1:3], (rows, columns), strict=True)
    )
    assert found.shape == (shape[0], rows, columns, shape[3])
    for row in (0, rows - 1):
        for column in (0, columns - 1):
            square = images[
                :,
                top + row * side : top + (row + 1) * side,
                left + column * side : left + (column + 1) * side,
            ]
            np.testing.assert_allclose(found[:, row, column], square.mean(axis=(1, 2)), rtol=1e-6)


def test_small_images_are_taken_as_they_are():
    images = np.zeros((2, 32, 32, 3), dtype=np.uint8)
    found, side = averaged(images)
    assert found is images
    assert side == 1
