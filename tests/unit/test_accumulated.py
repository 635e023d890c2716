"""Inner products summed block by block, and what is solved with them, against the features as a whole."""

import re
import weakref

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from rethinking.classification import classification_error, one_hot
from rethinking.features.random_patches import RandomPatches, draw_filters, feature_blocks
from rethinking.kernels import panels, systems
from rethinking.kernels.accumulated import (
    Accumulated,
    Products,
    accumulate,
    products_bytes,
    subset,
    take,
)
from rethinking.kernels.backends import Cpu
from rethinking.kernels.cholesky import NotPositiveDefinite, factorise
from rethinking.kernels.kernels import Gaussian, Linear, Points

CPU = torch.device("cpu")
N, M = 150, 40
KERNELS = [Linear(), Gaussian(0.5)]
TARGETS = one_hot(np.arange(N) % 3, 3)


class SmallTiles(Cpu):
    """Filling a block takes several tiles, the last one smaller."""

    tile_rows = 7


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(panels, "panel_width", lambda n: 48)


@pytest.fixture(params=["wide", "narrow"])
def width(request):
    if request.param == "narrow":
        request.getfixturevalue("narrow")
    return request.param


def features(n=N, m=M, d=200, seed=0):
    """Training and test points of norm 1 or so, neither centred nor of one sign only, as float32."""
    x = np.random.default_rng(seed).standard_normal((n + m, d)).astype(np.float32) + np.float32(0.3)
    return x[:n] / np.float32(d**0.5), x[n:] / np.float32(d**0.5)


def products(ours, others, sizes=(90, 1, 109)):
    # Copies, because blocks are overwritten.
    pairs = zip(*(torch.from_numpy(each.copy()).split(sizes, dim=1) for each in (ours, others)), strict=True)
    return accumulate(pairs, len(ours), len(others), CPU)


def dense(found):
    """The lower triangle of the training points' inner products, from the panels."""
    n = len(found.train_squares)
    matrix, offset = np.zeros((n, n)), 0
    for start in range(0, n, panels.panel_width(n)):
        stop = min(start + panels.panel_width(n), n)
        size = (n - start) * (stop - start)
        matrix[start:, start:stop] = found.train[offset : offset + size].reshape(n - start, -1)
        offset += size
    assert offset == len(found.train)
    return np.tril(matrix)


def error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


@pytest.mark.parametrize("n", [1, 47, 48, 49, 150])
def test_sums_over_blocks_are_the_inner_products(n, width):
    ours, others = features(n)
    found = products(ours, others)
    x, z = ours.astype(float), others.astype(float)
    assert {part.dtype for part in found[:2]} == {np.dtype(np.float32)}
    assert error(dense(found), np.tril(x @ x.T)) < 1e-6
    assert found.test.shape == (M, n)
    assert error(found.test, z @ x.T) < 1e-6
    for squares, points in ((found.train_squares, x), (found.test_squares, z)):
        assert squares.dtype == np.float64
        np.testing.assert_allclose(squares, (points**2).sum(axis=1), rtol=1e-6)
    assert sum(part.nbytes for part in found) == products_bytes(n, M)


def test_what_all_points_have_in_common_is_rounded_once(width):
    ours, others = features(d=6000)
    ours, others = (np.abs(each) + np.float32(0.02) for each in (ours, others))
    found = products(ours, others, [40] * 150)
    x, z = ours.astype(float), others.astype(float)
    # float32 itself is 6e-8 of each value; adding up 150 blocks of it, four times that and more.
    np.testing.assert_allclose(dense(found), np.tril(x @ x.T), rtol=9e-8)
    np.testing.assert_allclose(found.test, z @ x.T, rtol=9e-8)


def test_blocks_are_let_go_of():
    held = []

    def blocks():
        for _ in range(4):
            # When a block is asked for, nothing holds an earlier one.
            assert not any(each() is not None for each in held)
            pair = torch.ones(5, 8), torch.ones(2, 8)
            held.extend(weakref.ref(each) for each in pair)
            yield pair
            del pair

    assert (accumulate(blocks(), 5, 2, CPU).test == 32).all()
    assert len(held) == 8


def test_without_blocks_all_products_are_0():
    found = accumulate([], 5, 2, CPU)
    assert not any(part.any() for part in found)
    assert [len(part) for part in found] == [25, 2, 5, 2]


def kernel_matrix(kernel, a, b):
    if kernel == Linear():
        return a @ b.T
    return np.exp(-kernel.gamma * ((a[:, None] - b[None]) ** 2).sum(axis=2))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("backend", [Cpu(), SmallTiles()])
@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(0, 150), slice(0, 48)),
        (slice(60, 150), slice(50, 90)),
        (slice(48, 50), slice(48, 96)),
        (slice(149, 150), slice(144, 150)),
        (slice(90, 90), slice(48, 60)),
    ],
)
def test_a_block_is_that_part_of_the_matrix(kernel, dtype, backend, rows, columns, narrow):
    ours, others = features()
    gram = Accumulated(products(ours, others), kernel, dtype, backend)
    out = np.full((rows.stop - rows.start, columns.stop - columns.start), np.nan, dtype)
    gram.block(rows, columns, out)
    x = ours.astype(float)
    np.testing.assert_allclose(out, kernel_matrix(kernel, x[rows], x[columns]), rtol=0, atol=2e-6)
    np.testing.assert_allclose(gram.diagonal(3, 60), np.diag(kernel_matrix(kernel, x, x))[3:60], rtol=1e-6)
    assert len(gram) == N


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("rows", "columns"), [(slice(0, 40), slice(0, 150)), (slice(9, 33), slice(40, 60))])
def test_a_block_against_other_points_has_these_as_its_rows(kernel, rows, columns, narrow):
    ours, others = features()
    gram = Accumulated(products(ours, others), kernel, backend=SmallTiles())
    out = np.full((rows.stop - rows.start, columns.stop - columns.start), np.nan)
    gram.block(rows, columns, out, gram.others)
    expected = kernel_matrix(kernel, others[rows].astype(float), ours[columns].astype(float))
    np.testing.assert_allclose(out, expected, rtol=0, atol=2e-6)


def test_filling_a_block_leaves_the_products_alone(narrow):
    found = products(*features())
    before = [part.copy() for part in found]
    gram = Accumulated(found, Gaussian(0.5), np.float32)
    systems.predict(gram, gram.others, systems.solve(gram, TARGETS, 0.1).weights)
    for part, same in zip(found, before, strict=True):
        np.testing.assert_array_equal(part, same)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(0, 150), slice(40, 60)),
        (slice(96, 150), slice(0, 96)),
        (slice(40, 60), slice(48, 60)),
        (slice(0, 150), slice(144, 151)),
    ],
)
def test_a_block_that_is_not_within_one_panel_is_refused(rows, columns, narrow):
    gram = Accumulated(products(*features()), Linear())
    out = np.empty((rows.stop - rows.start, columns.stop - columns.start))
    with pytest.raises(ValueError, match="not within one panel"):
        gram.block(rows, columns, out)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_solutions_are_those_of_the_features(kernel, dtype, ridge, width):
    ours, others = features()
    exact = Points(ours.astype(float), kernel)
    gram = Accumulated(products(ours, others), kernel, dtype)
    expected, found = (systems.solve(each, TARGETS, ridge) for each in (exact, gram))
    # Products in float32 are another matrix, 1e-7 away, and the condition multiplies that.
    assert expected.condition_number < 1e4
    tolerance = 1e-7 * expected.condition_number
    assert error(found.weights, expected.weights) < tolerance
    assert found.norm == pytest.approx(expected.norm, rel=tolerance)
    assert found.norm_of_signs == pytest.approx(expected.norm_of_signs, rel=tolerance)
    assert found.condition_number == pytest.approx(expected.condition_number, rel=1e-3)
    assert found.residual < 1e-7
    scores = systems.predict(exact, exact.at(others.astype(float)), expected.weights)
    assert error(systems.predict(gram, gram.others, found.weights, tile=37), scores) < 2 * tolerance
    if dtype == np.float32:
        assert found.refinements > 0


def test_in_float64_is_the_same_matrix_to_more_digits(narrow):
    rough = Accumulated(products(*features()), Gaussian(0.5), np.float32, SmallTiles())
    exact = rough.in_float64()
    assert (exact.dtype, exact.kernel, exact.products) == (np.float64, rough.kernel, rough.products)
    assert exact.backend is rough.backend
    blocks = [np.empty((90, 40), gram.dtype) for gram in (rough, exact)]
    for gram, out in zip((rough, exact), blocks, strict=True):
        gram.block(slice(60, 150), slice(50, 90), out)
    assert 1e-9 < abs(blocks[0] - blocks[1]).max() < 1e-6


POSITIONS = {
    "all": range(N),
    "the first": [0],
    "the last": [149],
    "one in the middle": [95],
    "around a border": [47, 48, 49, 95, 96],
    "one panel": range(48, 96),
    "two panels without the first": range(100, 150),
    "none": [],
    "random": sorted(np.random.default_rng(0).choice(N, 60, replace=False)),
    "other random ones": sorted(np.random.default_rng(1).choice(N, 31, replace=False)),
}


@pytest.mark.parametrize("rows", POSITIONS)
@pytest.mark.parametrize("columns", POSITIONS)
def test_some_products_are_those_rows_and_columns(rows, columns, width):
    found = products(*features())
    lower = dense(found)
    whole = lower + np.tril(lower, -1).T
    r, c = (np.array(POSITIONS[name], dtype=int) for name in (rows, columns))
    taken = take(found.train, N, r, c)
    assert taken.dtype == np.float32
    # Both triangles of a diagonal tile are summed, and may be rounded differently.
    np.testing.assert_allclose(taken, whole[np.ix_(r, c)], rtol=0, atol=1e-6)


@pytest.mark.parametrize("fitted", [name for name in POSITIONS if name != "none"])
@pytest.mark.parametrize("held_out", ["random", "around a border", "the first"])
def test_a_subset_has_the_products_of_its_points(fitted, held_out, width):
    ours, others = features()
    f, h = (np.array(POSITIONS[name], dtype=int) for name in (fitted, held_out))
    found = subset(products(ours, others), f, h)
    expected = products(ours[f], ours[h])
    assert error(dense(found), dense(expected)) < 1e-6
    assert found.test.shape == (len(h), len(f))
    assert error(found.test, expected.test) < 1e-6
    for part in (2, 3):
        np.testing.assert_allclose(found[part], expected[part], rtol=1e-6)


def test_the_whole_set_as_a_subset_is_the_same(width):
    found = products(*features())
    same = subset(found, np.arange(N), np.arange(3))
    np.testing.assert_array_equal(dense(same), dense(found))
    np.testing.assert_array_equal(same.train_squares, found.train_squares)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_subset_is_solved_as_its_points(kernel, dtype, width):
    ours, others = features()
    order = np.random.default_rng(2).permutation(N)
    fitted, held_out = np.sort(order[:100]), np.sort(order[100:])
    gram = Accumulated(subset(products(ours, others), fitted, held_out), kernel, dtype)
    exact = Points(ours[fitted].astype(float), kernel)
    expected, found = (systems.solve(each, TARGETS[fitted], 0.1) for each in (exact, gram))
    tolerance = 1e-7 * expected.condition_number
    assert error(found.weights, expected.weights) < tolerance
    scores = systems.predict(exact, exact.at(ours[held_out].astype(float)), expected.weights)
    assert error(systems.predict(gram, gram.others, found.weights), scores) < 2 * tolerance


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [(2, np.nan, "training point 13"), (2, np.inf, "training point 13"), (3, np.nan, "test point 13")],
)
def test_a_point_that_is_not_finite_is_named(part, value, message):
    found = products(*features())
    found[part][13] = value
    with pytest.raises(ValueError, match=f"{message} is not finite"):
        Accumulated(found, Linear())


def test_features_too_large_to_be_squared_are_not_finite():
    ours, others = features()
    ours[13] *= np.float32(1e30)
    with pytest.raises(ValueError, match="training point 13 is not finite"):
        Accumulated(products(ours, others), Linear())


@pytest.mark.parametrize("gamma", [0, -1.0, np.inf, np.nan])
def test_a_gamma_that_is_not_above_0_is_refused(gamma):
    with pytest.raises(ValueError, match="expected a gamma above 0"):
        Accumulated(products(*features()), Gaussian(gamma))


def refusal(gram):
    with pytest.raises(NotPositiveDefinite) as raised:
        factorise(gram)
    return str(raised.value)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("copy", [1, 48, 131])
def test_copies_are_refused_in_float32(kernel, copy, narrow):
    ours, others = features()
    ours[copy] = ours[0]
    gram = Accumulated(products(ours, others), kernel, np.float32)
    message = refusal(gram)
    assert (
        f"the 150 × 150 kernel matrix with ridge 0 is not positive definite in float32: row {copy}" in message
    )
    # The points are not there to be compared.
    assert ("unless two points are the same" in message) == isinstance(kernel, Gaussian)
    ridge = float(re.search(r"a ridge of (\S+)", message)[1])
    assert systems.solve(gram, TARGETS, ridge).residual < 1e-6


@pytest.mark.parametrize("kernel", KERNELS)
def test_points_that_are_all_the_same_are_refused(kernel, width):
    one = Products(*(np.ones(shape, np.float32) for shape in (150 * 150, (3, 150), 150, 3)))
    if len(panels.panel_starts(N)) > 2:
        one = one._replace(train=np.ones(products_bytes(N, 0) // 4 - 2 * N, np.float32))
    assert "row 1, in panel 0" in refusal(Accumulated(one, kernel))


def test_few_features_are_refused(width):
    ours, others = features(d=200)
    gram = Accumulated(products(ours[:, :60], others[:, :60], 20), Linear(), np.float32)
    row = int(re.search(r"row (\d+),", refusal(gram))[1])
    assert 50 <= row <= 60


def test_random_patches_of_digits_are_recognised():
    found = load_digits()
    images, labels = (found.images * 255 / 16).astype(np.uint8)[..., None], found.target
    settings = RandomPatches(filters=200, patch=3, bias=0.25, pool=3, stride=3)
    train, test = images[:1000], images[1000:]
    filters = draw_filters(train, settings, np.random.default_rng(0))
    blocks = feature_blocks([train, test], filters, settings, CPU, block=64)
    stored = accumulate(blocks, len(train), len(test), CPU)
    gram = Accumulated(stored, Linear(), np.float32)
    solution = systems.solve(gram, one_hot(labels[:1000], 10), 0.1)
    wrong = classification_error(systems.predict(gram, gram.others, solution.weights), labels[1000:])
    # 0.028, and 0.024 to 0.029 for other seeds; 0.10 with the pixels themselves.
    assert wrong < 0.04


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("seed", range(10))
def test_copies_are_refused_in_float64_too(kernel, seed, narrow):
    ours, others = features(seed=seed)
    ours[131] = ours[0]
    assert "row 131," in refusal(Accumulated(products(ours, others), kernel))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("seed", range(10))
def test_the_suggested_ridge_does_in_float64(kernel, seed, narrow):
    ours, others = features(seed=seed)
    ours[100:] = ours[:50]
    gram = Accumulated(products(ours, others), kernel)
    ridge = float(re.search(r"a ridge of (\S+)", refusal(gram))[1])
    systems.solve(gram, TARGETS, ridge)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kernel", KERNELS)
def test_the_residual_is_that_of_one_symmetric_matrix(kernel, dtype, narrow):
    gram = Accumulated(products(*features()), kernel, dtype)
    assert systems.solve(gram, TARGETS, 0.1).residual < 1e-11
