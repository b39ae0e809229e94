"""Which column of a table is the class, which say it once more, and which belong to the rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmonium.data import DatasetOptions, load, load_reviews
from harmonium.errors import DataError

RNG = np.random.default_rng(5)
ROWS = 60
WIDTH = RNG.normal(5, 1, ROWS).round(2)
KIND = np.array(["setosa", "virginica", "versicolor"] * (ROWS // 3))
CODE = np.array([{"setosa": 0, "versicolor": 1, "virginica": 2}[kind] for kind in KIND])


def of(columns, target=None, **settings):
    pd.DataFrame(columns).to_csv("a.csv", index=False)
    return load("a.csv", real=True, options=DatasetOptions(target=target), **settings)


def said(dataset):
    return " ".join(" ".join(dataset.understood.lines()).split())


@pytest.mark.parametrize("last", ["activity", "moves"])
@pytest.mark.parametrize("whole", [False, True])
def test_y_beside_x_is_a_coordinate(last, whole):
    places = {name: RNG.integers(0, 20, ROWS) if whole else RNG.normal(size=ROWS) for name in "xyz"}
    found = of({**places, last: KIND})
    assert found.classes == ("setosa", "versicolor", "virginica")
    assert found.preparation.columns == ("x", "y", "z")
    assert f"the class is the column {last}, the last (--target names another)" in said(found)


@pytest.mark.parametrize("names", ["xy", "aby", "xzy"])
def test_y_is_the_class_where_it_is_the_last_column(names):
    found = of(dict.fromkeys(names[:-1], WIDTH) | {"y": KIND})
    assert found.preparation.target == "y"


def test_a_name_that_a_feature_may_have_yields_to_a_better_class():
    found = of({"Class": [1, 2, 3, 1] * 15, "age": WIDTH, "Survived": [0, 1, 1] * 20})
    assert found.preparation.target == "Survived"
    assert "--target names another" in said(found)
    found = of({"category": WIDTH, "age": WIDTH[::-1], "bought": [0, 1, 1] * 20})
    assert found.preparation.target == "bought"


def test_what_was_guessed_by_a_name_is_said_where_another_column_may_be_the_class():
    table = {"category": list("wxyz") * 15, "a": WIDTH, "bought": [0, 1, 1] * 20}
    found = of(table)
    assert found.preparation.target == "category"
    assert "the class is the column category (--target names another)" in said(found)
    assert of(table, target="bought").preparation.target == "bought"
    alone = of({"a": WIDTH, "b": WIDTH[::-1], "category": KIND})
    assert "--target" not in said(alone)


@pytest.mark.parametrize(
    ("target", "values", "name", "again"),
    [
        ("label", CODE, "label_name", KIND),
        ("target", CODE, "species", KIND),
        ("species", KIND, "species_id", CODE),
        ("label", CODE, "prediction", CODE),
        ("label", CODE % 2, "outcome", np.array(["no", "yes"])[CODE % 2]),
        ("is_spam", CODE % 2, "spam", np.array(["no", "yes"])[CODE % 2]),
    ],
)
def test_a_second_copy_of_the_class_is_no_feature(target, values, name, again):
    for columns in ({"a": WIDTH, target: values, name: again}, {"a": WIDTH, name: again, target: values}):
        found = of(columns, target)
        assert found.preparation.columns == ("a",)
        assert f"left out, since it and the class are the same one to one: {name}" in said(found)


def test_columns_of_0_and_1_for_each_class_are_copies_too():
    ones = {f"is_{kind}": (kind == KIND).astype(int) for kind in sorted(set(KIND))}
    found = of({"a": WIDTH, **ones, "label": CODE})
    assert found.preparation.columns == ("a",)
    milk = of({"a": WIDTH, "milk": ones["is_setosa"], "label": CODE})  # one of them is a feature
    assert milk.preparation.columns == ("a", "milk")


def test_a_feature_of_two_values_that_is_like_the_class_stays_and_is_said():
    found = of({"a": WIDTH, "odor": np.array(["none", "foul"])[CODE % 2], "edible": CODE % 2})
    assert found.preparation.columns == ("a", "odor")
    assert "odor and the class are the same one to one: if it was made from the class, remove it" in said(
        found
    )
    few = pd.DataFrame({"a": WIDTH[:12], "odor": list("xyz") * 4, "label": list("uvw") * 4})
    assert load(few, real=True).preparation.columns == ("a", "odor")  # which may be so by chance


@pytest.mark.parametrize("kind", [int, bool, float])
def test_columns_of_0_and_1_at_the_end_are_the_classes(kind):
    ones = {name: (name == KIND).astype(kind) for name in ("setosa", "versicolor", "virginica")}
    found = of({"a": WIDTH, "b": WIDTH[::-1], **ones})
    assert found.classes == ("setosa", "versicolor", "virginica")
    assert found.preparation.columns == ("a", "b")
    expected = of({"a": WIDTH, "b": WIDTH[::-1], "label": KIND})
    assert found.checksum == expected.checksum
    assert "the columns setosa, versicolor, virginica which holds 1 (--target names another)" in said(found)


@pytest.mark.parametrize("last", [{"label": CODE}, {"survived": CODE % 2}])
def test_columns_of_0_and_1_beside_a_class_are_features(last):
    ones = {"red": (WIDTH > 5).astype(int), "blue": (WIDTH <= 5).astype(int)}
    assert of({"a": WIDTH, **last, **ones}).preparation.columns == ("a", "red", "blue")


def test_columns_without_names_of_0_and_1_number_the_classes():
    table = np.c_[WIDTH, WIDTH[::-1], np.eye(3)[CODE]]
    np.savetxt("a.data", table, fmt="%.4f")
    found = load("a.data", real=True)
    assert (found.classes, found.shape) == (("0", "1", "2"), (2,))


@pytest.mark.parametrize("target", ["target", "label", "class"])
def test_a_column_that_is_called_like_a_class_comes_before_features_that_begin_so(target):
    frame = pd.DataFrame({"class": ["first", "second", "third"] * 20, "fare": WIDTH})
    frame = pd.get_dummies(frame).assign(**{target: [0, 1, 1, 0] * 15})
    found = load(frame, real=True)
    assert found.preparation.target == target
    assert found.classes == ("0", "1")
    assert len(found.preparation.columns) == 4
    known = load(frame.rename(columns={target: "survived"}), real=True)
    assert known.preparation.target == "survived"


def test_a_class_of_fractions_is_refused_with_what_helps():
    columns = {"a": WIDTH, "b": WIDTH[::-1], "kind": KIND, "label": WIDTH}
    with pytest.raises(
        DataError, match=r"column label holds .*name the class with --target, or train what needs"
    ):
        of(columns)
    assert of(columns, target="kind").classes == ("setosa", "versicolor", "virginica")
    found = of({"a": WIDTH[::-1], "label": WIDTH}, labels=False)
    assert found.preparation.columns == ("a", "label")
    assert "label holds numbers that are no classes, and is taken as a feature" in said(found)


def test_texts_with_a_column_of_0_and_1_for_each_class():
    texts = [f"a {'warm' if n % 2 else 'dull'} film number {n}" for n in range(40)]
    bad = [1 - n % 2 for n in range(40)]
    for frame in (
        pd.DataFrame({"text": texts, "negative": bad, "positive": [1 - one for one in bad]}),
        pd.DataFrame({"negative": bad, "positive": [1 - one for one in bad], "text": texts}),
    ):
        frame.to_csv("a.csv", index=False)
        found = load_reviews("a.csv")
        assert found.classes == ("negative", "positive")
        assert any("which holds 1 (--target names another)" in note for note in found.reading.notes)
    toxic = pd.DataFrame({"text": texts, "toxic": bad, "threat": [n % 4 == 0 for n in range(40)]})
    toxic.to_csv("b.csv", index=False)
    notes = " ".join(load_reviews("b.csv").reading.notes)
    assert "the column toxic is the class (--target names another), the column text is the text" in notes
    assert "threat hold 0 and 1 as toxic does, and are not learned" in notes


def test_letters_before_numbers_are_the_class_of_a_table_without_names():
    letters = RNG.choice(list("ABCDEF"), ROWS)
    rows = [",".join(map(str, (letter, *RNG.integers(0, 16, 9)))) for letter in letters]
    Path("letter.data").write_text("\n".join(rows))
    found = load("letter.data", real=True)
    assert found.classes == tuple("ABCDEF")
    assert "the class is the column 1, the first and the only one of words (--target names another)" in said(
        found
    )
    sexes = [",".join((sex, f"{w}", str(w > 5))) for sex, w in zip("MFI" * 20, WIDTH, strict=True)]
    Path("abalone.data").write_text("\n".join(sexes))
    assert load("abalone.data", real=True).preparation.target == "3"
    named = of({"shape": KIND, "a": WIDTH, "sold": CODE % 2})
    assert named.preparation.target == "sold"


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_the_class_beside_intensities_whose_corner_has_few_values(first, named):
    pixels = RNG.integers(0, 256, (100, 64))
    pixels[:, [0, -1]] = RNG.choice([0, 0, 0, 17, 250], (100, 2))
    digits = np.arange(100) % 5
    table = np.c_[digits, pixels] if first else np.c_[pixels, digits]
    names = [f"px{n}" for n in range(64)]
    head = ",".join(["digit", *names] if first else [*names, "digit"]) if named else ""
    np.savetxt("digits.csv", table, "%d", ",", header=head, comments="")
    if not named:
        Path("digits.csv").write_text(Path("digits.csv").read_text().lstrip())
    found = load("digits.csv")
    assert (found.classes, found.shape) == (tuple("01234"), (8, 8))


def test_several_classes_in_one_row_are_refused_with_a_remedy_that_works():
    ones = {f"Class{n}": RNG.integers(0, 2, ROWS) for n in (1, 2, 3)}
    with pytest.raises(DataError, match="Class1, Class2, Class3 are called as classes, and several hold 1"):
        of({"a": WIDTH, **ones})
    found = of({"a": WIDTH, **ones}, "Class2")
    assert "Class1, Class3: called as classes, and taken for features" in said(found)
    assert of({"a": WIDTH, "Class2": ones["Class2"]}).preparation.target == "Class2"
    once = {f"class_{kind}": (kind == KIND).astype(int) for kind in set(KIND)}
    assert "called as classes" not in said(of({"a": WIDTH, **once, "survived": CODE % 2}, "survived"))


def test_words_of_a_feature_as_columns_of_0_and_1_beside_a_class_before_them():
    ones = {"sex_female": CODE % 2, "sex_male": 1 - CODE % 2}
    found = of({"died": RNG.permutation(CODE % 2), "age": WIDTH, **ones})
    assert (found.preparation.target, found.classes) == ("died", ("0", "1"))
    assert of({"age": WIDTH, **ones}).classes == ("sex_female", "sex_male")


def test_the_first_column_is_doubted_where_the_last_may_be_a_number_to_predict():
    found = of({"rooms": CODE, "area": WIDTH, "price": 1000 * WIDTH})
    assert "the column rooms, the first (--target names another; no model here predicts numbers, as" in said(
        found
    )
    assert "no model here" not in said(of({"rooms": CODE, "area": WIDTH, "sold": CODE % 2}))
