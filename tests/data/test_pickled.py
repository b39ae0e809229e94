import gzip
import os
import pickle
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from harmonium.data import load, pickled
from harmonium.data.pickled import read_pickle
from harmonium.errors import DataError


def content(dtype=np.float32, features=9):
    rng = np.random.default_rng(0)
    return tuple(
        ((rng.integers(0, 256, (n, features)) / 256).astype(dtype), rng.integers(0, 4, n)) for n in (8, 3, 4)
    )


def written(value, name="mine.pkl.gz"):
    data = value if isinstance(value, bytes) else pickle.dumps(value, protocol=2)
    path = Path(name)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def assert_loads_equal(path, expected):
    dataset = load(str(path))
    for split, (x, y) in zip(dataset.splits.values(), expected, strict=True):
        np.testing.assert_array_equal(split.x.reshape(len(x), -1), x)
        np.testing.assert_array_equal(split.y, y)
        assert split.x.dtype == np.float32
        assert split.y.dtype == np.int32
    return dataset


@pytest.mark.parametrize("name", ["mine.pkl.gz", "mine.pkl"])
@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_loads_equal(protocol, name):
    values = content()
    dataset = assert_loads_equal(written(pickle.dumps(values, protocol), name), values)
    assert dataset.shape == (3, 3)
    assert dataset.sizes == {"train": 8, "valid": 3, "test": 4}


def test_rows_of_no_square_stay_vectors():
    assert load(str(written(content(features=10)))).shape == (10,)


def test_lists_in_place_of_tuples_load():
    values = content()
    assert_loads_equal(written([list(pair) for pair in values]), values)


def test_float64_of_the_other_byte_order_and_fortran_order_loads():
    values = content(np.float64)
    moved = tuple((np.asfortranarray(x.astype(">f8")), y.astype(">i2")) for x, y in values)
    assert_loads_equal(written(moved), values)


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_the_module_names_of_old_numpy_load(protocol):
    values = content()
    data = pickle.dumps(values, protocol)
    assert b"numpy._core" in data
    assert_loads_equal(written(data.replace(b"numpy._core", b"numpy.core")), values)


def python2_array(array, text):
    """An array as Python 2's NumPy pickled it: names as short strings, values as `text`, a str of bytes."""
    code = array.dtype.str[1:].encode()

    def short(value):
        return b"U" + bytes([len(value)]) + value

    def integer(value):
        return b"J" + int(value).to_bytes(4, "little")

    shape = b"(" + b"".join(map(integer, array.shape)) + b"t"
    order = b"|" if array.itemsize == 1 else b"<"
    dtype = (
        b"cnumpy\ndtype\n" + short(code) + b"K\0K\1\x87R(K\3" + short(order) + b"NNNJ" + b"\xff" * 4 + b"J"
    ) + b"\xff" * 4
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"
        + short(b"b")
        + b"\x87R(K\1"
        + shape
        + dtype
        + b"K\0tb\x89"
        + text(array.astype(array.dtype.newbyteorder("<")).tobytes())
        + b"tb"
    )


def test_a_python_2_pickle_loads():
    values = content()

    def text(data):  # BINSTRING: bytes above 127 are Latin-1 on the way in
        return b"T" + len(data).to_bytes(4, "little") + data

    pairs = [python2_array(x, text) + python2_array(y, text) + b"\x86" for x, y in values]
    data = b"\x80\x02" + b"".join(pairs) + b"\x87."
    assert any(byte > 127 for byte in values[0][0].tobytes())
    assert_loads_equal(written(data), values)


def test_a_python_2_pickle_of_protocol_0_loads():
    values = content()

    def text(data):  # STRING, with escapes
        return b"S'" + b"".join(b"\\x%02x" % byte for byte in data) + b"'\n"

    pairs = [b"(" + python2_array(x, text) + python2_array(y, text) + b"t" for x, y in values]
    assert_loads_equal(written(b"(" + b"".join(pairs) + b"t."), values)


def test_dictionaries_strings_and_arrays_of_arrays_are_read():
    ragged = np.empty(2, object)
    ragged[:] = [np.arange(3, dtype=np.int32), np.arange(2, dtype=np.int32)]
    one = np.arange(4)
    read = read_pickle(written({"words": {"flight": 1}, "rows": ragged, "pair": (one, one), "half": 0.5}))
    assert read["words"] == {"flight": 1}
    assert read["half"] == 0.5
    assert [row.tolist() for row in read["rows"]] == [[0, 1, 2], [0, 1]]
    assert read["rows"].dtype == object
    assert read["pair"][0] is read["pair"][1]
    np.testing.assert_array_equal(read["pair"][0], one)


class Calls:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def hostile(function, argument):
    return {
        "reduce": pickle.dumps(Calls(function, argument), 2),
        "inside the data": pickle.dumps((content()[0], content()[1], Calls(function, argument)), 2),
        "protocol 4": pickle.dumps(Calls(function, argument), 4),
        "protocol 0": pickle.dumps(Calls(function, argument), 0),
    }


@pytest.mark.parametrize("how", ["reduce", "inside the data", "protocol 4", "protocol 0"])
@pytest.mark.parametrize(
    ("function", "code", "named"),
    [
        (os.system, "touch ran", r"(posix|nt)\.system"),
        (eval, "open('ran', 'w')", r"(__builtin__|builtins)\.eval"),
        (exec, "open('ran', 'w')", r"(__builtin__|builtins)\.exec"),
        (Path.touch, Path("ran"), r"(pathlib|__builtin__|builtins)\S*\.\w+"),
    ],
)
def test_code_is_refused_and_does_not_run(function, code, named, how):
    data = hostile(function, code)[how]
    with pytest.raises(DataError, match=rf"mine\.pkl\.gz: asks to import {named}, which could run code"):
        load(str(written(data)))
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "getattr"),
        ("numpy", "load"),
        ("numpy.core.multiarray", "fromfile"),
        ("numpy._core.multiarray", "scalar"),
        ("harmonium.data.pickled", "_Array"),
        ("_codecs", "decode"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 4])
def test_no_other_name_is_reached(module, name, protocol):
    if protocol:
        parts = b"".join(b"\x8c" + bytes([len(p)]) + p.encode() for p in (module, name))
        data = b"\x80\x04" + parts + b"\x93\x8c\x09touch ran\x85R."
    else:
        data = f"c{module}\n{name}\n(S'touch ran'\ntR.".encode()
    with pytest.raises(DataError, match=rf"mine\.pkl: asks to import {re.escape(module)}\.{name}"):
        load(str(written(data, "mine.pkl")))
    assert not Path("ran").exists()


def test_the_hostile_pickle_would_have_run():
    # Else the tests above could not fail.
    pickle.loads(hostile(eval, "open('ran', 'w').close()")["reduce"])
    assert Path("ran").exists()


@pytest.mark.parametrize("value", [(), 3, "text", [1, 2, 3], {"z": 1}, (content()[0],) * 2 + (5,)])
def test_another_structure_is_refused(value):
    with pytest.raises(DataError, match=r"mine\.pkl\.gz: must hold \(images, labels\) pairs"):
        load(str(written(value)))


def test_lists_in_place_of_arrays_are_refused():
    values = [*content()[:2], ([[0.5] * 9], [1])]
    with pytest.raises(DataError, match=r"mine\.pkl\.gz \(test\): its images and labels must be NumPy"):
        load(str(written(values)))


def test_lengths_that_differ_are_refused():
    train, (x, y), test = content()
    with pytest.raises(DataError, match=r"mine\.pkl\.gz \(valid\): 3 examples but 2 labels"):
        load(str(written((train, (x, y[:-1]), test))))


def test_splits_of_different_shapes_are_refused():
    values = (*content()[:2], content(features=16)[2])
    with pytest.raises(DataError, match=r"mine\.pkl\.gz: test examples are float32 \(4, 4\)"):
        load(str(written(values)))


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_pickle_cut_short_anywhere_is_refused(protocol):
    data = pickle.dumps(content(), protocol)
    for length in range(0, len(data), 13):
        with pytest.raises(DataError, match=r"mine\.pkl: (is no pickle of NumPy arrays|asks to import )"):
            load(str(written(data[:length], "mine.pkl")))


def test_a_gzip_stream_cut_short_anywhere_is_refused():
    data = gzip.compress(pickle.dumps(content(), 2))
    for length in range(0, len(data), 17):
        Path("mine.pkl.gz").write_bytes(data[:length])
        with pytest.raises(DataError, match=r"mine\.pkl\.gz: (cannot be read|is no pickle)"):
            load("mine.pkl.gz")


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_changed_byte_gives_an_error_or_arrays(protocol):
    data = pickle.dumps(content(), protocol)
    rng = np.random.default_rng(protocol)
    for at in rng.choice(len(data), 150, replace=False):
        changed = bytearray(data)
        changed[at] ^= 1 << int(rng.integers(8))
        try:
            dataset = load(str(written(bytes(changed), "mine.pkl")))
        except DataError as error:
            assert "mine.pkl" in str(error)  # noqa: PT017
        else:
            assert len(dataset.train.x) == len(dataset.train.y)


def test_an_array_that_holds_fewer_bytes_than_its_shape_is_refused():
    data = pickle.dumps(content(), 2)
    assert data.count(b"K\x08K\x09\x86") == 1  # the shape (8, 9)
    with pytest.raises(DataError, match=r"mine\.pkl: is no pickle.*damaged"):
        load(str(written(data.replace(b"K\x08K\x09\x86", b"K\xffK\x09\x86"), "mine.pkl")))


@pytest.mark.parametrize("code", [b"V8", b"M8", b"O8", b"S4", b"zz"])
def test_a_dtype_other_than_plain_numbers_is_refused(code):
    def text(data):
        return b"T" + len(data).to_bytes(4, "little") + data

    x, y = content()[0]
    pair = python2_array(x, text).replace(b"U\x02f4", b"U\x02" + code) + python2_array(y, text) + b"\x86"
    with pytest.raises(DataError, match=r"mine\.pkl: is no pickle of NumPy arrays"):
        load(str(written(b"\x80\x02" + pair * 3 + b"\x87.", "mine.pkl")))


def test_a_missing_file_is_refused():
    with pytest.raises(DataError, match=r"nowhere\.pkl: there is no such file"):
        read_pickle(Path("nowhere.pkl"))


@pytest.mark.parametrize(
    "data",
    [
        b"Nr\xff\xff\xff\x7f.",  # memo index
        b"\x80\x05\x96" + (2**40).to_bytes(8, "little") + b".",  # bytearray
        b"\x80\x04\x8e" + (2**40).to_bytes(8, "little") + b".",  # bytes
        b"\x80\x04\x95" + (2**40).to_bytes(8, "little") + b".",  # frame
        b"\x8b" + (2**31 - 1).to_bytes(4, "little") + b".",  # integer
    ],
)
def test_a_few_bytes_that_name_a_huge_size_take_no_memory(data):
    tracemalloc.start()
    with pytest.raises(DataError, match=r"mine\.pkl"):
        load(str(written(data, "mine.pkl")))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6


def test_lists_of_lists_that_share_are_read_once():
    nested = [0.5]
    for _ in range(60):  # 2**60 numbers if every path were walked
        nested = [nested, nested]
    assert read_pickle(written(nested))[0][1][0][1] is not None


def refused_in_little_memory(data, message):
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=message) as caught:
            read_pickle(written(data, "mine.pkl"))
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)


def test_a_dictionary_by_deep_tuples_does_not_exhaust_the_stack():
    """In C, a tuple's hash is its members'; 10^6 of them end the process."""
    deep = b")" + b"\x85" * 10**6
    for data in (b"}" + deep + b"Ns.", b"}(" + deep + b"Nu.", b"(" + deep + b"Nd."):
        with pytest.raises(DataError, match="a dictionary's key is a tuple"):
            read_pickle(written(data, "mine.pkl"))


def test_sets_are_refused():
    for value in ({1, 2}, frozenset({1})):
        with pytest.raises(DataError, match="which arrays have no need of"):
            read_pickle(written(pickle.dumps(value, 4), "mine.pkl"))


@pytest.mark.parametrize("key", ["a", b"a", 3, 0.5, None, True])
@pytest.mark.parametrize("protocol", range(6))
def test_dictionaries_by_plain_keys_are_read(key, protocol):
    value = {key: [1], "other": {key: 2}}
    assert read_pickle(written(pickle.dumps(value, protocol), "mine.pkl")) == value


@pytest.mark.parametrize("protocol", [2, 5])
def test_values_shared_by_many_arrays_are_refused(protocol):
    """A file of 1 MB whose arrays would take 2 GB."""
    values = np.zeros(2**20, np.uint8).tobytes()
    array = np.frombuffer(values, np.uint8)
    one = array.__reduce_ex__(protocol) if protocol == 5 else array.__reduce__()

    class Shared:
        def __reduce__(self):
            return one if protocol == 5 else (one[0], one[1], (*one[2][:4], values))

    data = pickle.dumps([Shared() for _ in range(2000)], protocol)
    assert len(data) < 2**22
    with pytest.raises(DataError, match="its arrays take more bytes than the file"):
        read_pickle(written(data, "mine.pkl"))


@pytest.mark.parametrize(
    "shape", [(2**40, [0]), ("ab", 2**40), [8, 9], (-8, -9), (True, 72), (2**70, 0), 72, None]
)
def test_shapes_that_are_none_are_refused_and_take_no_memory(shape):
    """A product of 2^40 and a list is a list as long."""

    class Odd:
        def __reduce__(self):
            make, arguments, state = np.zeros((8, 9), np.uint8).__reduce__()
            return make, arguments, (state[0], shape, *state[2:])

    refused_in_little_memory(pickle.dumps(Odd(), 2), "an array (without a shape|with a side that is none)")


def test_more_values_than_fit_in_memory_are_refused(monkeypatch):
    data = b"(" + b"]" * 10_000 + b"l."
    assert len(read_pickle(written(data, "mine.pkl"))) == 10_000
    monkeypatch.setattr(pickled, "available", lambda: 5_000 * pickled.STEP)
    refused_in_little_memory(data, "holds more values than fit in memory")


def test_a_gzip_that_unpacks_to_more_than_may_be_is_refused_before_it_has_come(monkeypatch):
    monkeypatch.setattr(pickled, "LARGEST", 2**20)
    refused_in_little_memory(gzip.compress(bytes(2**26)), "unpacks to more than 1,048,576 bytes")
    monkeypatch.setattr("harmonium.data.idx.available", lambda: 2**10)
    refused_in_little_memory(gzip.compress(bytes(2**26)), "unpacks to more than 512 bytes")
