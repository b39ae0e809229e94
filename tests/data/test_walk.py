"""Which files of a folder count."""

from pathlib import Path

import pytest

from harmonium.data.walk import passed_over, walk


def lay(*names):
    for name in names:
        path = Path("mine") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_files_are_found_by_their_suffix_in_any_case_and_in_order():
    lay("b/2.PNG", "b/10.png", "a/1.Png", "a/notes.txt", "a/README")
    walked = walk(Path("mine"), {".png"}, "pictures")
    assert [walked.relative(path) for path in walked.files] == [
        ("a", "1.Png"),
        ("b", "10.png"),
        ("b", "2.PNG"),
    ]
    assert walked.skipped == {"not pictures (.txt)": 1, "not pictures (no suffix)": 1}


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "._1.png",
        "Thumbs.db",
        "desktop.ini",
        "~$1.png",
        "__MACOSX",
        ".ipynb_checkpoints",
        "1.png~",
        "Icon\r",
    ],
)
def test_what_systems_leave_behind_is_passed_over(name):
    assert passed_over(name)
    assert not passed_over(name.replace(".", "x").replace("_", "y").replace("~", "z") + "1")


def test_hidden_files_are_counted_also_inside_hidden_folders():
    lay(
        "a/1.png",
        "a/._1.png",
        "a/.ipynb_checkpoints/1.png",
        "a/.ipynb_checkpoints/2.png",
        "__MACOSX/a/._1.png",
    )
    walked = walk(Path("mine"), {".png"}, "pictures")
    assert len(walked.files) == 1
    assert walked.skipped == {"hidden or left behind by a system": 4}


def test_links_are_followed_to_files_and_folders_but_not_in_circles():
    lay("a/1.png")
    Path("elsewhere").mkdir()
    Path("elsewhere/2.png").write_text("x")
    Path("mine/b").symlink_to(Path("elsewhere").absolute())
    Path("mine/a/3.png").symlink_to(Path("elsewhere/2.png").absolute())
    Path("elsewhere/round").symlink_to(Path("mine").absolute())
    Path("mine/a/gone.png").symlink_to("nowhere.png")
    walked = walk(Path("mine"), {".png"}, "pictures")
    assert sorted(path.name for path in walked.files) == ["1.png", "2.png", "3.png"]
    assert walked.skipped == {"links to nothing, pipes or devices": 1}


def test_empty_folders_are_told():
    lay("a/1.png", "b/notes.txt")
    Path("mine/c").mkdir()
    assert [path.name for path in walk(Path("mine"), {".png"}, "pictures").empty] == ["b", "c"]
