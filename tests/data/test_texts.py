"""Texts of any layout, language and encoding."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmonium.data import ReviewsOptions, load_reviews, text_files, tokens
from harmonium.errors import DataError

ROWS = [
    ("pos" if n % 2 else "neg", f"{'a warm film' if n % 2 else 'a dull plot'} number {n}") for n in range(24)
]
TABBED = "".join(f"{label}\t{text}\n" for label, text in ROWS)


def written(name, content, encoding="utf-8"):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode(encoding))
    return name


def contents(reviews):
    """All texts with their classes."""
    found = set()
    for split in reviews.splits.values():
        start = 0
        for end, y in zip(split.ends, split.y, strict=True):
            words = " ".join(reviews.lexicon[w] for w in split.words[start:end])
            found.add((reviews.classes[y], words))
            start = end
    return found


LAYOUTS = {
    "class, tab, text": ("a.tsv", TABBED),
    "text, tab, class": ("a.tsv", "".join(f"{text}\t{label}\n" for label, text in ROWS)),
    "a line of names": ("a.tsv", "label\ttext\n" + TABBED),
    "names of another table": (
        "a.csv",
        "Id,Sentiment,Review\n" + "".join(f"{n},{c},{t}\n" for n, (c, t) in enumerate(ROWS)),
    ),
    "quotes and lines": ("a.csv", "".join(f'{c},"{t[:6]}\n{t[6:]}"\n' for c, t in ROWS)),
    "semicolons": ("a.csv", "text;class\n" + "".join(f"{t};{c}\n" for c, t in ROWS)),
    "fastText": ("a.txt", "".join(f"__label__{c} {t}\n" for c, t in ROWS)),
    "the first word": ("a.txt", "".join(f"{c} {t}\n" for c, t in ROWS)),
    "lines of Windows": ("a.tsv", TABBED.replace("\n", "\r\n")),
    "an extra column of one value": (
        "a.csv",
        "class,text,lang\n" + "".join(f"{c},{t},en\n" for c, t in ROWS),
    ),
}


@pytest.mark.parametrize(("name", "content"), LAYOUTS.values(), ids=LAYOUTS)
def test_all_layouts_hold_the_same_texts(name, content):
    assert contents(load_reviews(written(name, content))) == set(ROWS)


def test_json_lines_hold_the_same_texts():
    lines = [
        json.dumps({"id": n, "meta": {"lang": "en"}, "text": t, "label": c}) for n, (c, t) in enumerate(ROWS)
    ]
    assert contents(load_reviews(written("a.jsonl", "\n".join(lines)))) == set(ROWS)
    assert contents(load_reviews(written("a.json", f"[{','.join(lines)}]"))) == set(ROWS)
    by_stars = [
        json.dumps({"stars": 5 if c == "pos" else 1, "useful": n % 2, "text": t})
        for n, (c, t) in enumerate(ROWS)
    ]
    assert load_reviews(written("b.jsonl", "\n".join(by_stars))).classes == ("1", "5")
    with pytest.raises(DataError, match=r"c\.jsonl, line 2: is no JSON"):
        load_reviews(written("c.jsonl", lines[0] + "\nno\n"))


FILES_OF_CLASSES = {
    "rt-polarity": ("rt-polarity.pos", "rt-polarity.neg", "README.txt"),
    "in a folder below": ("set/rt-polarity.pos", "set/rt-polarity.neg", "readme.1.0.txt"),
    "text files": ("pos.txt", "neg.txt", "LICENSE"),
    "other words beside": ("my_pos_reviews.txt", "my_neg_reviews.txt"),
}


@pytest.mark.parametrize("names", FILES_OF_CLASSES.values(), ids=FILES_OF_CLASSES)
def test_a_file_of_lines_may_hold_a_class(names):
    for name in names:
        lines = [text for label, text in ROWS if label in name] or ["about these reviews"]
        written(f"set/{name}", "\n".join(lines), "cp1252")
    reviews = load_reviews("set")
    assert contents(reviews) == set(ROWS)
    assert any(
        note.startswith("each file holds a class, a text on each line: ") for note in reviews.reading.notes
    )


def test_files_of_classes_and_splits():
    for part in ("train", "test"):
        for label in ("pos", "neg"):
            lines = [f"{text} {part}" for its, text in ROWS if its == label]
            written(f"flat/{part}_{label}.txt", "\n".join(lines))
            written(f"deep/{part}/{label}.txt", "\n".join(lines))
    for name in ("flat", "deep"):
        reviews = load_reviews(name)
        assert reviews.classes == ("neg", "pos")
        assert reviews.sizes["test"] == 24
        words = {reviews.lexicon[place] for place in reviews.test.words}
        assert "test" in words
        assert "train" not in words


def test_a_text_a_file_without_suffix_or_folders():
    for n, (label, text) in enumerate(ROWS):
        written(f"groups/{label}/{4000 + n}", text)
        written(f"flat/{label}_{n}.txt", text)
    assert contents(load_reviews("groups")) == contents(load_reviews("flat")) == set(ROWS)


def test_several_tables_of_lines_are_taken_together():
    for number, name in enumerate(("amazon", "imdb", "yelp")):
        lines = [f"{text}\t{int(label == 'pos')}" for label, text in ROWS[8 * number : 8 * number + 8]]
        written(f"set/{name}_labelled.txt", "\n".join(lines))
    written("set/readme.txt", "about")
    reviews = load_reviews("set")
    assert contents(reviews) == {(str(int(label == "pos")), text) for label, text in ROWS}


def test_texts_beside_numbers_and_dates_are_told_from_them():
    rows = [
        f'"{4 * (label == "pos")}","{1467810000 + n}","Mon Apr 06 22:19:{n:02} PDT 2009","user{n}","{text}"'
        for n, (label, text) in enumerate(ROWS)
    ]
    reviews = load_reviews(written("sentiment140.csv", "\n".join(rows)))
    assert contents(reviews) == {(str(4 * (label == "pos")), text) for label, text in ROWS}
    titled = [f'"{1 + (label == "pos")}","title {n}","{text}"' for n, (label, text) in enumerate(ROWS)]
    found = contents(load_reviews(written("news.csv", "\n".join(titled))))
    assert found == {(str(1 + (label == "pos")), f"title {n} {text}") for n, (label, text) in enumerate(ROWS)}


def test_texts_in_memory_are_those_of_a_file():
    labels, texts = zip(*ROWS, strict=True)
    of_file = load_reviews(written("a.tsv", TABBED))
    assert load_reviews((texts, labels)).checksum == of_file.checksum
    assert load_reviews((list(texts), np.array(labels))).checksum == of_file.checksum
    table = pd.DataFrame({"review": texts, "sentiment": labels, "stars": [None, 3] * 12})
    assert load_reviews(table).checksum == of_file.checksum
    parts = {"train": (texts, labels), "val": (texts[:6], labels[:6]), "test": (texts[6:9], labels[6:9])}
    assert load_reviews(parts).sizes == {"train": 24, "valid": 6, "test": 3}
    for wrong, message in (
        ((texts, labels[1:]), "24 texts but 23 classes"),
        (texts, r"give \(texts, classes\), a DataFrame"),
        ({"rest": (texts, labels)}, "'rest' names no split"),
    ):
        with pytest.raises(DataError, match=message):
            load_reviews(wrong)


FIRST, SECOND = ["a good film", "great fun"] * 15, ["pos", "neg"] * 15
GAPS = [None, float("nan"), pd.NA, pd.NaT, ""]


@pytest.mark.parametrize(
    "source",
    [
        ([text.encode() for text in FIRST], SECOND),
        (np.array(FIRST), np.array(SECOND)),
        (np.array(FIRST)[:, None], SECOND),
        (np.array(FIRST, dtype="S"), np.array(SECOND, dtype="S")),
        (np.array(FIRST, dtype=object), SECOND),
        (pd.Series(FIRST, index=range(100, 130)), pd.Series(SECOND)),
        (pd.Series(FIRST, dtype="string"), pd.Categorical(SECOND)),
        (pd.DataFrame({"text": FIRST}), SECOND),
        pd.DataFrame({"text": FIRST, "label": SECOND}),
        pd.DataFrame({"text": [text.encode() for text in FIRST], "label": SECOND}),
        {"x": FIRST, "y": SECOND},
        {"text": FIRST, "label": SECOND},
    ],
    ids=range(12),
)
def test_texts_in_memory_come_in_many_forms(source):
    if isinstance(source, dict) and "text" in source:
        with pytest.raises(DataError, match="where they are the columns of a table give a DataFrame of them"):
            load_reviews(source)
        source = pd.DataFrame(source)
    found = load_reviews(source)
    assert set(found.lexicon) == {"a", "good", "film", "great", "fun"}
    assert found.checksum == load_reviews((FIRST, SECOND)).checksum


def test_texts_of_the_splits_by_the_names_of_arrays():
    parts = {"x_train": FIRST, "y_train": SECOND, "x_test": FIRST[:6], "y_test": SECOND[:6]}
    expected = {"train": (FIRST, SECOND), "test": (FIRST[:6], SECOND[:6])}
    assert load_reviews(parts).checksum == load_reviews(expected).checksum
    with pytest.raises(DataError, match="give x and y for each split, and both for test"):
        load_reviews({name: value for name, value in parts.items() if name != "y_test"})


def test_missing_texts_are_left_out_and_counted():
    texts, labels = [*GAPS, *FIRST], [*SECOND[:5], *SECOND]
    for source in ((texts, labels), pd.DataFrame({"text": texts, "label": labels})):
        found = load_reviews(source)
        assert found.reading.skipped == {"texts without words": 5}
        assert sum(found.sizes.values()) == 30
        assert set(found.lexicon) == {"a", "good", "film", "great", "fun"}


def test_whole_numbers_are_classes_alike_in_lists_and_tables():
    for classes in ([1.0, 0.0] * 15, [1, 0] * 15, [True, False] * 15):
        table = pd.DataFrame({"text": FIRST, "label": classes})
        assert load_reviews(table).classes == load_reviews((FIRST, classes)).classes
    gap = pd.DataFrame({"text": ["fun", *FIRST], "label": [None, *[1, 0] * 15]})  # floats, as pandas has it
    assert load_reviews(gap).classes == ("0", "1")


@pytest.mark.parametrize(
    ("texts", "gist"),
    [
        ([text.split() for text in FIRST], r"number 1 is a list and no text; .* ' '.join\(words\)"),
        ([tuple(text.split()) for text in FIRST], "number 1 is a tuple and no text"),
        ([{"text": text} for text in FIRST], "number 1 is a dict and no text"),
        ([Path(text) for text in FIRST], "number 1 is a PosixPath and no text; give texts"),
        ([b"caf\xe9", *FIRST[1:]], "number 1 holds bytes that are no UTF-8; decode them"),
        (np.array(FIRST).reshape(15, 2), r"has the shape \(15, 2\); give one text for each example"),
        (np.ma.masked_array(FIRST, [True] + 29 * [False]), "1 values are masked, and so missing"),
        ((text for text in FIRST), "is a generator, which can be read but once"),
    ],
    ids=range(8),
)
def test_what_is_no_text_is_refused_with_the_remedy(texts, gist):
    with pytest.raises(DataError, match=gist):
        load_reviews((texts, SECOND))
    if isinstance(texts, list):
        with pytest.raises(DataError, match=gist):
            load_reviews(pd.DataFrame({"text": texts, "label": SECOND}))


def test_a_spreadsheet_is_refused_with_the_remedy():
    with pytest.raises(DataError, match="is a spreadsheet; save it as CSV"):
        load_reviews(written("a.xlsx", "PK"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_the_encoding_is_found_and_said(encoding):
    accented = TABBED.replace("warm", "café ’").replace("dull", "déjà")
    reviews = load_reviews(written("a.tsv", accented, encoding))
    assert "déjà" in reviews.lexicon
    said = [note for note in reviews.reading.notes if note.startswith("the file is in")]
    assert said == ([] if encoding == "utf-8-sig" else [f"the file is in {encoding}"])


def test_folders_of_imdb():
    for part in ("train", "test"):
        for label, text in ROWS:
            written(f"aclImdb/{part}/{label}/{text[-2:].strip()}_7.txt", text)
        written(f"aclImdb/{part}/urls_pos.txt", "http://")
    written("aclImdb/train/unsup/0_0.txt", "no class")
    written("aclImdb/train/pos/._1_7.txt", "\x05junk")
    reviews = load_reviews("aclImdb")
    assert reviews.classes == ("neg", "pos")
    assert reviews.sizes["test"] == 24
    assert contents(reviews) == set(ROWS)
    assert reviews.reading.skipped["unlabelled texts, in unsup"] == 1
    assert reviews.reading.skipped["hidden or left behind by a system"] == 1


def test_files_may_be_splits():
    for part in ("train", "dev", "test"):
        written(f"sst/{part}.tsv", "sentence\tlabel\n" + "".join(f"{t}\t{c}\n" for c, t in ROWS))
    assert load_reviews("sst").sizes == {"train": 24, "valid": 24, "test": 24}
    written("sst/test.tsv", "id\tsentence\n" + "".join(f"{n}\t{t}\n" for n, (_, t) in enumerate(ROWS)))
    reviews = load_reviews("sst")
    assert reviews.sizes == {"train": 20, "valid": 24, "test": 4}
    assert "test.tsv has no classes, and was left out" in reviews.reading.notes
    Path("sst/train.tsv").unlink()
    with pytest.raises(DataError, match="holds no file called train"):
        load_reviews("sst")


def test_columns_may_be_named():
    table = "a,b,c,who\n" + "".join(
        f"{t},{c},{t[::-1]} and longer,{n // 3}\n" for n, (c, t) in enumerate(ROWS)
    )
    path = written("a.csv", table)
    options = ReviewsOptions(text_column="a", target="b", group="who")
    reviews = load_reviews(path, options=options)
    assert contents(reviews) == set(ROWS)
    homes = [{(int(name) - 1) // 3 for name in names} for names in reviews.names.values()]
    assert sum(map(len, homes)) == 8
    with pytest.raises(DataError, match=r"has no column 'x' \(--text-column\); it has a, b, c, who"):
        load_reviews(path, options=ReviewsOptions(text_column="x"))


def test_languages_without_blanks_are_characters():
    rows = [("好" if n % 2 else "坏", f"这部电影{'真好看' if n % 2 else '太难看'}{n}") for n in range(20)]
    path = written("a.tsv", "".join(f"{c}\t{t}\n" for c, t in rows))
    reviews = load_reviews(path)
    assert reviews.preparation.tokens == "characters"
    assert {"这", "部", "看"} <= set(reviews.lexicon)
    assert any("puts no blanks between words" in note for note in reviews.reading.notes)
    assert max(map(len, load_reviews(path, options=ReviewsOptions(tokens="words")).lexicon)) > 5
    english = load_reviews(written("b.tsv", TABBED), options=ReviewsOptions(tokens="characters"))
    assert max(map(len, english.lexicon)) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Cafe\u0301 d'E\u0301te\u0301", ["café", "d'été"]),
        ("यह फ़िल्म अच्छी है!", ["यह", "फ़िल्म", "अच्छी", "है", "!"]),
        ("می\u200cخواهم فیلم", ["می\u200cخواهم", "فیلم"]),
        ("Don\u2019t go", ["don\u2019t", "go"]),
    ],
)
def test_words_keep_their_marks(text, words):
    assert tokens(text) == words


def test_characters_are_what_a_reader_sees():
    assert tokens("e\u0301a है\u200d 👨‍👩‍👧", "characters")[:2] == ["é", "a"]
    assert "👨‍👩‍👧" in tokens("a 👨‍👩‍👧", "characters")
    assert tokens("क्षि", "characters") != list("क्षि")


def test_classes_that_differ_in_capitals_are_one():
    content = "".join(
        f"{label.title() if n % 3 == 0 else label}\t{text}\n" for n, (label, text) in enumerate(ROWS)
    )
    reviews = load_reviews(written("a.tsv", content))
    assert reviews.classes == ("neg", "pos")
    assert "the classes neg and Neg are one: they differ in capitals alone" in reviews.reading.notes


@pytest.mark.parametrize("word", ["NaN", "nan", "NULL", "N/A", "<NA>"])
def test_what_programs_write_for_a_missing_text_or_class_is_missing(word):
    rows = [*ROWS, (word, "a film without a class"), ("pos", word), (word, word)]
    found = load_reviews(written("a.csv", "label,text\n" + "".join(f"{c},{t}\n" for c, t in rows)))
    assert contents(found) == set(ROWS)
    assert found.reading.skipped == {f"rows without a class, as {word}": 2, "texts without words": 1}


def test_none_may_be_a_class_of_texts():
    rows = [("none" if label == "neg" else label, text) for label, text in ROWS]
    assert load_reviews(written("a.tsv", "".join(f"{c}\t{t}\n" for c, t in rows))).classes == ("none", "pos")


@pytest.mark.parametrize(
    ("content", "gist"),
    [
        ("".join(f"{n}\t{t}\n" for n, (_, t) in enumerate(ROWS)), "24 texts have 24 classes, as '0', '1'"),
        ("".join(f"only\t{t}\n" for _, t in ROWS), "every text is of the class 'only'"),
        ("".join(f"{c}\t{n}\n" for n, (c, _) in enumerate(ROWS)), "its texts are numbers, as '0'"),
        ("".join(f"{t}\n" for _, t in ROWS), "has no tab; write a class, a tab and a text|have .* classes"),
    ],
)
def test_absurd_readings_are_refused(content, gist):
    with pytest.raises(DataError, match=gist):
        load_reviews(written("a.tsv", content))


def test_names_keep_texts_in_their_splits():
    first = load_reviews(written("a.tsv", TABBED))
    more = load_reviews(written("a.tsv", TABBED + TABBED.replace("number", "digit")), splits=first.names)
    for part in first.splits:
        assert set(first.names[part]) <= set(more.names[part])


def test_a_text_that_may_not_be_read_is_skipped_counted_and_named(monkeypatch):
    for n in range(24):
        path = Path("mine") / ("good" if n % 2 else "bad") / f"{n}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"a text of number {n}")
    whole = text_files.read_bytes

    def refusing(path):
        if path.name == "7.txt":
            raise DataError(f"{path}: cannot be read (Permission denied)")
        return whole(path)

    monkeypatch.setattr(text_files, "read_bytes", refusing)
    found = load_reviews("mine")
    assert sum(found.sizes.values()) == 23
    said = " ".join(" ".join(found.understood.lines()).split())
    assert "1 cannot be read" in said
    assert "7.txt: cannot be read (Permission denied); it was skipped" in said
    monkeypatch.setattr(text_files, "read_bytes", lambda path: refusing(Path("7.txt")))
    with pytest.raises(DataError, match="Permission denied"):
        load_reviews("mine")


def tables_of_classes():
    for label in ("pos", "neg"):
        rows = [f'"A title","{text}, really",of {label},"May 1, 2017"' for c, text in ROWS if c == label]
        written(f"news/{label.title()}.csv", "\n".join(["title,text,subject,date", *rows]))


def test_a_table_for_each_class_is_read_by_its_columns():
    tables_of_classes()
    found = load_reviews("news")
    assert contents(found) == {(label.title(), f"{text} really") for label, text in ROWS}
    notes = " ".join(found.reading.notes)
    assert "each file holds a class: Neg of Neg.csv, Pos of Pos.csv; the column text is the text" in notes
    titles = load_reviews("news", options=ReviewsOptions(text_column="title"))
    assert {text for _, text in contents(titles)} == {"a title"}


def test_tables_with_classes_of_their_own_are_taken_together():
    for singer, rows in (("Psy", ROWS[::3]), ("Shakira", ROWS[1::3] + ROWS[2::3])):
        lines = [f"{n},someone,{text},{label}" for n, (label, text) in enumerate(rows)]
        written(f"youtube/Youtube-{singer}.csv", "\n".join(["COMMENT_ID,AUTHOR,CONTENT,CLASS", *lines]))
    found = load_reviews("youtube")
    assert contents(found) == set(ROWS)
    assert "the 2 files are taken together" in found.reading.notes


def test_the_class_is_a_column_with_such_a_word_and_not_one_that_is_mostly_empty():
    names = "id,negativereason,airline,airline_sentiment_gold,airline_sentiment,retweets,text"
    rows = [
        f"{n},{'late' if n % 5 == 0 else ''},{'DU'[n % 2]},{'pos' if n == 3 else ''},{label},{n % 2},{text}"
        for n, (label, text) in enumerate(ROWS)
    ]
    found = load_reviews(written("tweets.csv", "\n".join([names, *rows])))
    assert contents(found) == set(ROWS)
    assert any(
        "airline_sentiment is the class (--target names another)" in one for one in found.reading.notes
    )
    index = [f"{1 + (label == 'pos')},{n},{text}" for n, (label, text) in enumerate(ROWS)]
    found = load_reviews(written("news.csv", "\n".join(["Class Index,Kind,Body", *index])))
    assert found.classes == ("1", "2")


def test_a_title_gives_way_to_what_stands_below_it():
    rows = [f"{label},Something new,{text}" for label, text in ROWS]
    found = load_reviews(written("news.csv", "\n".join(["label,title,description", *rows])))
    assert contents(found) == set(ROWS)
    alone = [f"{label},{text},http://example.org/a/long/address" for label, text in ROWS]
    found = load_reviews(written("b.csv", "\n".join(["label,title,link", *alone])))
    assert contents(found) == set(ROWS)


def test_a_test_set_without_the_column_of_the_class_is_left_out():
    rows = [(int(label == "pos"), text) for label, text in ROWS]
    written("sst/train.tsv", "sentence\tLabel\n" + "".join(f"{t}\t{c}\n" for c, t in rows))
    written("sst/dev.tsv", "sentence\tlabel\n" + "".join(f"{t}\t{c}\n" for c, t in rows))
    written("sst/test.tsv", "index\tsentence\n" + "".join(f"{n % 9}\t{t}\n" for n, (_, t) in enumerate(rows)))
    found = load_reviews("sst")
    assert (found.classes, found.sizes["valid"]) == (("0", "1"), 24)
    assert "test.tsv has no classes, and was left out" in found.reading.notes
    assert len([note for note in found.reading.notes if "is the text" in note]) == 1


@pytest.mark.parametrize(
    ("name", "lines", "known"),
    [
        ("classes.txt", ["Bad", "Good"], True),
        ("class_names.txt", ["1 Bad", "2 Good"], True),
        ("labels.txt", ["1: Bad", "2: Good"], True),
        ("classes.txt", ["Bad", "Good", "Odd"], False),
        ("classes.txt", ["Same", "Same"], False),
        ("notes.txt", ["Bad", "Good"], False),
    ],
)
def test_a_file_names_the_numbered_classes(name, lines, known):
    written("agnews/train.csv", "".join(f'"{1 + (c == "pos")}","{t}"\n' for c, t in ROWS))
    written(f"agnews/{name}", "\n".join(lines))
    found = load_reviews("agnews")
    names = {"pos": "Good", "neg": "Bad"} if known else {"pos": "2", "neg": "1"}
    assert contents(found) == {(names[label], text) for label, text in ROWS}
    assert (f"{name} names the classes 1 to 2" in found.reading.notes) == known


def test_rows_of_numbers_are_no_texts():
    for name in ("shuttle.trn", "shuttle.tst"):
        written(f"shuttle/{name}", "".join(f"{n} -{n} 7,5 {n % 3}\n" for n in range(40)))
    with pytest.raises(
        DataError, match=r"its texts are numbers, as .* train on the numbers, as harmonium train mlp"
    ):
        load_reviews("shuttle")
