"""The user's own labelled sentences."""

import json
from pathlib import Path

import numpy as np
import pytest

from harmonium.data import CorpusOptions, as_arrays, as_known, load, load_sentences
from harmonium.data.iob import read_iob
from harmonium.data.kinds import kind_of
from harmonium.data.sentences import corpus
from harmonium.data.sharing import ToScore
from harmonium.errors import DataError

FLIGHT = [("from", "O"), ("new", "B-city"), ("york", "I-city")]
MEAL = [("dinner", "B-meal"), ("at", "O"), ("7", "B-time")]


def written(*sentences, path="own.iob", between="\t"):
    lines = ["\n".join(between.join(pair) for pair in sentence) for sentence in sentences]
    Path(path).write_text("\n\n".join(lines) + "\n")
    return Path(path)


def test_words_and_labels_are_read():
    found = read_iob(written(FLIGHT, MEAL))
    assert found.words == (("from", "new", "york"), ("dinner", "at", "7"))
    assert found.labels == (("O", "B-city", "I-city"), ("B-meal", "O", "B-time"))
    assert len(found) == 2


def test_columns_of_conll_are_read_whatever_lies_between_and_around():
    text = "\ufeff-DOCSTART- -X- O O\r\n\r\nEU NNP I-NP B-ORG\r\nrejects VBZ I-VP O\r\n\r\n\r\n  \r\nPeter NNP\tB-PER"
    Path("own.conll").write_bytes(text.encode())
    found = read_iob(Path("own.conll"))
    assert found.words == (("EU", "rejects"), ("Peter",))
    assert found.labels == (("B-ORG", "O"), ("B-PER",))


BAD = {
    "no label": (b"from\tO\n\nnew\n", r"own\.iob, line 3: the word 'new' has no label"),
    "a label of another form": (
        b"from\tB-x\nnew\tcity\n",
        r"own\.iob, line 2: the label 'city' must be O, or one of",
    ),
    "a label without a type": (b"new\tB-\n", r"line 1: the label 'B-' must be"),
    "no known encoding": (b"from\tO\n\xe9\x81\tO\n", r"own\.iob, line 2: byte 7 \(0xe9\) is not UTF-8"),
    "numbers for words": (b"17\tO\n18\tB-x\n", r"all of its words are numbers, as '17'; .*--word-column"),
    "nothing labelled": (b"from\tO\n", "every word has the label O"),
    "empty": (b"", r"own\.iob: holds no words"),
    "blank": (b"\n\n \n", r"own\.iob: holds no words"),
    "one endless sentence": (b"word\tO\n" * 1001, r"line 1001: a sentence of over 1,000 words"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_a_malformed_file_is_named_with_its_line(content, message):
    Path("own.iob").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_sentences("own.iob")


def test_one_file_is_cut_by_the_seed():
    path = written(*([FLIGHT] * 5 + [MEAL] * 5))
    first, again, other = (load_sentences(str(path), seed=seed) for seed in (0, 0, 1))
    assert first.sizes == {"train": 8, "valid": 1, "test": 1}
    assert first.checksum == again.checksum != other.checksum
    assert first.classes == ("B-city", "B-meal", "B-time", "I-city", "O")
    with pytest.raises(DataError, match=r"2 examples cannot be cut .* \(valid would be empty\)"):
        load_sentences(str(written(*[FLIGHT] * 2)))


def test_a_sentence_that_is_labelled_in_two_ways_is_told():
    other = [(word, "O") for word, _ in MEAL]
    found = load_sentences(str(written(*[FLIGHT, MEAL] * 5, other)))
    assert "9 of 11 examples repeat an earlier one" in found.reading.notes
    assert sum(note.startswith("1 of those are labelled otherwise") for note in found.reading.notes) == 1


def test_a_folder_may_hold_the_splits():
    Path("own").mkdir()
    written(*[FLIGHT] * 8, path="own/train.iob")
    written(MEAL, path="own/test.txt")
    Path("own/README").write_text("what this is")
    found = load_sentences("own")
    assert found.sizes == {"train": 7, "valid": 1, "test": 1}
    assert found.test.words == (("dinner", "at", "DIGIT"),)
    written(MEAL, path="own/test")
    with pytest.raises(DataError, match=r"own: test and test\.txt are both files of test"):
        load_sentences("own")
    Path("own/train.iob").unlink()
    Path("own/test").unlink()
    with pytest.raises(DataError, match="holds no file called train"):
        load_sentences("own")


def test_words_seen_once_in_training_are_unknown_and_digits_are_digits():
    train = read_iob(
        written(FLIGHT, [("to", "O"), ("york", "B-city"), ("in", "O"), ("1984", "B-year")], [("1999", "O")])
    )
    test = read_iob(written([("new", "O"), ("to", "B-odd")], path="test.iob"))
    found = corpus("own", train, train, test)
    assert found.vocabulary.words == ("<UNK>", "DIGITDIGITDIGITDIGIT", "york")
    # A label of test alone has its place, though nothing can be learned of it.
    assert "B-odd" in found.classes
    assert as_known(["York", "1984", "new", "7"], found.vocabulary) == ["york", "DIGIT" * 4, "<UNK>", "<UNK>"]
    capitals = corpus("own", *[read_iob(written([("York", "O"), ("York", "O")]))] * 3)
    assert as_known(["York", "york"], capitals.vocabulary) == ["York", "<UNK>"]


def test_sentences_become_rows_padded_with_minus_one():
    rows = as_arrays([["a", "b"], ["c"]], {"a": 5, "b": 0}, 9)
    np.testing.assert_array_equal(rows, [[5, 0], [9, -1]])
    assert rows.dtype == np.int32
    assert as_arrays([], {}, 0).shape == (0, 0)
    with pytest.raises(DataError, match=r"sentence 2 has 1,001 words"):
        as_arrays([["a"], ["a"] * 1001], {}, 0)


def test_sentences_and_pictures_are_not_mixed_up():
    with pytest.raises(
        DataError, match="digits holds pictures, but labelled sentences are needed, as in atis"
    ):
        load_sentences("digits")
    with pytest.raises(
        DataError, match="atis holds labelled sentences, but pictures are needed, as in mnist"
    ):
        load("atis")
    with pytest.raises(DataError, match=r"did you mean 'atis'.* give the path of an IOB file"):
        load_sentences("attis")


SENTENCES = [
    ("Anna lives in Oslo", "B-PER O O B-LOC"),
    ("Ben Berg saw Rome", "B-PER I-PER O B-LOC"),
    ("they left New York", "O O B-LOC I-LOC"),
]


def tagged(columns, *, sep="\t", head="", blank="\n", label=lambda label: label):
    text = head
    for words, labels in SENTENCES * 5:
        pairs = zip(words.split(), labels.split(), strict=True)
        text += "".join(sep.join(columns(n, w, label(t))) + "\n" for n, (w, t) in enumerate(pairs, 1)) + blank
    return text


def plain(n, word, label):
    return [word, label]


def conllu(n, word, label):
    return [str(n), word, word.lower(), "NOUN", "NN", "_", "0", "root", "_", label]


LAYOUTS = {
    "tabs": ("a.iob", tagged(plain)),
    "blanks": ("a.txt", tagged(plain, sep=" ")),
    "commas": ("a.iob", tagged(plain, sep=",")),
    "CoNLL-2003": (
        "a.conll",
        tagged(lambda n, w, t: [w, "NN", "I-NP", t], sep=" ", head="-DOCSTART- -X- -X- O\n\n"),
    ),
    "CoNLL-U": ("a.conllu", tagged(conllu, head="# sent_id = 1\n# text = Anna lives in Oslo\n")),
    "numbers that are all 1": ("a.iob", tagged(lambda n, w, t: ["1", *conllu(n, w, t)[1:]])),
    "a line of names": ("a.tsv", tagged(plain, head="Token\tTag\n")),
    "named columns": ("a.tsv", tagged(lambda n, w, t: [t, "NN", w], head="ner\tpos\tword\n")),
    "BOM and lines of Windows": ("a.iob", "\ufeff" + tagged(plain).replace("\n", "\r\n")),
    "underscores": ("a.iob", tagged(plain, label=lambda t: t.replace("-", "_"))),
    "small letters": ("a.iob", tagged(plain, label=lambda t: t if t == "O" else t[0].lower() + t[1:])),
    "at the end": ("a.iob", tagged(plain, label=lambda t: t if t == "O" else f"{t[2:]}-{t[0]}")),
    "blank lines with blanks": ("a.iob", tagged(plain, blank=" \t \n")),
}


@pytest.mark.parametrize(("name", "content"), LAYOUTS.values(), ids=LAYOUTS)
def test_all_layouts_hold_the_same_sentences(name, content):
    Path(name).write_bytes(content.encode())
    found = read_iob(Path(name))
    assert found.words == tuple(tuple(words.split()) for words, _ in SENTENCES * 5)
    assert found.labels == tuple(tuple(labels.split()) for _, labels in SENTENCES * 5)


def test_sentences_counted_by_a_column_of_a_csv():
    rows = "Sentence #,Word,POS,Tag\n"
    for number, (words, labels) in enumerate(SENTENCES * 5):
        for n, (word, label) in enumerate(zip(words.split(), labels.split(), strict=True)):
            rows += f'{f"Sentence: {number}" if n == 0 else ""},"{word}",NN,{label}\n'
    Path("ner.csv").write_text(rows)
    assert read_iob(Path("ner.csv")).words == tuple(tuple(words.split()) for words, _ in SENTENCES * 5)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("B-X L-X U-Y O", "B-X E-X S-Y O"),
        ("B-X M-X E-X W-Y", "B-X I-X E-X S-Y"),
        ("PER PER O O O O O O O O", "I-PER I-PER O O O O O O O O"),
        ("B I O O", "B-phrase I-phrase O O"),
    ],
)
def test_other_schemes_are_written_as_iobes_and_said(labels, expected):
    line = "".join(f"word{n}\t{label}\n" for n, label in enumerate(labels.split()))
    Path("a.iob").write_text(f"{line}\n" * 9)
    corpus = load_sentences("a.iob")
    assert {one for split in corpus.splits.values() for one in split.labels} == {tuple(expected.split())}
    assert any(note.startswith("labels such as") for note in corpus.reading.notes)


def test_the_word_may_be_in_a_column_that_is_named():
    Path("a.iob").write_text(tagged(lambda n, w, t: [str(n * 7), "x", w, t]))
    with pytest.raises(
        DataError, match=r"all of its words are numbers, as '7'; name their column with --word-column"
    ):
        load_sentences("a.iob")
    corpus = load_sentences("a.iob", options=CorpusOptions(word_column=3))
    assert {"Anna", "Oslo"} <= set(corpus.vocabulary.words)
    with pytest.raises(DataError, match="has 4 columns, so --word-column 4 cannot be the word"):
        load_sentences("a.iob", options=CorpusOptions(word_column=4))


def test_a_word_keeps_its_unbroken_blank():
    Path("a.iob").write_text("Oslo\u00a0by\tB-LOC\nis\tO\n\n" * 9)
    assert read_iob(Path("a.iob")).words[0] == ("Oslo\u00a0by", "is")


@pytest.mark.parametrize(
    "names",
    [("eng.train", "eng.testa", "eng.testb"), ("x-train.conllu", "x-dev.conllu", "x-test.conllu")],
)
def test_files_are_splits_under_their_usual_names(names):
    Path("own").mkdir()
    for name in (*names, ".DS_Store", "README.md"):
        Path("own", name).write_text(tagged(plain))
    assert load_sentences("own").sizes == {"train": 15, "valid": 15, "test": 15}


def test_sentences_that_a_run_knew_stay_where_they_were():
    path = written(*[FLIGHT] * 10, *[MEAL] * 10)
    first = load_sentences(str(path))
    written(*[FLIGHT] * 10, *[MEAL] * 10, *[FLIGHT] * 9)
    again = load_sentences(str(path), splits=first.names)
    for part in first.splits:
        assert set(first.names[part]) <= set(again.names[part])
    assert "9 examples are new to the run" in again.reading.notes


TREEBANK = """# global.columns = ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC
# sent_id = 1
# text = Anna can't sleep.
1\tAnna\tAnna\tPROPN\tNNP\tNumber=Sing\t3\tnsubj\t_\t_
2-3\tcan't\t_\t_\t_\t_\t_\t_\t_\t_
2\tca\tcan\tAUX\tMD\t_\t4\taux\t_\t_
3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_
4\tsleep\tsleep\tVERB\tVB\t_\t0\troot\t_\tSpaceAfter=No
4.1\tmuch\tmuch\tADV\tRB\t_\t_\t_\t_\t_
5\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_

"""


def test_a_treebank_gives_parts_of_speech_and_any_column_by_name():
    Path("en-ud-train.conllu").write_text(TREEBANK * 6)
    found = read_iob(Path("en-ud-train.conllu"))
    assert found.words[0] == ("Anna", "ca", "n't", "sleep", ".")
    assert found.labels[0] == ("B-PROPN", "B-AUX", "B-PART", "B-VERB", "B-PUNCT")
    for column, labels in (
        ("XPOS", "NNP MD RB VB ."),
        ("deprel", "nsubj aux advmod root punct"),
        ("5", "NNP MD RB VB ."),
    ):
        options = CorpusOptions(label_column=column)
        assert read_iob(Path("en-ud-train.conllu"), options).labels[0] == tuple(
            f"B-{x}" for x in labels.split()
        )
    notes = load_sentences("en-ud-train.conllu").reading.notes
    assert any("those of UPOS, the 4th, are taken" in note for note in notes)
    assert "12 lines of joined or omitted words are left out" in notes
    assert "labels such as PROPN are written B-PROPN" in notes
    for column, message in (
        ("NER", "has no column 'NER'"),
        ("11", "so --label-column 11 cannot be the label"),
    ):
        with pytest.raises(DataError, match=message):
            load_sentences("en-ud-train.conllu", options=CorpusOptions(label_column=column))


def test_the_label_may_be_in_another_column():
    Path("a.conll").write_text(tagged(lambda n, w, t: [w, "NN", "I-NP", t], sep=" "))
    assert set(read_iob(Path("a.conll"), CorpusOptions(label_column="3")).labels[0]) == {"I-NP"}
    assert set(read_iob(Path("a.conll"), CorpusOptions(label_column="2")).labels[0]) == {"B-NN"}
    Path("b.tsv").write_text(tagged(lambda n, w, t: [w, "NN", t], head="word\tpos\tner\n"))
    assert set(read_iob(Path("b.tsv"), CorpusOptions(label_column="POS")).labels[0]) == {"B-NN"}
    assert read_iob(Path("b.tsv")).labels[0] == ("B-PER", "O", "O", "B-LOC")


@pytest.mark.parametrize("head", ["", "word\tpos\tner\n"])
@pytest.mark.parametrize("column", [0, -1, 9])
def test_a_column_of_words_that_is_not_there_is_refused(column, head):
    Path("b.tsv").write_text(tagged(lambda n, w, t: [w, "NN", t], head=head))
    with pytest.raises(DataError, match=r"b\.tsv.*--word-column"):
        read_iob(Path("b.tsv"), CorpusOptions(word_column=column))


def test_a_column_of_labels_beyond_those_that_are_named_is_refused():
    Path("b.tsv").write_text(tagged(lambda n, w, t: [w, "NN", t], head="word\tpos\tner\n"))
    with pytest.raises(
        DataError, match=r"b\.tsv: has no column 9 \(--label-column\); its first line names 3"
    ):
        read_iob(Path("b.tsv"), CorpusOptions(label_column="9"))


def test_words_with_a_part_of_speech_each_are_read_and_words_for_labels_are_not():
    Path("pos.txt").write_text("the\tDT\ndog\tNN\n\n" * 9)
    assert read_iob(Path("pos.txt")).labels[0] == ("B-DT", "B-NN")
    Path("pairs.txt").write_text("".join(f"word{chr(97 + n)}\tmot{chr(97 + n)}\n\n" for n in range(20)))
    with pytest.raises(DataError, match="the label 'mota' must be O, or one of"):
        read_iob(Path("pairs.txt"))


def test_sentences_in_json_lines():
    lines = [{"tokens": w.split(), "ner_tags": t.split()} for w, t in SENTENCES * 5]
    Path("a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = read_iob(Path("a.jsonl"))
    assert found.words == tuple(tuple(words.split()) for words, _ in SENTENCES * 5)
    assert found.labels == tuple(tuple(labels.split()) for _, labels in SENTENCES * 5)
    Path("b.jsonl").write_text(json.dumps({"tokens": ["Oslo"], "ner_tags": [3]}) + "\n{}")
    with pytest.raises(DataError, match=r"b.jsonl, object 1: its labels are \[3\]; write their names"):
        read_iob(Path("b.jsonl"))


def test_outer_labels_are_taken_where_the_inner_are_all_o_and_sources_are_left_out():
    rows = tagged(lambda n, w, t: [str(n), w, t, "O"], head="#\thttp://de.wikipedia.org [2010]\n")
    Path("germeval.tsv").write_text(rows)
    assert read_iob(Path("germeval.tsv")).labels[0] == ("B-PER", "O", "O", "B-LOC")
    notes = load_sentences("germeval.tsv").reading.notes
    assert "its last column holds O alone; the labels of column 3 are taken (--label-column)" in notes
    Path("tweets.tsv").write_text("#\tO\nOslo\tB-LOC\n\n" * 9)
    assert read_iob(Path("tweets.tsv")).words[0] == ("#", "Oslo")


def test_a_line_with_more_columns_than_most_is_named():
    lines = ["they O", "left O", "New York B-LOC", "Rome B-LOC", ""] * 9
    Path("a.txt").write_text("\n".join(lines))
    notes = load_sentences("a.txt").reading.notes
    assert any(note.startswith("line 3, 'New York B-LOC', has 3 columns where most have 2") for note in notes)
    Path("a.txt").write_text("\n".join(lines).replace(" O", "\tO").replace(" B-", "\tB-"))
    found = load_sentences("a.txt")
    assert ("they", "left", "New York", "Rome") in read_iob(Path("a.txt")).words
    assert not any("columns where most" in note for note in found.reading.notes)


def whole(row, times=5):
    return "".join(row(words.split(), labels.split()) + "\n" for words, labels in SENTENCES * times)


def quoted(values):
    return '"' + str(values) + '"'


WHOLE = {
    "all labels after a tab": ("a.txt", whole(lambda w, t: f"{' '.join(w)}\t{' '.join(t)}")),
    "with the intent of ATIS": (
        "a.iob",
        whole(lambda w, t: f"BOS {' '.join(w)} EOS\tO {' '.join(t)} flight"),
    ),
    "all labels in a cell": ("a.csv", "text,labels\n" + whole(lambda w, t: f'"{" ".join(w)}",{" ".join(t)}')),
    "lists of Python": (
        "a.csv",
        "Sentence #,Sentence,POS,Tag\n" + whole(lambda w, t: f"1,{' '.join(w)},{quoted(w)},{quoted(t)}"),
    ),
    "lists of words": ("a.csv", "tokens,ner_tags\n" + whole(lambda w, t: f"{quoted(w)},{quoted(t)}")),
    "texts beside objects": (
        "a.json",
        json.dumps(
            [
                ["Anna lives in Oslo", {"entities": [[0, 4, "PER"], [14, 18, "LOC"]]}],
                ["Ben Berg saw Rome", {"entities": [[0, 8, "PER"], [13, 17, "LOC"]]}],
                ["they left New York", {"entities": [[10, 18, "LOC"]]}],
            ]
            * 5
        ),
    ),
}
WHOLE["objects of an annotator"] = (
    "a.json",
    json.dumps(
        {"classes": ["PER", "LOC"], "annotations": [*json.loads(WHOLE["texts beside objects"][1]), None]}
    ),
)


@pytest.mark.parametrize(("name", "content"), WHOLE.values(), ids=WHOLE)
def test_lines_that_hold_a_sentence_are_cut_into_words(name, content):
    Path(name).write_text(content)
    found = read_iob(Path(name))
    assert found.words == tuple(tuple(words.split()) for words, _ in SENTENCES * 5)
    assert found.labels == tuple(tuple(labels.split()) for _, labels in SENTENCES * 5)
    assert kind_of(name) == "tags"


def test_lines_whose_words_and_labels_differ_in_number_are_told_or_refused():
    good = whole(lambda w, t: f"{' '.join(w)}\t{' '.join(t)}")
    Path("a.txt").write_text(good + "Anna left\tB-PER O O\n")
    assert "1 lines whose words and labels differ in number are left out, as line 16" in " ".join(
        load_sentences("a.txt").reading.notes
    )
    Path("a.txt").write_text(good.replace("Anna", "Miss Anna"))
    with pytest.raises(DataError, match=r"a\.txt, line 1: holds 5 words and 4 labels"):
        load_sentences("a.txt")


@pytest.mark.parametrize("tags", ["NNP VBZ IN NNP", "np vbz in np-tl", "np bez ` ."])
@pytest.mark.parametrize("blank", ["\n", "\n\n", "\n\n\n\t"])
def test_words_joined_with_their_tags_are_parted(tags, blank):
    words = ["Anna", "is/was", "``", "."]
    line = " ".join(f"{word}/{tag}" for word, tag in zip(words, tags.split(), strict=True))
    Path("brown.txt").write_text("\t" + blank.join([line] * 20) + "\n")
    found = read_iob(Path("brown.txt"))
    assert found.words == (tuple(words),) * 20
    assert found.labels == (tuple(f"B-{tag}" for tag in tags.split()),) * 20
    assert "joined with their tags" in " ".join(load_sentences("brown.txt").reading.notes)
    assert kind_of("brown.txt") == "tags"


def test_joined_words_may_stand_on_a_line_each():
    Path("a.pos").write_text("Anna/NNP\nleft/VBD\n\nBen/NNP\nsaw/VBD\nher/PRP\n\n" * 9)
    assert read_iob(Path("a.pos")).words[:2] == (("Anna", "left"), ("Ben", "saw", "her"))


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        ("{}/seq.in", "{}/seq.out"),
        ("{}.words.txt", "{}.tags.txt"),
        ("data/{}/sentences.txt", "data/{}/labels.txt"),
    ],
)
def test_words_in_one_file_and_labels_in_another(words, labels):
    for split, times in (("train", 5), ("valid", 1), ("test", 2)):
        for name, place in ((words, 0), (labels, 1)):
            file = Path("set") / name.removeprefix("data/").format(split)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(pair[place] + "\n" for pair in SENTENCES * times))
        if "/" in words:
            (Path("set") / split / "label").write_text("flight\n" * 3 * times)
    found = load_sentences("set")
    assert found.sizes == {"train": 15, "valid": 3, "test": 6}
    assert set(found.test.words) == {tuple(words.split()) for words, _ in SENTENCES}
    assert set(found.test.labels) == {tuple(labels.split()) for _, labels in SENTENCES}
    assert "holds the labels of each line of" in " ".join(found.reading.notes)
    assert kind_of("set") == "tags"


def test_a_pair_of_files_may_lie_alone_and_be_scored_alone():
    for place, name in enumerate(("seq.in", "seq.out")):
        Path("test").mkdir(exist_ok=True)
        Path("test", name).write_text("".join(pair[place] + "\n" for pair in SENTENCES * 3))
    assert load_sentences("test").sizes == {"train": 7, "valid": 1, "test": 1}
    assert load_sentences("test", splits=ToScore()).sizes == {"train": 0, "valid": 0, "test": 9}


def test_names_in_brackets_of_ontonotes_are_read():
    def line(place, word, names):
        return f"bc/x   0   {place}   {word}   NN   (TOP*   -   -   -   anna   {names}   -"

    text = ["#begin document (bc/x); part 000"]
    for _ in range(20):
        cells = [("Ben", "(PERSON*"), ("Berg", "*)"), ("saw", "*"), ("Rome", "(GPE)")]
        text += [*(line(n, word, names) for n, (word, names) in enumerate(cells)), ""]
    Path("a.gold_conll").write_text("\n".join([*text, "#end document"]))
    found = read_iob(Path("a.gold_conll"))
    assert found.words == (("Ben", "Berg", "saw", "Rome"),) * 20
    assert found.labels == (("B-PERSON", "I-PERSON", "O", "B-GPE"),) * 20
    spoken = read_iob(Path("a.gold_conll"), CorpusOptions(label_column="5"))
    assert set(spoken.labels) == {("B-NN",) * 4}


HOPELESS = {
    "no empty lines": (
        "a.txt",
        "Anna\tB-PER\nlives\tO\n</s>\tO\n" * 20,
        "is one sentence of 60 words, since no line is empty; put an empty line between sentences",
    ),
}


@pytest.mark.parametrize(("name", "content", "gist"), HOPELESS.values(), ids=HOPELESS)
def test_lines_that_hold_no_single_word_are_refused_with_what_to_write(name, content, gist):
    Path(name).write_text(content)
    with pytest.raises(DataError, match=gist):
        load_sentences(name)
