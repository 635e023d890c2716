"""Published files are verified before they are read, and arrive as the arrays that they hold."""

import gzip
import hashlib
import io
import pathlib
import pickle
import struct
import tarfile

import numpy as np
import pytest
import scipy.io
from torchvision.datasets import CIFAR10, CIFAR100, KMNIST, MNIST, SVHN, FashionMNIST

from rethinking.datasets import cifar10, cifar100, fashion_mnist, kmnist, mnist, svhn
from rethinking.datasets.arrays import DataError
from rethinking.datasets.published import files_there


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def cifar_batches(reader) -> dict[str, dict]:
    """What the official files of a CIFAR set hold, with random pixels and 20 images a file."""
    generator = np.random.default_rng(0)
    label = "labels" if reader is CIFAR10 else "fine_labels"
    names = [name for name, _ in [*reader.train_list, *reader.test_list]]
    batches = {
        name: {"data": generator.integers(0, 256, (20, 3072), dtype=np.uint8), label: [3] * 20}
        for name in names
    }
    return batches | {reader.meta["filename"]: {reader.meta["key"]: ["a", "b", "c", "d"]}}


def fake_cifar(folder, monkeypatch, reader=CIFAR10, unpacked=False):
    """A data set in the official layout, and checksums to match it."""
    pickled = {name: pickle.dumps(content) for name, content in cifar_batches(reader).items()}
    for attribute in ("train_list", "test_list"):
        listed = [[name, md5(pickled[name])] for name, _ in getattr(reader, attribute)]
        monkeypatch.setattr(reader, attribute, listed)
    meta = reader.meta["filename"]
    monkeypatch.setattr(reader, "meta", reader.meta | {"md5": md5(pickled[meta])})
    if unpacked:
        (folder / reader.base_folder).mkdir()
        for name, content in pickled.items():
            (folder / reader.base_folder / name).write_bytes(content)
        return
    with tarfile.open(folder / reader.filename, "w:gz") as archive:
        for name, content in pickled.items():
            member = tarfile.TarInfo(f"{reader.base_folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(reader, "tgz_md5", md5((folder / reader.filename).read_bytes()))


@pytest.mark.parametrize("unpacked", [False, True])
@pytest.mark.parametrize(("source", "reader"), [(cifar10, CIFAR10), (cifar100, CIFAR100)])
def test_cifar_comes_as_images_by_height_by_width_by_channel(tmp_path, monkeypatch, source, reader, unpacked):
    fake_cifar(tmp_path, monkeypatch, reader, unpacked)
    dataset = source.read(tmp_path)
    size = 20 * len(reader.train_list)
    assert dataset.train_images.shape == (size, 32, 32, 3)
    assert dataset.test_images.shape == (20, 32, 32, 3)
    assert dataset.train_labels.dtype == np.int64
    assert dataset.train_labels.tolist() == [3] * size
    assert dataset.classes == ("a", "b", "c", "d")
    # Stored as all red, then all green, then all blue values, row by row.
    first = cifar_batches(reader)[reader.train_list[0][0]]["data"][0]
    assert dataset.train_images[0, 2, 5].tolist() == [first[c * 1024 + 2 * 32 + 5] for c in range(3)]


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (pathlib.Path.touch, (self.path,))


def test_the_trap_works(tmp_path):
    pickle.loads(pickle.dumps(Trap(tmp_path / "unpickled")))
    assert (tmp_path / "unpickled").exists()


def test_a_file_with_a_wrong_checksum_is_never_unpickled(tmp_path, monkeypatch):
    fake_cifar(tmp_path, monkeypatch, unpacked=True)
    trap = pickle.dumps(Trap(tmp_path / "unpickled"))
    (tmp_path / "cifar-10-batches-py" / "data_batch_3").write_bytes(trap)
    with pytest.raises(DataError, match=r"cifar-10-python\.tar\.gz is not there"):
        cifar10.read(tmp_path)
    assert not (tmp_path / "unpickled").exists()


def test_an_archive_that_was_swapped_is_never_unpickled(tmp_path, monkeypatch):
    fake_cifar(tmp_path, monkeypatch)
    published = CIFAR10.tgz_md5
    trap = pickle.dumps(Trap(tmp_path / "unpickled"))
    with tarfile.open(tmp_path / CIFAR10.filename, "w:gz") as archive:
        for name, _ in [*CIFAR10.train_list, *CIFAR10.test_list]:
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(trap)
            archive.addfile(member, io.BytesIO(trap))
    with pytest.raises(DataError, match=f"has another checksum: expected MD5 {published}, found [0-9a-f]+"):
        cifar10.read(tmp_path)
    assert not (tmp_path / "unpickled").exists()


def idx(array: np.ndarray) -> bytes:
    """An array in MNIST's file format."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize(
    ("source", "reader"), [(mnist, MNIST), (fashion_mnist, FashionMNIST), (kmnist, KMNIST)]
)
def test_mnist_and_its_like_come_with_one_channel(tmp_path, monkeypatch, source, reader):
    generator = np.random.default_rng(0)
    arrays = {}
    for part, size in (("train", 50), ("t10k", 20)):
        arrays[f"{part}-images-idx3-ubyte.gz"] = generator.integers(0, 256, (size, 28, 28), dtype=np.uint8)
        arrays[f"{part}-labels-idx1-ubyte.gz"] = generator.integers(0, 10, size, dtype=np.uint8)
    raw = tmp_path / reader.__name__ / "raw"
    raw.mkdir(parents=True)
    for name, array in arrays.items():
        (raw / name).write_bytes(gzip.compress(idx(array)))
    listed = [(name, md5((raw / name).read_bytes())) for name, _ in reader.resources]
    monkeypatch.setattr(reader, "resources", listed)
    dataset = source.read(tmp_path)
    assert dataset.train_images.shape == (50, 28, 28, 1)
    assert np.array_equal(dataset.train_images[..., 0], arrays["train-images-idx3-ubyte.gz"])
    assert np.array_equal(dataset.test_labels, arrays["t10k-labels-idx1-ubyte.gz"])
    expected = list("0123456789") if source is mnist else reader.classes
    assert list(dataset.classes) == expected
    assert sorted(path.name for path in raw.iterdir()) == sorted(arrays), "nothing is unpacked there"


def test_svhn_comes_channels_last_with_zero_as_zero(tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 12), dtype=np.uint8)
    listed = {}
    for part in ("train", "test"):
        url, name, _ = SVHN.split_list[part]
        labels = np.arange(1, 13)[:, np.newaxis] % 10
        labels[labels == 0] = 10  # as its authors call zero
        scipy.io.savemat(tmp_path / name, {"X": pixels, "y": labels})
        listed[part] = [url, name, md5((tmp_path / name).read_bytes())]
    monkeypatch.setattr(SVHN, "split_list", SVHN.split_list | listed)
    dataset = svhn.read(tmp_path)
    assert dataset.train_images.shape == (12, 32, 32, 3)
    assert np.array_equal(dataset.train_images[4], pixels[..., 4])
    assert dataset.train_labels.tolist() == [k % 10 for k in range(1, 13)]
    assert dataset.classes == tuple("0123456789")


def test_the_message_names_the_files_their_checksums_and_where_they_go(tmp_path):
    with pytest.raises(DataError) as caught:
        mnist.read(tmp_path / "none")
    for name, known in MNIST.resources:
        assert f"MNIST/raw/{name}  MD5 {known}" in str(caught.value)
    assert str(tmp_path / "none") in str(caught.value)
    assert files_there(mnist.files(), tmp_path) is None


def test_checksums_are_those_that_torchvision_publishes():
    assert cifar10.files()[0][0].md5 == "c58f30108f718f92721af3b95e74349a"
    assert [file.md5 for file in svhn.files()[0]] == [
        "e26dedcc434d2e4c54c9b2d4a06d8373",
        "eb5a983be6a315427106f1b164d9cef3",
    ]
