"""Corruptions do what section 2.1 says, at the rates that follow from it, and only once."""

import numpy as np
import pytest

from rethinking.corruptions import gaussian, random_labels, random_pixels, shuffled_pixels
from rethinking.corruptions.arrays import UNITS, centre, check_choice
from rethinking.seeds import numpy_generator

N, CLASSES = 50_000, 10


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(0).integers(0, CLASSES, N)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 256, (300, 8, 6, 3), dtype=np.uint8)


def corrupt(labels, noise, seed=0, pool="all_classes"):
    generator = numpy_generator(seed, "random_labels")
    return random_labels.corrupt(labels, noise, CLASSES, generator, pool)


def five_sigma(rate):
    return 5 * np.sqrt(rate * (1 - rate) / N) + 1e-12


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_a_share_of_nine_tenths_of_p_really_changes(labels, noise):
    corrupted = corrupt(labels, noise)
    assert corrupted.replaced.mean() == pytest.approx(noise, abs=five_sigma(noise))
    assert corrupted.changed.mean() == pytest.approx(0.9 * noise, abs=five_sigma(0.9 * noise))
    assert np.array_equal(corrupted.changed, corrupted.labels != labels)
    assert np.array_equal(corrupted.labels[~corrupted.replaced], labels[~corrupted.replaced])


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_other_classes_never_give_the_true_label(labels, noise):
    corrupted = corrupt(labels, noise, pool="other_classes")
    assert np.array_equal(corrupted.changed, corrupted.replaced)
    assert corrupted.changed.mean() == pytest.approx(noise, abs=five_sigma(noise))


@pytest.mark.parametrize("pool", random_labels.POOLS)
def test_new_labels_are_uniform_and_independent_of_the_old(labels, pool):
    new = corrupt(labels, 1.0, pool=pool).labels
    counts = np.zeros((CLASSES, CLASSES))
    np.add.at(counts, (labels, new), 1)
    shares = counts / counts.sum(1, keepdims=True)
    expected = np.full((CLASSES, CLASSES), 1 / CLASSES if pool == "all_classes" else 1 / (CLASSES - 1))
    if pool == "other_classes":
        np.fill_diagonal(expected, 0)
    assert np.abs(shares - expected).max() < 5 * np.sqrt(0.1 * 0.9 / (N / CLASSES))


def test_levels_of_one_seed_are_nested(labels):
    low, high = corrupt(labels, 0.2), corrupt(labels, 0.7)
    assert high.replaced[low.replaced].all()
    assert np.array_equal(low.labels[low.replaced], high.labels[low.replaced])


def test_a_seed_fixes_the_labels_and_another_gives_others(labels):
    assert np.array_equal(corrupt(labels, 0.5, seed=3).labels, corrupt(labels, 0.5, seed=3).labels)
    assert (corrupt(labels, 1.0, seed=3).labels != corrupt(labels, 1.0, seed=4).labels).mean() > 0.85


@pytest.mark.parametrize("noise", [-0.1, 1.1, float("nan")])
def test_noise_outside_0_1_is_refused(labels, noise):
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        corrupt(labels, noise)


def test_labels_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"0\.\.9"):
        corrupt(np.array([0, 10]), 0.5)
    with pytest.raises(ValueError, match="integers"):
        corrupt(np.array([0.0, 1.0]), 0.5)


@pytest.mark.parametrize("unit", UNITS)
def test_shuffled_pixels_use_one_permutation_that_can_be_undone(images, unit):
    permutation = shuffled_pixels.pixel_permutation(images.shape[1:], np.random.default_rng(2), unit)
    shuffled = shuffled_pixels.shuffle_pixels(images, permutation, unit)
    assert not np.array_equal(shuffled, images)
    undone = shuffled_pixels.shuffle_pixels(shuffled, np.argsort(permutation), unit)
    assert np.array_equal(undone, images)


@pytest.mark.parametrize("unit", UNITS)
def test_random_pixels_permute_each_image_on_its_own(unit):
    # The same image many times: each copy must come out differently.
    image = np.arange(8 * 6 * 3, dtype=np.uint8).reshape(1, 8, 6, 3)
    copies = random_pixels.randomise_pixels(np.repeat(image, 50, 0), np.random.default_rng(3), unit)
    assert len(np.unique(copies.reshape(50, -1), axis=0)) == 50
    for copy in copies:
        if unit == "positions":
            # The three channels of a pixel, consecutive numbers here, stay together.
            assert np.array_equal(copy[..., 1], copy[..., 0] + 1)
            assert np.array_equal(copy[..., 2], copy[..., 0] + 2)
        assert np.array_equal(np.sort(copy.ravel()), image.ravel())


def test_random_pixels_are_uniform_over_positions():
    marked = np.zeros((20_000, 3, 3, 1), dtype=np.uint8)
    marked[:, 0, 0] = 1
    shares = random_pixels.randomise_pixels(marked, np.random.default_rng(4)).mean(0).ravel()
    assert np.abs(shares - 1 / 9).max() < 5 * np.sqrt(1 / 9 * 8 / 9 / 20_000)


@pytest.mark.parametrize("moments", gaussian.MOMENTS)
def test_gaussian_images_keep_mean_and_variance_unclipped(images, moments):
    scaled = (images * np.array([0.2, 0.6, 1.0])).astype(np.uint8)
    mean, deviation = gaussian.gaussian_moments(scaled, moments)
    drawn = gaussian.gaussian_images(20_000, scaled.shape[1:], mean, deviation, np.random.default_rng(5))
    axes = (0, 1, 2, 3) if moments == "dataset" else (0, 1, 2)
    np.testing.assert_allclose(drawn.mean(axes), scaled.mean(axes), atol=0.2)
    np.testing.assert_allclose(drawn.std(axes), scaled.std(axes), rtol=0.005)
    assert drawn.min() < 0
    assert drawn.max() > 255


def test_gaussian_moments_are_one_or_one_a_channel(images):
    mean, deviation = gaussian.gaussian_moments(images, "dataset")
    assert mean.tolist() == [pytest.approx(images.mean())] * 3
    assert deviation.tolist() == [pytest.approx(images.std())] * 3
    mean, _ = gaussian.gaussian_moments(images, "channel")
    np.testing.assert_allclose(mean, images.mean((0, 1, 2)))


@pytest.mark.parametrize(
    ("permutation", "message"),
    [
        (np.arange(5), "need 48"),
        (np.arange(49), "need 48"),
        (np.arange(48)[:, np.newaxis], "need 48"),
        (np.zeros(48, dtype=int), r"each of 0\.\.47 once"),
        (np.arange(48) - 1, r"each of 0\.\.47 once"),
        (np.arange(48.0), r"each of 0\.\.47 once"),
        (np.ones(48, dtype=bool), r"each of 0\.\.47 once"),
        (np.r_[np.arange(47), 46], r"each of 0\.\.47 once"),
    ],
)
def test_what_is_no_permutation_is_refused(images, permutation, message):
    with pytest.raises(ValueError, match=message):
        shuffled_pixels.shuffle_pixels(images, permutation)


def test_a_wrong_option_is_refused_with_the_nearest(images):
    with pytest.raises(ValueError, match="did you mean 'positions'"):
        random_pixels.randomise_pixels(images, np.random.default_rng(0), "position")
    with pytest.raises(ValueError, match="unit is 'value'; did you mean 'values'"):
        check_choice("unit", "value", UNITS)
    for size in (9, 0, -1):
        with pytest.raises(ValueError, match="crop"):
            centre(images, size)


@pytest.mark.parametrize(
    ("mean", "deviation"),
    [(100, 40_000), (40_000, 10), (-40_000, 10), (np.nan, 1), (0, np.nan), (np.inf, 1), (100, -1)],
)
def test_gaussian_pixels_that_would_wrap_are_refused(mean, deviation):
    with pytest.raises(ValueError, match="no moments of grey levels"):
        gaussian.gaussian_images(10, (4, 4, 1), [mean], [deviation], np.random.default_rng(0))


def test_gaussian_pixels_of_the_largest_deviation_do_not_wrap():
    largest = np.float32(gaussian.INT16) / gaussian.FARTHEST
    drawn = gaussian.gaussian_images(1000, (32, 32, 1), [0], [largest], np.random.default_rng(0))
    assert drawn.std() == pytest.approx(largest, rel=0.01)


@pytest.mark.parametrize("shape", [(0, 8, 8, 1), (3, 0, 8, 1), (3, 8, 8, 0), (3, 8, 8)])
def test_images_without_a_pixel_are_refused_by_name(shape):
    empty, generator = np.zeros(shape, dtype=np.uint8), np.random.default_rng(0)
    for corrupt_empty in (
        lambda: shuffled_pixels.shuffle_pixels(empty, np.arange(64)),
        lambda: random_pixels.randomise_pixels(empty, generator),
        lambda: gaussian.gaussian_moments(empty),
        lambda: centre(empty, 4),
    ):
        with pytest.raises(ValueError, match="expected N×H×W×C"):
            corrupt_empty()


def test_nothing_to_corrupt_is_refused():
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="N > 0"):
        corrupt(np.array([], dtype=int), 0.5)
    with pytest.raises(ValueError, match="count is 0"):
        gaussian.gaussian_images(0, (8, 8, 1), [0], [1], generator)
    for shape in ((0, 8, 1), (8, 8)):
        with pytest.raises(ValueError, match=r"expected \(H, W, C\)"):
            shuffled_pixels.pixel_permutation(shape, generator)
        with pytest.raises(ValueError, match=r"expected \(H, W, C\)"):
            gaussian.gaussian_images(1, shape, [0], [1], generator)


@pytest.mark.parametrize("corruption", [shuffled_pixels, random_pixels, gaussian])
def test_parts_are_corrupted_one_after_the_other_and_each_seed_draws_its_own(images, corruption):
    parts = {"train": images, "test": images[:50]}
    once, again, other = (dict(corruption.corrupt(parts, numpy_generator(seed, "it"))) for seed in (0, 0, 1))
    assert {name: array.shape for name, array in once.items() if name in parts} == {
        name: array.shape for name, array in parts.items()
    }
    assert all(np.array_equal(once[name], again[name]) for name in once)
    assert not np.array_equal(once["train"], other["train"])
    assert not np.array_equal(once["train"], images)


def test_all_parts_are_shuffled_by_the_permutation_that_is_stored(images):
    parts = {"train": images, "test": images[:50]}
    made = dict(shuffled_pixels.corrupt(parts, numpy_generator(0, "it")))
    for name, array in parts.items():
        assert np.array_equal(made[name], shuffled_pixels.shuffle_pixels(array, made["permutation"]))
