"""Whitening and crops against slow references."""

import numpy as np
import pytest
import torch

from rethinking.corruptions.arrays import centre
from rethinking.preprocessing import centre_crop, crop, draw_windows, flip, rotate, standardise


def test_whitening_is_tensorflows_image_by_image():
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 28, 28), dtype=np.uint8)
    found = standardise(torch.from_numpy(images)).numpy()
    for image, ours in zip(images, found, strict=True):
        scaled = image.astype(np.float64) / 255
        n = scaled.size
        mean = sum(scaled.ravel()) / n
        variance = sum(scaled.ravel() ** 2) / n - mean**2
        expected = (scaled - mean) / max(variance**0.5, 1 / n**0.5)
        np.testing.assert_allclose(ours, expected, atol=1e-5)
    assert found.dtype == np.float32


def test_the_floor_of_the_deviation_holds_for_flat_images():
    flat = torch.full((1, 1, 5, 5), 200, dtype=torch.uint8)
    assert not standardise(flat).abs().max() > 1e-6
    nearly = flat.clone()
    nearly[0, 0, 0, 0] = 201
    scaled = nearly.double() / 255
    torch.testing.assert_close(
        standardise(nearly).double(), (scaled - scaled.mean()) / (1 / 5), atol=1e-5, rtol=0
    )


def test_whitening_takes_unclipped_gaussian_images():
    images = torch.tensor([[[[-300, 500], [0, 255]]]], dtype=torch.int16)
    standardised = standardise(images)
    assert standardised.mean().item() == pytest.approx(0, abs=1e-6)
    assert standardised.std(unbiased=False).item() == pytest.approx(1, abs=1e-5)


def test_centre_crops_agree_between_tensors_and_arrays():
    images = np.random.default_rng(1).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2)
    assert np.array_equal(centre_crop(tensor, 28).permute(0, 2, 3, 1).numpy(), centre(images, 28))
    assert np.array_equal(centre(images, 28), images[:, 2:30, 2:30])


def test_random_crops_are_uniform_over_all_windows():
    ramp = torch.arange(6 * 6).reshape(1, 1, 6, 6).repeat(18_000, 1, 1, 1)
    crops = crop(ramp, draw_windows(len(ramp), 6, 6, 4, torch.Generator().manual_seed(0)), 4)
    corners, counts = crops[:, 0, 0, 0].unique(return_counts=True)
    assert corners.tolist() == [0, 1, 2, 6, 7, 8, 12, 13, 14]
    assert (counts - 2000).abs().max() < 5 * (18_000 * 1 / 9 * 8 / 9) ** 0.5
    for found in crops[:20, 0]:
        top, left = divmod(int(found[0, 0]), 6)
        assert torch.equal(found, ramp[0, 0, top : top + 4, left : left + 4])


def test_a_crop_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match="crop"):
        centre_crop(torch.zeros(1, 1, 8, 8), 9)
    with pytest.raises(ValueError, match="crop"):
        draw_windows(1, 8, 8, 9, torch.Generator())


def test_only_the_drawn_images_are_mirrored():
    images = torch.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    found = flip(images, torch.tensor([False, True]))
    assert torch.equal(found[0], images[0])
    assert torch.equal(found[1], images[1, :, :, [4, 3, 2, 1, 0]])


def test_images_turn_counterclockwise_about_their_centre():
    images = torch.randint(0, 256, (3, 2, 9, 9), generator=torch.Generator().manual_seed(0))
    found = rotate(images, torch.tensor([0.0, 90.0, 180.0]))
    for image, turned, quarters in zip(images, found, (0, 1, 2), strict=True):
        torch.testing.assert_close(turned, torch.rot90(image, quarters, (1, 2)).float(), atol=0.01, rtol=0)
    # What comes in from outside is black.
    white = rotate(torch.full((1, 1, 9, 9), 255), torch.tensor([20.0]))
    assert white[0, 0, 0, 0] < 128 < white[0, 0, 4, 4]
