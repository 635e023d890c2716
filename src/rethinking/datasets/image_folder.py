"""Anyone's images: a folder with one folder a class, decoded once into arrays."""

import warnings
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
from PIL import Image, ImageOps

from rethinking.datasets.arrays import DataError, Dataset

ABOUT = {
    "kind": "source",
    "title": "A folder of images, `train/<class>/*` and `test/<class>/*` (or `val`).",
    # Anyone's data: the configuration says which.
    "origin": None,
    "licence": None,
    "side": "size",
    "place": "folder",
    "reads": ["train/*/*", "test/*/*", "val/*/*"],
    "large": True,
    "parallel": True,
    "options": {
        "folder": {
            "type": "string",
            "minLength": 1,
            "description": "The user's own folder; relative paths start where Snakemake is called.",
        },
        "size": {
            "type": "integer",
            "minimum": 4,
            "maximum": 4096,
            "description": "Side in pixels of the stored images.",
        },
        "resize": {
            "enum": ["none", "crop", "scale", "scale_and_crop"],
            "default": "none",
            "description": "How an image of another size gets there: not at all (an error), by its centre, "
            "by scaling both sides, or by scaling the shorter side and taking the centre.",
        },
        "colour": {"enum": ["rgb", "grey"], "default": "rgb", "description": "Three channels or one."},
    },
}
RESIZE = ("none", "crop", "scale", "scale_and_crop")
COLOUR = {"rgb": "RGB", "grey": "L"}
# Those of photographs and of pixels. Pillow reads others by programs of their own, EPS by Ghostscript, and
# goes by the content of a file, not by its name.
FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
CHUNK = 256  # images that a worker decodes at a time
LISTED = 10  # problems that an error names
EIGHT_BITS = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "La", "RGBa", "CMYK", "YCbCr", "LAB", "HSV"}


def _fit(image: Image.Image, size: int, resize: str) -> Image.Image:
    """``image`` as a square of ``size`` pixels; ``ValueError`` where ``resize`` does not allow that."""
    width, height = image.size
    if (width, height) == (size, size):
        return image
    if resize == "none":
        raise ValueError(f"is {width}×{height}")
    if resize == "scale":
        return image.resize((size, size), Image.Resampling.BICUBIC)
    if resize == "scale_and_crop":
        return ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    if min(width, height) < size:
        raise ValueError(f"is {width}×{height}, too small to cut {size}×{size} out of")
    left, top = (width - size) // 2, (height - size) // 2
    return image.crop((left, top, left + size, top + size))


def decode(path: str | Path, size: int, resize: str = "none", colour: str = "rgb") -> np.ndarray:
    """One image file as uint8 of shape (size, size, channels), turned as its EXIF orientation says.

    ``resize`` is "none" (the image has to have that size), "crop" (its centre, unscaled), "scale" (both
    sides on their own) or "scale_and_crop" (the shorter side, then the centre); ``colour`` is "rgb" or
    "grey". Transparency is dropped. Only ``FORMATS`` are read. Raises ``ValueError`` for images that do not
    fit and for other names, and what Pillow raises for files that it cannot read.
    """
    if resize not in RESIZE or colour not in COLOUR:
        known = f"{', '.join(RESIZE)}; {', '.join(COLOUR)}"
        raise ValueError(f"resize is {resize!r} and colour {colour!r}; expected of each one of {known}")
    mode = COLOUR[colour]
    with Image.open(path, formats=FORMATS) as opened:
        if opened.mode not in EIGHT_BITS:
            raise ValueError(f"has pixels of mode {opened.mode}; expected 8 bits a channel")
        if resize.startswith("scale"):
            # JPEG can be read at a half, a quarter or an eighth of its size, but not below twice ours.
            opened.draft(None, (2 * size, 2 * size))
        image = ImageOps.exif_transpose(opened)
        if image.mode != mode:
            image = image.convert(mode)
        pixels = np.asarray(_fit(image, size, resize))
    return pixels.reshape(size, size, len(mode) if mode == "RGB" else 1)


def _decode_many(paths: list[str], size: int, resize: str, colour: str) -> tuple[np.ndarray, list[str]]:
    """The images of ``paths`` below each other, and the faults of those that could not be used."""
    images = np.zeros((len(paths), size, size, 3 if colour == "rgb" else 1), dtype=np.uint8)
    problems = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which are none of our business
        for index, path in enumerate(paths):
            try:
                images[index] = decode(path, size, resize, colour)
            except Image.UnidentifiedImageError:
                problems.append(f"{_shown(path)}: is not an image ({', '.join(FORMATS)})")
            except Exception as error:
                problems.append(f"{_shown(path)}: {error or type(error).__name__}")
    return images, problems


def _shown(path: str) -> str:
    """A path without characters that a terminal would act on."""
    return path if path.isprintable() else repr(path)


def _listed(names: set[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(sorted(names)[:LISTED]) + more


def _class_folders(part: Path) -> dict[str, Path]:
    folders = {p.name: p for p in sorted(part.iterdir()) if p.is_dir() and not p.name.startswith(".")}
    for name in folders:
        if not name.isprintable():
            raise DataError(f"{part} has a class folder {name!r}; expected a name of printable characters")
    if not folders:
        raise DataError(
            f"{part} has no class folders; expected one folder a class with its images, "
            f"{part.name}/<class>/<image>"
        )
    return folders


def _files(folder: Path) -> list[str]:
    found = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    if not found:
        raise DataError(f"{folder} is empty; put the images of this class there or remove the folder")
    for path in found:
        if not path.is_file():
            what = "a folder inside a class folder" if path.is_dir() else "neither a file nor a link to one"
            raise DataError(f"{_shown(str(path))} is {what}; expected images only")
    return [str(path) for path in found]


def parts_of(folder: Path) -> tuple[Path, Path]:
    """The folders of the training and the test images, the latter "test" or else "val"."""
    if not folder.is_dir():
        raise DataError(f"{folder.absolute()} is not there, or no folder; expected train/ and test/ in it")
    train, test = folder / "train", folder / "test"
    if not test.is_dir():
        test = folder / "val"
    for part in (train, test):
        if not part.is_dir():
            wanted = "train" if part == train else "test (or val)"
            raise DataError(
                f"{folder.absolute()} has no folder {wanted}; expected train/<class>/<image> and "
                "test/<class>/<image>"
            )
    return train, test


def read(
    place: str | Path,
    size: int,
    resize: str = "none",
    colour: str = "rgb",
    workers: int = 1,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Dataset:
    """The images of the folder ``place``: ``train/<class>/*`` and ``test/<class>/*`` (or ``val``), by name.

    Hidden files, and files beside the class folders, are left out; everything else in a class folder
    has to be an image. ``size``, ``resize`` and ``colour`` are those of ``decode``. ``workers``
    processes decode at a time, and ``report`` is called with the images done and all there are.

    Raises ``DataError`` for missing or empty folders, classes that train and test do not share, and
    images that cannot be read or have another size, by name.
    """
    folder = Path(place)
    parts = [_class_folders(part) for part in parts_of(folder)]
    train, test = map(set, parts)
    if train != test:
        lone = [f"only in train: {_listed(train - test)}"] if train - test else []
        lone += [f"only in test: {_listed(test - train)}"] if test - train else []
        raise DataError(f"the classes of train and test in {folder} differ ({'; '.join(lone)})")
    classes = tuple(sorted(train))
    if len(classes) < 2:
        raise DataError(f"{folder} has only the class {classes[0]!r}; expected at least two")
    files = [[_files(folders[name]) for name in classes] for folders in parts]
    paths = [path for part in files for names in part for path in names]
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    decoded = joblib.Parallel(n_jobs=workers, return_as="generator", pre_dispatch=4 * workers)(
        joblib.delayed(_decode_many)(chunk, size, resize, colour) for chunk in chunks
    )
    images = np.empty((len(paths), size, size, 3 if colour == "rgb" else 1), dtype=np.uint8)
    problems: list[str] = []
    done = 0
    for block, wrong in decoded:
        images[done : done + len(block)] = block
        done += len(block)
        problems += wrong
        report(done, len(paths))
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems[:LISTED])
        more = f"\n  and {len(problems) - LISTED} more" if len(problems) > LISTED else ""
        raise DataError(
            f"{len(problems)} of {len(paths)} images cannot be used as {size}×{size} pixels "
            f"(resize: {resize}; others are {', '.join(name for name in RESIZE if name != resize)}):\n"
            f"{listed}{more}"
        )
    counts = [[len(names) for names in part] for part in files]
    labels = [np.repeat(np.arange(len(classes)), count) for count in counts]
    train_size = len(labels[0])
    return Dataset(images[:train_size], labels[0], images[train_size:], labels[1], classes)
