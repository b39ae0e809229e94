"""The user's own files, good and hostile."""

import io
import os
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from harmonium import data
from harmonium.data.archives import extract
from harmonium.data.pickled import read_pickle
from harmonium.errors import DataError

RNG = np.random.default_rng(0)
X = RNG.random((30, 16)).astype(np.float32)
Y = np.arange(30) % 3


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("python2", [False, True])
def test_the_original_pickle_is_read(tmp_path, protocol, python2):
    content = pickle.dumps(((X, Y), (X[:5], Y[:5]), (X[5:], Y[5:])), protocol)
    if python2:
        content = content.replace(b"numpy._core", b"numpy.core") if protocol < 4 else content
    (tmp_path / "own.pkl").write_bytes(content)
    found = data.load(str(tmp_path / "own.pkl"))
    assert found.shape == (4, 4)
    np.testing.assert_array_equal(found.test.x.reshape(-1, 16), X[5:])


class Attack:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("attack", [Attack(os.system, "touch hacked"), Attack(eval, "open('hacked', 'w')")])
def test_a_pickle_that_would_run_code_is_refused_and_runs_none(tmp_path, protocol, attack):
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(((X, attack), (X, Y), (X, Y)), protocol))
    with pytest.raises(DataError, match=r"evil\.pkl: asks to import .*(system|eval)"):
        data.load(str(tmp_path / "evil.pkl"))
    assert not (tmp_path / "hacked").exists()


def test_a_pickle_cut_anywhere_is_an_error(tmp_path):
    whole = pickle.dumps((X[:2], [1, "a"]), 2)
    for length in range(len(whole) - 1):
        (tmp_path / "cut.pkl").write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"cut\.pkl"):
            read_pickle(tmp_path / "cut.pkl")


def test_a_pickle_of_something_else_is_an_error(tmp_path):
    (tmp_path / "o.pkl").write_bytes(pickle.dumps([1, 2, 3]))
    with pytest.raises(DataError, match="three"):
        data.load(str(tmp_path / "o.pkl"))


def npz(tmp_path, **arrays):
    np.savez(tmp_path / "own.npz", **arrays)
    return str(tmp_path / "own.npz")


def test_npz_is_split_by_the_seed(tmp_path):
    path = npz(tmp_path, x=X, y=Y)
    a, b, c = data.load(path, seed=1), data.load(path, seed=1), data.load(path, seed=2)
    assert a.sizes == {"train": 22, "valid": 4, "test": 4}
    assert a.checksum == b.checksum != c.checksum
    rows = np.concatenate([split.x for split in (a.train, a.valid, a.test)])
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], X[np.lexsort(X.T)])


def test_npz_with_splits_and_names_is_taken_as_it_is(tmp_path):
    path = npz(
        tmp_path, x=X, y=Y, x_valid=X[:3], y_valid=Y[:3], x_test=X[:6], y_test=Y[:6], classes=["a", "b", "c"]
    )
    found = data.load(path)
    assert found.sizes == {"train": 30, "valid": 3, "test": 6}
    assert found.classes == ("a", "b", "c")


NAN = X.copy()
NAN[7, 3] = np.nan
BAD_ARRAYS = {
    "no labels": ({"x": X}, "no y"),
    "neither": ({"z": X}, "needs the arrays x and y"),
    "lengths": ({"x": X, "y": Y[:-1]}, "30 images but 29 labels"),
    "not finite": ({"x": NAN, "y": Y}, "not finite in example 7"),
    "standardised": ({"x": X * 4 - 2, "y": Y}, "scale them into"),
    "bytes as floats": ({"x": X * 255, "y": Y}, "dividing by 255"),
    "large integers": ({"x": (X * 999).astype(int), "y": Y}, "0..255"),
    "labels as floats": ({"x": X, "y": Y / 1}, "must be integers"),
    "negative labels": ({"x": X, "y": Y - 1}, "count from 0"),
    "labels outside": ({"x": X, "y": Y, "classes": ["a", "b"]}, "label 2, but there are 2 classes"),
    "one-hot labels": ({"x": X, "y": np.eye(3, dtype=int)[Y]}, "argmax"),
    "objects": ({"x": np.array([object()] * 30), "y": Y}, "Python objects"),
    "nothing": ({"x": X[:0], "y": Y[:0]}, "empty"),
    "too few": ({"x": X[:6], "y": Y[:6]}, "at least 7"),
}


@pytest.mark.parametrize(("arrays", "gist"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_bad_arrays_are_named(tmp_path, arrays, gist):
    path = npz(tmp_path, **arrays)
    with pytest.raises(DataError, match=rf"own\.npz.*{gist}"):
        data.load(path)


def test_a_cut_npz_is_named(tmp_path):
    path = npz(tmp_path, x=X, y=Y)
    os.truncate(path, 900)
    with pytest.raises(DataError, match=r"own\.npz"):
        data.load(path)


def pictures(root, classes=("cat", "dog"), number=7, size=(5, 4), mode="L"):
    for name in classes:
        (root / name).mkdir(parents=True)
        for i in range(number):
            pixels = RNG.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(pixels).convert(mode).save(root / name / f"{i}.png")
    return root


@pytest.mark.parametrize(("mode", "shape"), [("L", (4, 5)), ("RGB", (4, 5, 3))])
def test_class_named_folders_are_a_data_set(tmp_path, mode, shape):
    found = data.load(str(pictures(tmp_path / "own", mode=mode)))
    assert (found.shape, found.classes) == (shape, ("cat", "dog"))
    assert found.sizes == {"train": 10, "valid": 2, "test": 2}


def test_folders_may_bring_their_splits(tmp_path):
    for part, number in (("train", 7), ("valid", 3), ("test", 2)):
        pictures(tmp_path / part, number=number)
    assert data.load(str(tmp_path)).sizes == {"train": 14, "valid": 6, "test": 4}


def test_bad_folders_are_named(tmp_path):
    (pictures(tmp_path / "a") / "empty").mkdir()
    with pytest.raises(DataError, match="empty: holds no pictures"):
        data.load(str(tmp_path / "a"))
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="at least two folders"):
        data.load(str(tmp_path / "none"))
    Image.new("L", (9, 9)).save(pictures(tmp_path / "b") / "dog/z.png")
    with pytest.raises(DataError, match=r"z\.png: is 9x9 where the pictures before it are 5x4"):
        data.load(str(tmp_path / "b"))
    (pictures(tmp_path / "c") / "cat/0.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"0\.png: is no picture"):
        data.load(str(tmp_path / "c"))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_pictures_of_any_mode_and_size_fit(tmp_path, mode, shape):
    grey = Image.new("L", (40, 20), 255)
    grey.paste(0, (15, 5, 25, 15))
    image = (
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    )
    path = tmp_path / ("p.tif" if mode in ("F", "CMYK") else "p.png")
    image.save(path)
    (found,) = data.read_images([path], shape)
    assert (found.shape, found.dtype) == (shape, np.uint8)
    assert found[0, 0].min() >= 250  # the white background fills the square
    assert found[4, 4].max() < 80
    (inverted,) = data.read_images([path], shape, invert=True)
    assert inverted[0, 0].max() <= 5


def test_transparency_shows_white(tmp_path):
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "t.png")
    assert data.read_images([tmp_path / "t.png"], (8, 8)).min() == 255


def test_unreadable_pictures_are_named(tmp_path):
    content = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (50, 50), dtype=np.uint8)).save(content, "PNG")
    (tmp_path / "cut.png").write_bytes(content.getvalue()[:500])
    for name in ("cut.png", "missing.png"):
        with pytest.raises(DataError, match=name):
            data.read_images([tmp_path / name], (8, 8))
    with pytest.raises(DataError, match="holds no pictures"):
        data.picture_files([_made(tmp_path / "void")])


def _made(folder):
    folder.mkdir()
    return folder


def test_intensities_divide_bytes_by_256():
    x = jnp.array([0, 128, 255], jnp.uint8)
    np.testing.assert_array_equal(jax.jit(data.intensities)(x), [0, 0.5, 255 / 256])
    f = jnp.array([0.25, 1.0])
    assert data.intensities(f) is f


def test_digits_are_exact_sixteenths():
    found = data.load("digits")
    assert sum(found.sizes.values()) == 1797
    assert found.train.x.dtype == np.float32
    np.testing.assert_array_equal(found.train.x * 16 % 1, 0)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(DataError, match="did you mean 'fashion-mnist'"):
        data.load("fashion_mnist")


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_archive_member_outside_the_folder_is_refused(tmp_path, name, kind):
    import tarfile
    import zipfile

    archive = tmp_path / f"a.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as members:
            members.writestr(name, "evil")
    else:
        with tarfile.open(archive, "w") as tar:
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"evil"))
    (tmp_path / "into").mkdir()
    with pytest.raises(DataError, match="outside the archive's folder"):
        extract(archive, tmp_path / "into", limit=100)
    assert not list(tmp_path.rglob("evil"))
    assert not os.path.exists("/evil")
