"""A folder of images becomes arrays, or the image that is in the way is named."""

import numpy as np
import pytest
from PIL import Image

from rethinking.datasets.arrays import DataError
from rethinking.datasets.image_folder import FORMATS, decode, read

CLASSES = ("cat", "dog", "eel")


def picture(seed, size=(8, 8), mode="RGB"):
    shape = (size[1], size[0], 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


@pytest.fixture
def folder(tmp_path):
    """Two training images and one test image of each of three classes, 8×8."""
    for part, count in (("train", 2), ("test", 1)):
        for number, name in enumerate(CLASSES):
            (tmp_path / part / name).mkdir(parents=True)
            for index in range(count):
                picture(10 * number + index).save(tmp_path / part / name / f"{index}.png")
    return tmp_path


@pytest.mark.parametrize("workers", [1, 2])
def test_images_come_in_the_order_of_their_names(folder, workers):
    (folder / "train" / "cat" / ".DS_Store").write_bytes(b"x")
    (folder / "train" / "README.txt").write_text("beside the classes")
    reported = []
    dataset = read(folder, 8, workers=workers, report=lambda *at: reported.append(at))
    assert dataset.classes == CLASSES
    assert dataset.train_images.shape == (6, 8, 8, 3)
    assert dataset.train_labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert dataset.test_labels.tolist() == [0, 1, 2]
    for index, seed in enumerate([0, 1, 10, 11, 20, 21]):
        assert np.array_equal(dataset.train_images[index], np.asarray(picture(seed)))
    assert reported[-1] == (9, 9)


def test_val_stands_for_test(folder):
    (folder / "test").rename(folder / "val")
    assert len(read(folder, 8).test_labels) == 3


def test_grey_is_one_channel_and_odd_modes_are_converted(tmp_path):
    for mode, name in (("L", "a.png"), ("P", "b.png"), ("RGBA", "c.png"), ("CMYK", "d.jpg"), ("1", "e.png")):
        picture(1, mode=mode).save(tmp_path / name)
        assert decode(tmp_path / name, 8).shape == (8, 8, 3)
        assert decode(tmp_path / name, 8, colour="grey").shape == (8, 8, 1)


@pytest.mark.parametrize("resize", ["crop", "scale", "scale_and_crop"])
def test_each_way_to_the_size_gives_its_own_part_of_the_image(tmp_path, resize):
    # Left half black, right half white, a grey frame at the far left and right.
    pixels = np.zeros((16, 32, 3), dtype=np.uint8)
    pixels[:, 16:] = 255
    pixels[:, :4] = pixels[:, -4:] = 128
    Image.fromarray(pixels).save(tmp_path / "x.png")
    found = decode(tmp_path / "x.png", 8, resize)
    assert found.shape == (8, 8, 3)
    assert abs(int(found[4, 1, 0])) < 12
    assert abs(int(found[4, 6, 0]) - 255) < 12
    # Only scaling both sides keeps the frame.
    assert (abs(int(found[4, 0, 0]) - 128) < 30) == (resize == "scale")


def test_the_camera_s_orientation_is_honoured(tmp_path):
    upright = picture(3, size=(8, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    upright.save(tmp_path / "x.png", exif=exif)
    assert np.array_equal(decode(tmp_path / "x.png", 8), np.rot90(np.asarray(upright), -1))


def test_large_photographs_are_read_at_a_fraction_of_their_size(tmp_path):
    # A smooth picture: reading JPEG at a fraction and scaling it in full agree on that.
    ramp = np.linspace(0, 255, 512)[np.newaxis, :, np.newaxis] * np.ones((512, 1, 3))
    Image.fromarray(ramp.astype(np.uint8)).save(tmp_path / "x.jpg", quality=95)
    found = decode(tmp_path / "x.jpg", 32, "scale").astype(int)
    assert np.abs(found[..., 0] - np.linspace(4, 251, 32)).max() < 6


def refused(folder, *arguments, **options):
    with pytest.raises(DataError) as caught:
        read(folder, *arguments, **options)
    return str(caught.value)


def test_an_empty_class_is_named(folder):
    (folder / "test" / "dog" / "0.png").unlink()
    assert f"{folder / 'test' / 'dog'} is empty" in refused(folder, 8)


@pytest.mark.parametrize("workers", [1, 2])
def test_unreadable_images_are_named_all_together(folder, workers):
    (folder / "train" / "cat" / "0.png").write_bytes(b"<html>not found</html>")
    whole = (folder / "train" / "eel" / "1.png").read_bytes()
    (folder / "train" / "eel" / "1.png").write_bytes(whole[: len(whole) // 2])
    (folder / "test" / "dog" / "0.png").write_bytes(b"")
    message = refused(folder, 8, workers=workers)
    assert "3 of 9 images cannot be used" in message
    for path in ("train/cat/0.png: is not an image", "train/eel/1.png: ", "test/dog/0.png: is not an image"):
        assert str(folder / path) in message


EPS = """%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 8 8
%%EndComments
(touched) (w) file closefile
showpage
%%EOF
"""


def test_an_image_is_opened_by_no_other_program_whatever_its_name(folder, monkeypatch, tmp_path):
    # A Ghostscript that says that it was called.
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gs").write_text(f"#!/bin/sh\ntouch {tmp_path / 'called'}\n")
    (tmp_path / "bin" / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    (folder / "train" / "cat" / "0.png").write_text(EPS)
    assert "train/cat/0.png: is not an image (BMP, GIF, JPEG" in refused(folder, 8)
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_the_formats_of_photographs_and_pixels_are_read(tmp_path, form):
    pixels = np.full((8, 8, 3), 200, dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x", form)
    assert np.abs(decode(tmp_path / "x", 8).astype(int) - 200).max() <= 2


def test_an_unknown_resize_or_colour_is_refused(tmp_path):
    picture(1).save(tmp_path / "x.png")
    with pytest.raises(ValueError, match=r"resize is 'squeeze'.*expected of each one of none, crop"):
        decode(tmp_path / "x.png", 4, "squeeze")
    with pytest.raises(ValueError, match="colour 'red'"):
        decode(tmp_path / "x.png", 8, colour="red")


def test_messages_hold_no_more_names_than_one_reads_and_nothing_that_a_terminal_acts_on(folder):
    for number in range(500):
        (folder / "train" / f"class{number}").mkdir()
    message = refused(folder, 8)
    assert "only in train: class0, class1, " in message
    assert " and 490 more)" in message
    for path in folder.glob("train/class*"):
        path.rmdir()
    (folder / "train" / "cat" / "\x1b[2J.png").write_text("x")
    message = refused(folder, 8)
    assert r"cat/\x1b[2J.png" in message
    assert "\x1b" not in message


def test_sizes_that_differ_need_a_resize(folder):
    picture(5, size=(9, 8)).save(folder / "train" / "dog" / "1.png")
    message = refused(folder, 8)
    assert f"{folder / 'train' / 'dog' / '1.png'}: is 9×8" in message
    assert "resize: none; others are crop, scale, scale_and_crop" in message
    assert read(folder, 8, "scale").train_images.shape == (6, 8, 8, 3)


def test_an_image_that_is_too_small_to_crop_is_named(folder):
    assert "is 8×8, too small to cut 10×10 out of" in refused(folder, 10, "crop")


def test_sixteen_bits_are_not_silently_clipped(folder):
    deep = Image.fromarray(np.full((8, 8), 40_000, dtype=np.uint16))
    deep.save(folder / "train" / "dog" / "1.png")
    assert "expected 8 bits a channel" in refused(folder, 8)


def test_train_and_test_have_the_same_classes(folder):
    (folder / "test" / "dog").rename(folder / "test" / "fox")
    assert "differ (only in train: dog; only in test: fox)" in refused(folder, 8)


def test_folders_that_are_not_as_they_should_be(folder, tmp_path):
    assert "none is not there" in refused(tmp_path / "none", 8)
    assert "has no folder train; expected train/<class>/<image>" in refused(folder / "test", 8)
    (folder / "train" / "cat" / "more").mkdir()
    assert f"{folder / 'train' / 'cat' / 'more'} is a folder inside a class folder" in refused(folder, 8)
    (folder / "flat" / "train").mkdir(parents=True)
    (folder / "flat" / "test").mkdir()
    (folder / "flat" / "train" / "0.png").write_bytes(b"x")
    assert "has no class folders" in refused(folder / "flat", 8)
