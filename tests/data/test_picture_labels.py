"""Pictures whose classes stand in a table beside them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harmonium.data import DatasetOptions, load
from harmonium.errors import DataError

COUNT = 24
KINDS = ["cat" if n % 3 else "dog" for n in range(COUNT)]


def pictures(folder, names):
    """Write a picture for each name, whose first pixel is its number."""
    for n, name in enumerate(names):
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((5, 5), 100, np.uint8)
        pixels[0, 0] = n
        Image.fromarray(pixels).save(path)


def written(path, lines):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("\n".join(lines))


def found(source="set", **options):
    """The class of each picture by the number in it, and the data."""
    dataset = load(source, options=DatasetOptions(**options))
    return {
        int(x[0, 0]): dataset.classes[y]
        for split in dataset.splits.values()
        for x, y in zip(split.x, split.y, strict=True)
    }, dataset


STEMS = [f"{n:04}" for n in range(COUNT)]
PNG = [f"{stem}.png" for stem in STEMS]
TABLES = {
    "file and label": (
        "labels.csv",
        ["filename,label", *(f"{n},{k}" for n, k in zip(PNG, KINDS, strict=True))],
    ),
    "Kaggle's ids": ("labels.csv", ["id,breed", *(f"{n},{k}" for n, k in zip(STEMS, KINDS, strict=True))]),
    "ways and more columns": (
        "meta.tsv",
        [
            "age\tpath\tdiagnosis",
            *(f"{n}\t./images/{p}\t{k}" for n, (p, k) in enumerate(zip(PNG, KINDS, strict=True))),
        ],
    ),
    "ways of Windows": (
        "l.csv",
        ["Image;Class", *(f"C:\\set\\images\\{n};{k}" for n, k in zip(PNG, KINDS, strict=True))],
    ),
    "a column for each class": (
        "truth.csv",
        [
            "image,cat,dog",
            *(f"{s},{float(k == 'cat')},{float(k == 'dog')}" for s, k in zip(STEMS, KINDS, strict=True)),
        ],
    ),
    "lines": ("labels.txt", [f"{n} {k}" for n, k in zip(PNG, KINDS, strict=True)]),
    "without names": ("labels.csv", [f"{n},{k}" for n, k in zip(PNG, KINDS, strict=True)]),
    "an object of JSON": (
        "labels.json",
        ["{" + ", ".join(f'"{n}": "{k}"' for n, k in zip(PNG, KINDS, strict=True)) + "}"],
    ),
    "JSON lines": (
        "metadata.jsonl",
        [f'{{"file_name": "{n}", "label": "{k}"}}' for n, k in zip(PNG, KINDS, strict=True)],
    ),
}


@pytest.mark.parametrize("folder", ["set", "set/images"])
@pytest.mark.parametrize(("name", "lines"), TABLES.values(), ids=TABLES)
def test_a_table_gives_each_picture_its_class(name, lines, folder):
    pictures(folder, PNG)
    written(f"set/{name}", lines)
    classes, dataset = found()
    assert classes == dict(enumerate(KINDS))
    assert any(f"{name} names the pictures in its column" in note for note in dataset.reading.notes)


def test_what_is_missing_on_either_side_is_said():
    pictures("set", PNG)
    rows = [f"{n},{k}" for n, k in zip(PNG[:20], KINDS, strict=False)]
    written("set/labels.csv", ["file,label", *rows, rows[0], "gone.png,cat", "0021.png,"])
    classes, dataset = found()
    assert classes == dict(enumerate(KINDS[:20]))
    skipped = dataset.reading.skipped
    assert skipped["rows of labels.csv without a picture"] == 1
    assert skipped["rows of labels.csv without a class"] == 1
    assert skipped["rows of labels.csv that repeat another"] == 1
    assert skipped["pictures that no table gives a class"] == 4


def test_the_layout_of_a_competition():
    pictures("set/train", PNG)
    pictures("set/test", [f"t{n}.png" for n in range(6)])
    written("set/train.csv", ["image_id,label", *(f"{n},{k}" for n, k in zip(PNG, KINDS, strict=True))])
    written("set/test.csv", ["image_id", *(f"t{n}.png" for n in range(6))])
    written("set/sample_submission.csv", ["image_id,label", *(f"t{n}.png,cat" for n in range(6))])
    classes, dataset = found()
    assert classes == dict(enumerate(KINDS))
    assert sum(dataset.sizes.values()) == COUNT
    assert dataset.reading.skipped["rows of test.csv, which gives no class"] == 6


def test_splits_of_tables_columns_and_groups():
    pictures("set/images", PNG)
    rows = [f"{n},{k}" for n, k in zip(PNG, KINDS, strict=True)]
    for part, those in (("train", rows[:12]), ("val", rows[12:18]), ("test", rows[18:])):
        written(f"set/{part}.csv", ["file,label", *those])
    assert found()[1].sizes == {"train": 12, "valid": 6, "test": 6}
    pictures("one/images", PNG)
    parts = ["train"] * 12 + ["val"] * 6 + ["test"] * 6
    lines = [
        f"{n},{k},{part},p{i // 4},{i % 2}"
        for i, (n, k, part) in enumerate(zip(PNG, KINDS, parts, strict=True))
    ]
    written("one/all.csv", ["file,label,split,patient,side", *lines])
    assert found("one")[1].sizes == {"train": 12, "valid": 6, "test": 6}
    assert set(found("one", target="side")[0].values()) == {"0", "1"}
    written(
        "one/all.csv",
        ["file,label,patient", *(",".join(np.array(line.split(","))[[0, 1, 3]]) for line in lines)],
    )
    _, dataset = found("one", group="patient")
    homes = [{int(x[0, 0]) // 4 for x in split.x} for split in dataset.splits.values()]
    assert sum(map(len, homes)) == 6


def test_names_may_be_written_in_any_letters_where_that_is_clear():
    pictures("set/imgs", [f"IMG_{n:03}.png" for n in range(COUNT)])
    written("set/labels.csv", [f"img_{n:03}.PNG, {k}" for n, k in enumerate(KINDS)])
    assert found()[0] == dict(enumerate(KINDS))
    pictures("set/imgs", [*(f"IMG_{n:03}.png" for n in range(COUNT)), "img_000.png", "Img_001.png"])
    written("set/labels.csv", [f"img_{n:03}.png, {k}" for n, k in enumerate(KINDS)])
    classes, dataset = found()
    assert classes == {n: k for n, k in enumerate(KINDS) if n not in (0, 1)} | {COUNT: KINDS[0]}
    assert dataset.reading.skipped["rows of labels.csv with several pictures"] == 1


def test_tables_that_give_no_classes_are_named():
    pictures("set/imgs", PNG)
    written("set/labels.csv", ["person,age", *(f"p{n},{k}" for n, k in enumerate(KINDS))])
    written("set/y.csv", ["file", *PNG])
    gist = r"is of 'imgs'; passed over beside them: labels\.csv, no column of which .*; y\.csv, which has no"
    with pytest.raises(DataError, match=gist):
        load("set")


def test_what_cannot_be_labels_is_refused():
    pictures("set", PNG)
    written("set/labels.csv", ["file,label", *(f"{n},only" for n in PNG)])
    with pytest.raises(DataError, match="every picture is of 'only'"):
        load("set")
    written(
        "set/labels.csv",
        ["file,label", *(f"{n},{k}" for n, k in zip(PNG, KINDS, strict=True)), "0000.png,cat"],
    )
    with pytest.raises(DataError, match=r"0000\.png is of 'dog' in one row and of 'cat' in another"):
        load("set")
    with pytest.raises(DataError, match=r"has no column 'breed' \(--target\); it has file, label"):
        load("set", options=DatasetOptions(target="breed"))
    written("set/labels.csv", ["person,age", "a,3", "b,4"])
    with pytest.raises(DataError, match="or a table of file names and classes"):
        load("set")


def test_folders_of_classes_count_more_than_a_table():
    for k in ("cat", "dog"):
        pictures(f"set/{k}", [n for n, its in zip(PNG, KINDS, strict=True) if its == k])
    written("set/meta.csv", ["file,camera", *(f"{n},{i % 2}" for i, n in enumerate(PNG))])
    assert load("set").classes == ("cat", "dog")


def test_boxes_in_json_are_no_classes():
    pictures("set", PNG)
    written("set/annotations.json", ['{"images": [{"id": 1, "file_name": "0001.png"}], "annotations": []}'])
    with pytest.raises(DataError, match=r"annotations\.json: holds boxes or masks .* sort the pictures"):
        load("set")


def test_arrays_beside_pictures_do_not_take_their_place():
    names = [f"{kind}_{n}.png" for n, kind in enumerate(KINDS)]
    pictures("set", names)
    Path("set/cat_100.mat").write_bytes(b"left behind")
    assert dict(enumerate(KINDS)) == found()[0]


def test_folders_without_pictures_are_named_by_their_way():
    pictures("set", [f"{kind}/{n}.png" for n, kind in enumerate(KINDS)])
    written("set/meta/cat/about.txt", ["x"])
    assert "the folder meta/cat holds no pictures" in load("set").reading.notes


@pytest.mark.parametrize("name", ["sample_submission.csv", "train.csv"])
def test_a_wide_table_of_classes_does_not_take_the_place_of_the_pictures(name):
    pictures("set/train", PNG)
    kinds = [*sorted(set(KINDS)), *(f"breed{n}" for n in range(99))]
    if name == "train.csv":
        rows = [
            [n, *(int(kind == one) for one in kinds)] for n, kind in zip(range(COUNT), KINDS, strict=True)
        ]
        rows = [[STEMS[n], *row] for n, *row in rows]
    else:
        rows = [[stem, *["0.01"] * len(kinds)] for stem in STEMS]
        written("set/labels.csv", ["id,breed", *(f"{s},{k}" for s, k in zip(STEMS, KINDS, strict=True))])
    written(f"set/{name}", [",".join(["id", *kinds]), *(",".join(map(str, row)) for row in rows)])
    assert found()[0] == dict(enumerate(KINDS))


@pytest.mark.parametrize("name", ["trainLabels.csv", "labels.csv"])
def test_pictures_of_train_and_test_may_have_one_name(name):
    pictures("set/train", PNG)
    pictures("set/test", PNG)
    written(f"set/{name}", ["id,label", *(f"{n},{k}" for n, k in zip(STEMS, KINDS, strict=True))])
    kinds, dataset = found()
    assert kinds == dict(enumerate(KINDS))
    assert dataset.reading.skipped["pictures that no table gives a class"] == COUNT


def test_folders_of_parts_are_no_classes_where_a_table_tells_them():
    for part, some in (("part_1", PNG[:12]), ("part_2", PNG[12:])):
        pictures(f"set/HAM10000_images_{part}", some)
    rows = [
        f"HAM_{n // 2},{stem},{kind},{40 + n},back"
        for n, (stem, kind) in enumerate(zip(STEMS, KINDS, strict=True))
    ]
    written("set/HAM10000_metadata.csv", ["lesion_id,image_id,dx,age,localization", *rows])
    dataset = load("set", options=DatasetOptions(target="dx"))
    assert dataset.classes == ("cat", "dog")
    guessed = load("set")
    assert any("--target names another" in note for note in guessed.reading.notes)
    assert "HAM10000_images_part_1" not in guessed.classes
