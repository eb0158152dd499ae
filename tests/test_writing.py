"""Writing files: whole or not at all, and never over something else."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from forecast import writing
from forecast.errors import Fault, Refused
from forecast.writing import write_file, write_folder


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_text_is_written_as_utf_8_with_its_own_line_ends(tmp_path: Path) -> None:
    write_file(tmp_path / "a.txt", "Zürich\r\nB\n")
    write_file(tmp_path / "b.bin", b"\x00\xff")
    assert listing(tmp_path) == {"a.txt": "Zürich\r\nB\n".encode(), "b.bin": b"\x00\xff"}


def test_what_is_there_is_overwritten_by_force_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(Fault) as refusal:
        write_file(tmp_path / "a.txt", "new")
    assert str(refusal.value) == f"{tmp_path}/a.txt: it is there already; choose another name; --force overwrites it"
    assert listing(tmp_path) == {"a.txt": b"old"}
    write_file(tmp_path / "a.txt", "new", force=True)
    assert listing(tmp_path) == {"a.txt": b"new"}


@pytest.mark.parametrize("is_linked", [False, True])
def test_an_input_is_not_overwritten_even_by_force(tmp_path: Path, is_linked: bool) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "in.csv"
    source.write_text("precious")
    if is_linked:
        target = tmp_path / "out.csv"
        target.symlink_to(source)
    with pytest.raises(Fault, match="this is one of the files that are read"):
        write_file(target, "x", force=True, inputs=[tmp_path / "absent.csv", source])
    assert source.read_text() == "precious"


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    write_file(tmp_path / "link.txt", "new", force=True)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_new_files_have_the_usual_rights_and_old_ones_keep_theirs(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_file(tmp_path / "new", "x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    (tmp_path / "usual").chmod(0o640)
    write_file(tmp_path / "usual", "x", force=True)
    assert stat.S_IMODE((tmp_path / "usual").stat().st_mode) == 0o640


def refusal_of(path: Path, content: str = "x") -> str:
    with pytest.raises(Fault) as refusal:
        write_file(path, content)
    return str(refusal.value).removeprefix(f"{path.parent}/")


def test_places_where_no_file_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert refusal_of(tmp_path / "folder") == "folder: it is a folder; name a file"
    assert refusal_of(tmp_path / "none" / "a") == "a: not written; there is no such folder; make it first"
    way_out = "a part of this path is a file, not a folder; choose another place"
    assert refusal_of(tmp_path / "file" / "a") == f"a: not written; {way_out}"
    assert refusal_of(tmp_path / ("x" * 300)).endswith(": not written; the name is too long; choose a shorter one")
    assert refusal_of(tmp_path / "a\0b").startswith("a\\x00b: not written; this is no path")
    assert "circle: not written" in refusal_of(tmp_path / "circle")
    assert sorted(listing(tmp_path)) == ["file"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Fault, match="it is a device or a pipe; name a plain file"):
        write_file(tmp_path / "pipe", "x", force=True)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "old.txt").write_text("old")
    monkeypatch.setattr(writing.os, "fsync", fail)
    with pytest.raises(Fault) as refusal:
        write_file(tmp_path / "old.txt", "new", force=True)
    assert str(refusal.value) == f"{tmp_path}/old.txt: not written; the disk is full; make room and try again"
    with pytest.raises(Fault, match="the disk is full"):
        write_folder(tmp_path / "a" / "b", {"x": "1", "c/y": "2"})
    assert listing(tmp_path) == {"old.txt": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a limit on the size of files is set as on Linux")
def test_a_file_that_the_system_cuts_off_is_not_left_half_written(tmp_path: Path) -> None:
    """A real limit of the system in another process: no file larger than 4096 bytes."""
    script = (
        "import resource, signal, sys\n"
        "from forecast.writing import write_file\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n    write_file(sys.argv[1], 'x' * 100_000)\nexcept ValueError as fault:\n    print(fault)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert done.stdout == f"{tmp_path}/a.txt: not written; the file would be larger than is allowed here\n"
    assert listing(tmp_path) == {}


def test_a_folder_is_written_whole_and_made_when_absent(tmp_path: Path) -> None:
    write_folder(tmp_path / "a" / "b", {"x.toml": "1", "charts/y.svg": b"2"})
    assert listing(tmp_path) == {"a/b/x.toml": b"1", "a/b/charts/y.svg": b"2"}
    write_folder(tmp_path / "a" / "b", {"z.txt": "3"})
    assert listing(tmp_path / "a" / "b") == {"x.toml": b"1", "charts/y.svg": b"2", "z.txt": b"3"}


def test_a_folder_is_not_written_when_one_name_is_taken_and_all_that_are_taken_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path, {"a": "old", "b": "old", "c/d": "old"})
    with pytest.raises(Fault) as refusal:
        write_folder(tmp_path, {"new": "1", "a": "1", "c": "1", "b": "1"})
    faults = Refused([refusal.value, *refusal.value.others])
    assert str(faults).splitlines() == [
        f"{tmp_path}/a: it is there already; choose another name; --force overwrites it",
        f"{tmp_path}/c: it is a folder; name a file",
        f"{tmp_path}/b: it is there already; choose another name; --force overwrites it",
    ]
    before = {"a": b"old", "b": b"old", "c/d": b"old"}
    assert listing(tmp_path) == before
    write_folder(tmp_path, {"new": "1", "a": "1"}, force=True)
    assert listing(tmp_path) == before | {"new": b"1", "a": b"1"}


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_folder_that_fails_on_the_way_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    write_folder(tmp_path, {"a": "old", "b": "old"})
    puts = 0
    put = writing._put

    def fail(draft: Path, target: Path, force: bool) -> None:
        nonlocal puts
        puts += 1
        if puts == failing:
            raise OSError(errno.EACCES, "Permission denied")
        put(draft, target, force)

    monkeypatch.setattr(writing, "_put", fail)
    with pytest.raises(Fault, match="there is no permission to write there"):
        write_folder(tmp_path, {"a": "new", "c": "new", "b": "new"}, force=True)
    assert puts == failing
    assert listing(tmp_path) == {"a": b"old", "b": b"old"}


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "", "C:\\a"])
def test_files_of_a_folder_lie_in_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(Fault, match="name a file in the folder"):
        write_folder(tmp_path / "out", {"good": "1", name: "1"})
    assert listing(tmp_path) == {}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(Fault, match="a file has this name; name a folder"):
        write_folder(tmp_path / "a", {"b": "1"})
    with pytest.raises(Fault, match="a part of this path is a file"):
        write_folder(tmp_path / "a" / "b", {"c": "1"})


def test_two_writers_at_once_do_not_mix(tmp_path: Path) -> None:
    """Of twenty threads exactly one gets the name, whole, and the others are told."""
    told: list[str] = []

    def write(number: int) -> None:
        try:
            write_file(tmp_path / "a", f"{number:06}" * 10_000)
        except Fault as fault:
            told.append(fault.value)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["it is there already"] * 19
    (content,) = listing(tmp_path).values()
    assert content == content[:6] * 10_000


def test_a_draft_that_was_left_by_a_crash_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / ".a.part").write_text("left")
    write_file(tmp_path / "a", "new")
    assert listing(tmp_path) == {".a.part": b"left", "a": b"new"}
