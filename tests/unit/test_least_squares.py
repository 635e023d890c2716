"""The linear baseline against NumPy's and scikit-learn's least squares."""

import tracemalloc

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from rethinking import least_squares
from rethinking.classification import one_hot
from rethinking.datasets.digits import read as load_digits
from rethinking.least_squares import least_squares_classifier


def lstsq_errors(train, train_labels, test, test_labels, classes):
    """Both errors by ``numpy.linalg.lstsq`` on centred pixels between 0 and 1."""
    x, z = (images.reshape(len(images), -1).astype(float) / 255 for images in (train, test))
    targets = one_hot(train_labels, classes)
    weights, *_ = np.linalg.lstsq(x - x.mean(axis=0), targets - targets.mean(axis=0), rcond=None)
    scores = [(each - x.mean(axis=0)) @ weights + targets.mean(axis=0) for each in (x, z)]
    return tuple(
        np.mean(each.argmax(axis=1) != labels)
        for each, labels in zip(scores, (train_labels, test_labels), strict=True)
    )


def made_up(n, m, shape, seed=0, classes=3):
    """Images with constant, copied and summed pixels, so that their rank is below both sides, and labels."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 100, (n + m, *shape), dtype=np.uint8)
    flat = images.reshape(n + m, -1)
    flat[:, 0], flat[:n, 1] = 7, 50  # the second is constant in the training images only
    flat[:, 2] = flat[:, 3]
    flat[:, 4] = flat[:, 5] + flat[:, 6]
    scores = flat @ generator.standard_normal((flat.shape[1], classes))
    labels = (scores + 100 * generator.standard_normal(scores.shape)).argmax(axis=1)
    return images[:n], labels[:n], images[n:], labels[n:], classes


@pytest.mark.parametrize("block", [1, 7 * 8 * 48, 1 << 26])
@pytest.mark.parametrize(("n", "shape"), [(300, (4, 4, 3)), (49, (4, 4, 3)), (48, (48,)), (20, (6, 8, 1))])
def test_errors_are_those_of_lstsq(n, shape, block, monkeypatch):
    monkeypatch.setattr(least_squares, "BLOCK_BYTES", block)
    data = made_up(n, 400, shape)
    found = least_squares_classifier(*data)
    assert found == lstsq_errors(*data)
    assert found[0] > 0 if n == 300 else found[0] == 0
    x = data[0].reshape(n, -1)
    targets = one_hot(data[1], data[4])
    weights = least_squares._least_norm(x, x.mean(axis=0), targets)
    expected, _, rank, _ = np.linalg.lstsq(x - x.mean(axis=0), targets, rcond=None)
    assert rank == min(n - 1, 44)
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-7 * abs(expected).max())


@pytest.mark.parametrize("unit", [1.0, 1 / 255, 1e-8, 1e6])
def test_the_unit_of_floats_and_their_offset_do_not_matter(unit):
    train, train_labels, test, test_labels, classes = made_up(300, 400, (4, 4, 3))
    expected = least_squares_classifier(train, train_labels, test, test_labels, classes)
    floats = [(images.astype(float) - 1000) * unit for images in (train, test)]
    assert least_squares_classifier(floats[0], train_labels, floats[1], test_labels, classes) == expected


@pytest.mark.parametrize("count", [40, 700])
def test_digits_are_classified_as_by_lstsq_and_by_scikit_learn(count):
    digits = load_digits()
    data = digits.train_images[:count], digits.train_labels[:count], digits.test_images, digits.test_labels
    found = least_squares_classifier(*data, 10)
    assert found == lstsq_errors(*data, 10)
    x, z = (images.reshape(len(images), -1) / 255 for images in data[::2])
    model = LinearRegression().fit(x, one_hot(data[1], 10))
    theirs = [
        np.mean(model.predict(rows).argmax(axis=1) != labels) for rows, labels in ((x, data[1]), (z, data[3]))
    ]
    assert found == tuple(theirs)
    if count == 700:
        assert 0.05 < found[1] < 0.12  # far better than chance, 0.9, and worse than what a kernel does


def test_images_that_are_all_the_same_are_of_the_commonest_class():
    images = np.full((10, 2, 2, 1), 9, np.uint8)
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2])
    assert least_squares_classifier(images, labels, images, labels, 3) == (0.6, 0.6)


def test_labels_without_relation_to_the_images_are_at_chance():
    generator = np.random.default_rng(3)
    images = generator.integers(0, 256, (6000, 10), dtype=np.uint8)
    labels = generator.integers(0, 10, 6000)
    _, test_error = least_squares_classifier(images[:3000], labels[:3000], images[3000:], labels[3000:], 10)
    assert test_error == pytest.approx(0.9, abs=4 * (0.09 / 3000) ** 0.5)


def test_memory_is_that_of_the_smaller_matrix_and_some_blocks(monkeypatch):
    monkeypatch.setattr(least_squares, "BLOCK_BYTES", 1 << 18)
    train, labels, *_ = made_up(20_000, 0, (8, 8, 1))
    tracemalloc.start()
    try:
        least_squares_classifier(train, labels, train, labels, 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Blocks; some (64, 64) matrices; targets and scores of three classes. The images as floats are 10 MB.
    assert peak < 4 * 2**18 + 6 * 8 * 64**2 + 8 * 8 * 3 * 20_000 < 8 * train.size


DATA = made_up(30, 20, (4, 4, 3))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, DATA[0][:0], "expected training images"),
        (1, DATA[1][:-1], r"found images \(30, 4, 4, 3\) and 29 labels"),
        (2, DATA[2][:0], "expected test images"),
        (2, DATA[2][:, :3], r"expected test images .* \(4, 4, 3\), found \(3, 4, 3\)"),
        (3, DATA[3][:-1], r"found images \(20, 4, 4, 3\) and 19 labels"),
        (1, DATA[1] + 1, "expected labels from 0 to 2"),
        (0, np.where(np.arange(48).reshape(4, 4, 3) == 5, np.nan, DATA[0]), "training images .* finite"),
        (2, np.where(np.arange(48).reshape(4, 4, 3) == 5, np.inf, DATA[2]), "test images .* finite"),
    ],
)
def test_what_makes_no_data_is_refused(place, value, message):
    arguments = list(DATA)
    arguments[place] = value
    with pytest.raises(ValueError, match=message):
        least_squares_classifier(*arguments)
