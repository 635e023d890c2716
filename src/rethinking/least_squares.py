"""A linear classifier by least squares: the simple baseline that a network or a kernel has to beat."""

from collections.abc import Iterator

import numpy as np

from rethinking.classification import classification_error, one_hot

BLOCK_BYTES = 1 << 26  # of float64 rows that are held at a time
WIDEST = 32  # pixels


def averaged(images: np.ndarray) -> tuple[np.ndarray, int]:
    """Average images (N, H, W, C) over squares until no side is longer than ``WIDEST`` pixels.

    Time and memory of a least-squares fit grow with the third and second power of the number of pixels, and
    neighbouring pixels say much the same. Returns the averages in float32 and the side of the squares. Small
    images are returned as they are, with a side of 1. Pixels at the margins that fill no square are left out.
    """
    height, width = images.shape[1:3]
    factor = -(-max(height, width) // WIDEST)
    if factor == 1:
        return images, 1
    rows, columns = height // factor, width // factor
    top, left = (height - rows * factor) // 2, (width - columns * factor) // 2
    images = images[:, top : top + rows * factor, left : left + columns * factor]
    found = np.empty((len(images), rows, columns, images.shape[3]), dtype=np.float32)
    for index, image in enumerate(images):
        squares = image.reshape(rows, factor, columns, factor, -1)
        found[index] = squares.mean(axis=(1, 3), dtype=np.float64)
    return found, factor


def least_squares_classifier(
    train_images: np.ndarray,
    train_labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    classes: int,
) -> tuple[float, float]:
    """Fit a linear classifier; return the shares of training and of test images that it gets wrong.

    The classifier minimises Σ_i ‖Wᵀx_i + b - y_i‖² over the weights W (d, classes) and the intercept b. The
    targets y_i are one-hot labels, and the largest of the ``classes`` outputs is the answer. There is no
    ridge, so the classifier does not depend on the unit of the pixels (grey levels or 0..1). Of all W that
    minimise the sum, the one of least norm is taken. A pixel that is constant over the training images
    therefore has the weight 0.

    Images are (N, ...), uint8 or floats, of the same shape in both sets; labels are ints (N,). The system is
    solved in float64 by the eigenvectors of XᵀX, or of XXᵀ where there are fewer images than pixels, for the
    centred images X. A direction counts as constant if its singular value is below √(max(N, d)·eps) of the
    largest one. Only the smaller of the two matrices and a block of images are held.

    Raises ``ValueError`` for sets without images, images of different shapes or with values that are not
    finite, and labels that do not match.
    """
    train, test = (np.asarray(images) for images in (train_images, test_images))
    for name, images, labels in (("training", train, train_labels), ("test", test, test_labels)):
        if images.ndim < 2 or not images.size or len(images) != len(labels):
            raise ValueError(
                f"expected {name} images (N, ...) and a label for each, at least one, found images "
                f"{images.shape} and {len(labels)} labels"
            )
    if train.shape[1:] != test.shape[1:]:
        raise ValueError(
            f"expected test images of the training images' shape {train.shape[1:]}, found {test.shape[1:]}"
        )
    train, test = train.reshape(len(train), -1), test.reshape(len(test), -1)
    targets = one_hot(train_labels, classes)
    mean = train.mean(axis=0, dtype=np.float64)
    for name, images in (("training", train), ("test", test)):
        if not all(np.isfinite(rows).all() for _, rows in _centred(images, mean)):
            raise ValueError(f"expected {name} images whose values are all finite")
    intercept = targets.mean(axis=0)
    weights = _least_norm(train, mean, targets - intercept)
    errors = []
    for images, labels in ((train, train_labels), (test, test_labels)):
        scores = [rows @ weights + intercept for _, rows in _centred(images, mean)]
        errors.append(classification_error(np.concatenate(scores), labels))
    return errors[0], errors[1]


def _centred(images: np.ndarray, mean: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of the images' rows in float64, seen from the mean, and where each lies."""
    length = max(1, BLOCK_BYTES // (8 * images.shape[1]))
    for start in range(0, len(images), length):
        span = slice(start, min(start + length, len(images)))
        yield span, images[span] - mean


def _least_norm(images: np.ndarray, mean: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The weights (d, k) of least norm among those that minimise ‖Xw - targets‖, X the centred images."""
    n, d = images.shape
    if n < d:
        products = np.empty((n, n))
        for rows, ours in _centred(images, mean):
            for columns, others in _centred(images[: rows.stop], mean):
                products[rows, columns] = ours @ others.T
        dual = _solve_semidefinite(products, targets, max(n, d))
        return sum(ours.T @ dual[rows] for rows, ours in _centred(images, mean))
    products, right = np.zeros((d, d)), np.zeros((d, targets.shape[1]))
    for rows, ours in _centred(images, mean):
        products += ours.T @ ours
        right += ours.T @ targets[rows]
    return _solve_semidefinite(products, right, n)


def _solve_semidefinite(matrix: np.ndarray, right: np.ndarray, size: int) -> np.ndarray:
    """The solution of least norm for a positive semidefinite matrix, of which the lower triangle is read."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > size * np.finfo(float).eps * max(values[-1], 0.0)
    vectors = vectors[:, kept]
    return vectors @ ((vectors.T @ right) / values[kept, None])
