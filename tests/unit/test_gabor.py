"""Wavelets against their formula, energies against sums over pixels, and what must not change them."""

import numpy as np
import pytest
from scipy import signal

from rethinking.features.gabor import Gabor, gabor, wavelets

# The grid of places is symmetric where stride divides side + 2·margin - 1.
SMALL = Gabor(frequencies=(0.25, 0.125), orientations=4, window=1.5, stride=4, margin=2)


def pictures(count=3, height=13, width=13, channels=1, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def formula(frequency, angle):
    """exp(-(x² + y²)/2σ²)·exp(2πif(x·cos + y·sin)), σ for one octave, without mean, parts of norm 1."""
    deviation = 3 / np.pi * np.sqrt(np.log(2) / 2) / frequency
    reach = int(np.ceil(3 * deviation * max(abs(np.cos(angle)), abs(np.sin(angle)))))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    envelope = np.exp(-(x**2 + y**2) / (2 * deviation**2))
    phase = 2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle))
    even = envelope * np.cos(phase)
    even -= envelope * even.sum() / envelope.sum()
    odd = envelope * np.sin(phase)
    return even / np.linalg.norm(even) + 1j * odd / np.linalg.norm(odd)


def one_by_one(image, settings):
    """Energies of one image (H, W) in 0..1, float64 (frequencies, orientations, rows, columns)."""
    padded = np.pad(image.astype(float), settings.margin)
    reach = int(np.ceil(2 * settings.window))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    window = np.exp(-(x**2 + y**2) / (2 * settings.window**2))
    grid = []
    for side in padded.shape:
        first = next(s for s in range(settings.stride) if (side - 1 - s) % settings.stride <= s + 1)
        grid.append(range(first, side, settings.stride))
    found = []
    for frequency in settings.frequencies:
        for turn in range(settings.orientations):
            wavelet = formula(frequency, np.pi * turn / settings.orientations)
            modulus = abs(signal.correlate2d(padded, wavelet, "same"))
            found.append(signal.correlate2d(modulus, window / window.sum(), "same")[np.ix_(*grid)])
    return np.reshape(found, (len(settings.frequencies), settings.orientations, *map(len, grid))) ** 0.5


def energies(images, settings=SMALL, **more):
    found = gabor(images, settings, **more)
    places = [-(-(side + 2 * settings.margin) // settings.stride) for side in images.shape[1:3]]
    return found.reshape(len(images), len(settings.frequencies), settings.orientations, *places)


@pytest.mark.parametrize("frequency", [0.25, 0.125, 0.3])
@pytest.mark.parametrize("orientations", [1, 4, 7, 8])
def test_wavelets_are_those_of_the_formula(frequency, orientations):
    bank = wavelets(frequency, orientations)
    for turn, found in enumerate(bank):
        expected = formula(frequency, np.pi * turn / orientations)
        around = (len(found) - len(expected)) // 2
        np.testing.assert_allclose(found, np.pad(expected, around), rtol=0, atol=1e-12)


@pytest.mark.parametrize("frequency", [0.25, 0.125, 0.3])
@pytest.mark.parametrize("orientations", [1, 4, 7, 8])
def test_wavelets_have_norm_root_2_and_no_mean(frequency, orientations):
    bank = wavelets(frequency, orientations)
    assert len(bank) == orientations
    assert bank.shape[1] == bank.shape[2]
    assert bank.shape[1] % 2 == 1
    np.testing.assert_allclose(np.linalg.norm(bank, axis=(1, 2)), 2**0.5, rtol=1e-12)
    for part in (bank.real, bank.imag):
        np.testing.assert_allclose(np.linalg.norm(part, axis=(1, 2)), 1, rtol=1e-12)
        np.testing.assert_allclose(part.sum(axis=(1, 2)), 0, atol=1e-12)
    # Even and odd about the centre, which is therefore that of the array.
    np.testing.assert_allclose(bank[:, ::-1, ::-1], bank.conj(), atol=1e-12)


def test_28_by_28_pixels_have_1024_features():
    told = []
    found = gabor(pictures(3, 28, 28), Gabor(), lambda done, total: told.append((done, total)), batch=2)
    assert found.shape == (3, 1024)
    assert found.dtype == np.float32
    assert told == [(2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("settings", "height", "width"),
    [
        (SMALL, 13, 13),
        (SMALL, 13, 17),
        (SMALL, 12, 12),
        (SMALL, 11, 11),
        (SMALL, 10, 10),
        (SMALL, 4, 4),
        (Gabor(), 28, 28),
        (Gabor(frequencies=(0.2,), orientations=3, window=0.7, stride=3, margin=0), 9, 15),
        (Gabor(frequencies=(0.2,), orientations=3, window=0.7, stride=1, margin=5), 9, 14),
    ],
)
def test_energies_are_those_of_sums_over_pixels(settings, height, width):
    image = pictures(1, height, width)
    found, expected = gabor(image, settings)[0], one_by_one(image[0, :, :, 0] / 255, settings)
    np.testing.assert_allclose(found, expected.ravel(), rtol=0, atol=1e-5 * expected.max())


def test_a_grating_is_seen_at_its_frequency_and_orientation():
    y, x = np.mgrid[:41, :41]
    for number, frequency in enumerate(SMALL.frequencies):
        for turn in range(4):
            phase = 2 * np.pi * frequency * (x * np.cos(np.pi * turn / 4) + y * np.sin(np.pi * turn / 4))
            image = np.round(127.5 + 127 * np.cos(phase)).astype(np.uint8)
            middle = energies(image[None, :, :, None])[0, :, :, 5, 5]
            assert np.unravel_index(middle.argmax(), middle.shape) == (number, turn)


@pytest.mark.parametrize("level", [1, 100, 255])
def test_plain_areas_give_no_response(level):
    plain = np.full((1, 61, 61, 1), level, np.uint8)
    found = energies(plain)[0]
    # The largest wavelet reaches 14 pixels, the window 3: only places nearer to the edge see it.
    inside = found[:, :, 5:-5, 5:-5]
    assert inside.size
    # The square root of what float32 leaves of sums that cancel: 1e-7 becomes 3e-4.
    assert inside.max() < 2e-3 * (level / 255) ** 0.5
    assert found[:, :, 0].max() > 0.1 * (level / 255) ** 0.5


def test_black_images_have_no_energy_at_all():
    assert not gabor(np.zeros((2, 13, 13, 1), np.uint8), SMALL).any()


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize(("orientations", "side"), [(4, 13), (8, 29)])
def test_an_image_turned_has_its_energies_turned(quarters, orientations, side):
    settings = SMALL._replace(orientations=orientations)
    images = pictures(2, side, side)
    before, after = energies(images, settings), energies(np.rot90(images, quarters, (1, 2)), settings)
    expected = np.rot90(np.roll(before, quarters * orientations // 2, axis=2), quarters, (3, 4))
    np.testing.assert_allclose(after, expected, rtol=0, atol=1e-5 * expected.max())
    assert abs(after - before).max() > 0.1, "nothing tests it"


def test_a_mirror_image_has_its_energies_mirrored():
    images = pictures(2, 13, 17)
    found = energies(images[:, :, ::-1])
    # An angle becomes π less itself: the first orientation stays.
    expected = energies(images)[:, :, [0, 3, 2, 1], :, ::-1]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * expected.max())


def test_energies_grow_as_the_root_of_the_contrast():
    images = pictures() // 4
    np.testing.assert_allclose(gabor(4 * images, SMALL), 2 * gabor(images, SMALL), rtol=1e-5)


def test_channels_are_averaged():
    images = pictures(channels=3) // 3 * 3
    grey = (images.astype(int).sum(axis=3, keepdims=True) // 3).astype(np.uint8)
    np.testing.assert_allclose(gabor(images, SMALL), gabor(grey, SMALL), rtol=0, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_batches_do_not_matter(batch):
    images = pictures(7)
    np.testing.assert_allclose(gabor(images, SMALL, batch=batch), gabor(images, SMALL), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(3, 13), (13, 3), (1, 1)])
def test_images_smaller_than_the_stride_are_refused(height, width):
    with pytest.raises(ValueError, match=rf"\({height}, {width}\) are smaller than the stride 4"):
        gabor(pictures(2, height, width), SMALL)


def test_places_are_centred_in_both_directions():
    images = pictures(2, 13, 12)
    settings = Gabor(frequencies=(0.25,), orientations=2, window=1.5, stride=4, margin=2)
    assert gabor(images, settings).shape == gabor(images.transpose(0, 2, 1, 3), settings).shape


@pytest.mark.parametrize("shape", [(0, 13, 13, 1), (5, 13, 13)])
def test_what_are_no_images_is_refused(shape):
    with pytest.raises(ValueError, match=r"expected images \(N, H, W, C\), at least one"):
        gabor(np.zeros(shape, np.uint8), SMALL)
