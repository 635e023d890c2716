"""Features and filters against plain loops, and what inner products of features are."""

import itertools
import re

import numpy as np
import pytest
import torch
from scipy import signal

from rethinking.features import random_patches
from rethinking.features.random_patches import (
    RandomPatches,
    draw_filters,
    feature_blocks,
    random_patch_features,
)

CPU = torch.device("cpu")
SETTINGS = RandomPatches(filters=70, patch=3, bias=0.25, pool=4, stride=3)


def random(seed=0):
    return np.random.default_rng(seed)


def pictures(count=5, height=9, width=12, channels=2, seed=0):
    return random(seed).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def bank(settings=SETTINGS, channels=2, seed=1):
    shape = (settings.filters, settings.patch**2 * channels)
    return random(seed).standard_normal(shape).astype(np.float32)


def features(images, filters, settings=SETTINGS):
    return random_patch_features(images, torch.from_numpy(filters), settings).numpy()


def one_by_one(images, filters, settings):
    """Each response, rectifier and square on its own, float64 (N, 2, places, filters)."""
    side, pool = settings.patch, settings.pool
    found = []
    for image, kernel in itertools.product(images / 255, filters.astype(float)):
        kernel = kernel.reshape(side, side, -1)
        z = sum(
            signal.correlate2d(image[..., channel], kernel[..., channel], "valid")
            for channel in range(image.shape[2])
        )
        for rectified in (np.maximum(z - settings.bias, 0), np.maximum(-z - settings.bias, 0)):
            for top in range(0, z.shape[0] - pool + 1, settings.stride):
                for left in range(0, z.shape[1] - pool + 1, settings.stride):
                    found.append(rectified[top : top + pool, left : left + pool].mean())
    found = np.reshape(found, (len(images), len(filters), 2, -1)) / settings.filters**0.5
    return found.transpose(0, 2, 3, 1)


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        (SETTINGS, (9, 12, 2)),
        (SETTINGS, (12, 9, 3)),
        (SETTINGS._replace(bias=0.0, stride=1), (8, 8, 1)),
        (RandomPatches(filters=9, patch=1, bias=0.3, pool=3, stride=5), (7, 13, 3)),
        (RandomPatches(filters=9, patch=6, bias=1.0, pool=15, stride=6), (32, 32, 3)),
    ],
)
def test_features_are_those_of_plain_loops(settings, shape):
    images, filters = pictures(3, *shape), bank(settings, shape[2])
    expected = one_by_one(images, filters, settings)
    found = features(images, filters, settings)
    assert found.dtype == np.float32
    assert found.shape == (3, settings.size(*shape[:2])) == (3, expected[0].size)
    np.testing.assert_allclose(found, expected.reshape(3, -1), rtol=0, atol=2e-6 * expected.max())
    products, flat = found.astype(float) @ found.T, expected.reshape(3, -1)
    np.testing.assert_allclose(products, flat @ flat.T, rtol=1e-5)


def test_features_by_hand():
    # One pixel a patch: z is the grey level, and 2 of 4 pixels exceed the bias of 0.2.
    image = np.array([[0, 51], [153, 255]], dtype=np.uint8)[None, :, :, None]
    settings = RandomPatches(filters=1, patch=1, bias=0.2, pool=2, stride=1)
    np.testing.assert_allclose(
        features(image, np.float32([[1]]), settings), [[(0.4 + 0.8) / 4, 0]], atol=1e-7
    )
    np.testing.assert_allclose(
        features(image, np.float32([[-1]]), settings), [[0, (0.4 + 0.8) / 4]], atol=1e-7
    )


def test_cifar10_has_3_by_3_places():
    settings = RandomPatches()
    assert settings.starts(32) == [0, 6, 12]
    assert settings.size(32, 32) == 18 * 32_000
    few = settings._replace(filters=2)
    assert features(pictures(1, 32, 32, 3), bank(few, 3), few).shape == (1, 36)


@pytest.mark.parametrize("cached", [1, 5000, 20_000, 1 << 20])
@pytest.mark.parametrize("block", [1, 30, 70, 256])
def test_batches_and_blocks_do_not_matter(cached, block, monkeypatch):
    images, filters = pictures(), bank(SETTINGS._replace(filters=150))
    settings = SETTINGS._replace(filters=150)
    expected = one_by_one(images, filters, settings)
    monkeypatch.setattr(random_patches, "CACHED", cached)
    told = []

    def tell(done, total):
        told.append((done, total))

    blocks = list(feature_blocks([images, images[3:]], filters, settings, CPU, block, tell))
    assert len(blocks) == -(-150 // block)
    assert told == [(min(block * (i + 1), 150), 150) for i in range(len(blocks))]
    for part, of in enumerate((expected, expected[3:])):
        found = [each[part].numpy().reshape(*of.shape[:3], -1) for each in blocks]
        np.testing.assert_allclose(np.concatenate(found, axis=3), of, rtol=0, atol=2e-6 * of.max())


def test_the_images_are_left_alone_and_may_be_read_only():
    images = pictures()
    images.setflags(write=False)
    before = images.copy()
    features(images, bank())
    np.testing.assert_array_equal(images, before)


def test_filters_twice_give_the_same_inner_products():
    images, filters = pictures(), bank()
    once = features(images, filters)
    twice = features(images, np.concatenate([filters, filters]), SETTINGS._replace(filters=140))
    np.testing.assert_allclose(twice @ twice.T, once @ once.T, rtol=1e-5)


def test_the_scale_of_inner_products_does_not_depend_on_the_number_of_filters():
    images = pictures(count=3)
    few, many = (
        features(images, bank(settings), settings)
        for settings in (SETTINGS._replace(filters=500), SETTINGS._replace(filters=4000))
    )
    np.testing.assert_allclose(few @ few.T, many @ many.T, rtol=0.1)


def drawn_patches(images, side, count, generator):
    """Patches at the generator's places, those that are not plain, with mean 0 and norm 1, one at a time."""
    kept = []
    size = (len(images), images.shape[1] - side + 1, images.shape[2] - side + 1)
    for number, top, left in generator.integers(0, size, size=(count, 3)):
        patch = images[number, top : top + side, left : left + side].astype(float).ravel() / 255
        patch = patch - np.mean(patch)
        if np.mean(patch**2) > 1e-4:
            kept.append(patch / np.sqrt(np.sum(patch**2)))
    return np.array(kept)


@pytest.fixture
def candidates(monkeypatch):
    monkeypatch.setattr(random_patches, "CANDIDATES", 1000)


@pytest.mark.parametrize("regularisation", [1e-3, 0.1])
def test_filters_are_whitened_patches(regularisation, candidates):
    images = pictures(channels=3)
    images[1:3] = 100
    settings = SETTINGS._replace(regularisation=regularisation)
    patches = drawn_patches(images, 3, 1000, random(7))
    matrix = regularisation * np.eye(27)
    assert len(patches) < 700, "no plain ones are left out"
    for patch in patches:
        matrix += np.outer(patch, patch) / len(patches)
    expected = patches[:70] @ np.linalg.inv(matrix)
    found = draw_filters(images, settings, random(7))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * abs(expected).max())


def test_more_filters_than_candidates_have_twice_as_many_candidates(monkeypatch):
    monkeypatch.setattr(random_patches, "CANDIDATES", 60)
    patches = drawn_patches(pictures(), 3, 140, random(7))
    matrix = patches.T @ patches / 140 + 1e-3 * np.eye(18)
    found = draw_filters(pictures(), SETTINGS, random(7))
    np.testing.assert_allclose(found, patches[:70] @ np.linalg.inv(matrix), rtol=0, atol=1e-5 * found.max())


def test_fewer_filters_of_a_seed_are_the_first_of_more(candidates):
    more = draw_filters(pictures(), SETTINGS._replace(filters=500), random())
    for count in (1, 70):
        fewer = draw_filters(pictures(), SETTINGS._replace(filters=count), random())
        np.testing.assert_allclose(fewer, more[:count], rtol=0, atol=1e-6 * abs(more).max())


def test_the_seed_decides(candidates):
    first, again, other = (draw_filters(pictures(), SETTINGS, random(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert abs(first - other).max() > 0.1


def directions(images, count):
    """The patches that filters come from: for a large regularisation they are these, divided by it."""
    settings = SETTINGS._replace(filters=count, regularisation=1e6)
    return 1e6 * draw_filters(images, settings, random())


def nearest(patches, images, side=3):
    """For each patch the place (number, top, left) of the image where it was taken."""
    heights, widths = (length - side + 1 for length in images.shape[1:3])
    places = list(itertools.product(range(len(images)), range(heights), range(widths)))
    every = np.array([images[n, t : t + side, s : s + side].ravel() / 255 for n, t, s in places])
    every -= every.mean(axis=1, keepdims=True)
    # A plain patch has no direction, and none must be found there.
    norms = np.linalg.norm(every, axis=1, keepdims=True)
    likeness = patches @ np.divide(every, norms, out=np.zeros_like(every), where=norms > 0).T
    assert (likeness.max(axis=1) > 1 - 1e-5).all()
    return [places[index] for index in likeness.argmax(axis=1)]


def test_patches_are_drawn_uniformly_up_to_the_edges(candidates):
    images = pictures(count=2, height=5, width=6)
    found = nearest(directions(images, 1000), images)
    _, counts = np.unique(found, axis=0, return_counts=True)
    # 2·3·4 places with 41.7 each in the mean and a deviation of 6.3.
    assert len(counts) == 24
    assert counts.min() > 41.7 - 4 * 6.3
    assert counts.max() < 41.7 + 4 * 6.3


def test_plain_patches_are_left_out(candidates):
    images = pictures(count=4)
    images[:2] = 100
    found = directions(images, 400)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-4)
    assert {number for number, _, _ in nearest(found, images)} == {2, 3}


@pytest.mark.parametrize(("level", "plain"), [(5, True), (6, False)])
def test_plain_is_a_variance_of_1e_4(level, plain, candidates):
    # A chequerboard of 0 and v has the variance v²/4: 0.96e-4 for 5 grey levels, 1.4e-4 for 6.
    images = (level * (np.indices((8, 8)).sum(axis=0) % 2)).astype(np.uint8)[None, :, :, None]
    settings = SETTINGS._replace(patch=2)
    if plain:
        with pytest.raises(ValueError, match="0 of 1000 patches"):
            draw_filters(images, settings, random())
    else:
        assert len(draw_filters(images, settings, random())) == 70


@pytest.mark.parametrize("count", [10, 600])
def test_plain_images_are_refused_with_the_numbers(count, candidates):
    settings = SETTINGS._replace(filters=count)
    with pytest.raises(
        ValueError, match=rf"0 of {max(1000, 2 * count)} patches .* above 0\.0001, and {count} f"
    ):
        draw_filters(np.full((4, 9, 9, 3), 200, np.uint8), settings, random())
    images = pictures(count=10)
    images[1:] = 0
    with pytest.raises(ValueError, match="filters were asked for") as refusal:
        draw_filters(images, settings._replace(filters=500), random())
    kept = int(re.match(r"(\d+) of 1000", str(refusal.value))[1])
    assert kept == len(drawn_patches(images, 3, 1000, random()))
    assert len(draw_filters(images, settings._replace(filters=kept), random())) == kept


@pytest.mark.parametrize(("height", "width"), [(2, 9), (9, 2)])
def test_images_without_a_patch_are_refused(height, width):
    with pytest.raises(ValueError, match=rf"\({height}, {width}\) have no patch of side 3"):
        draw_filters(pictures(2, height, width), SETTINGS, random())


@pytest.mark.parametrize(("height", "width", "positions"), [(5, 9, 3), (9, 5, 3), (9, 2, 0), (1, 9, 0)])
def test_images_without_room_for_a_square_are_refused(height, width, positions):
    message = (
        f"side {min(height, width)} have {positions} positions of a patch of side 3: expected at least 4"
    )
    with pytest.raises(ValueError, match=message):
        features(pictures(2, height, width), bank())
    with pytest.raises(ValueError, match=message):
        SETTINGS.size(height, width)


def test_the_smallest_image_has_one_square():
    assert SETTINGS.starts(6) == [0]
    assert features(pictures(2, 6, 6), bank()).shape == (2, 140)


@pytest.mark.parametrize("shape", [(0, 9, 12, 2), (5, 9, 12), (5, 9, 12, 0)])
def test_what_are_no_images_is_refused(shape):
    message = re.escape(f"expected images (N, H, W, C), at least one, found {shape}")
    images = np.zeros(shape, np.uint8)
    with pytest.raises(ValueError, match=message):
        draw_filters(images, SETTINGS, random())
    with pytest.raises(ValueError, match=message):
        list(feature_blocks([pictures(), images], bank(), SETTINGS, CPU))
