"""Writing: files that are there whole or not at all, and never in the place of something else by mistake."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from forecast.errors import Fault, escape

if TYPE_CHECKING:
    from polars import DataFrame

Name = str | os.PathLike[str]

REASONS = {
    errno.ENOSPC: "the disk is full; make room and try again",
    errno.EDQUOT: "the disk quota is used up; make room and try again",
    errno.EFBIG: "the file would be larger than is allowed here",
    errno.EACCES: "there is no permission to write there; choose another place",
    errno.EPERM: "there is no permission to write there; choose another place",
    errno.EROFS: "nothing can be written there; choose another place",
    errno.ENOENT: "there is no such folder; make it first",
    errno.ENOTDIR: "a part of this path is a file, not a folder; choose another place",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def write_file(path: Name, content: str | bytes, *, force: bool = False, inputs: Iterable[Name] = ()) -> None:
    """Writes one file, whole or not at all; a text as UTF-8 with its line ends as they are.

    The content goes to a file beside it first, is flushed to the disk and then takes the name in one step.

    force : overwrite a file that is there
    inputs : files that were read; they are not overwritten, not even by force

    Raises Fault when it is there already, or cannot be written; then nothing has changed.
    """
    target = _find_target(path)
    _check_free(target, escape(str(path)), force, inputs)
    with _told(path), _draft(target) as draft:
        _fill(draft, content)
        _put(draft, target, force)
        _flush_folder(target.parent)


def write_folder(
    path: Name, files: Mapping[str, str | bytes], *, force: bool = False, inputs: Iterable[Name] = ()
) -> None:
    """Writes several files into a folder, all of them or none; the folder, and those above it, are made when absent.

    files : name in the folder -> content, as for `write_file`; "charts/dates.svg" lies in a folder below
    force : overwrite files that are there; what else is in the folder stays

    Raises Fault as `write_file` does, with all that is in the way; then nothing has changed.
    """
    folder = _find_target(path)
    with _told(path):
        if folder.exists() and not folder.is_dir():
            raise Fault(escape(str(path)), "a file has this name", "name a folder")
    targets = {folder / _check_inside(name): content for name, content in files.items()}
    faults = []
    for target in targets:
        try:
            _check_free(_find_target(target), escape(str(target)), force, inputs)
        except Fault as fault:
            faults.append(fault)
    if faults:
        faults[0].others = tuple(faults[1:])
        raise faults[0]
    with _told(path), contextlib.ExitStack() as undone:
        for parent in sorted({target.parent for target in targets} | {folder}):
            undone.enter_context(_made(parent))
        drafts = {target: undone.enter_context(_draft(target)) for target in map(_find_target, targets)}
        for draft, content in zip(drafts.values(), targets.values(), strict=True):
            _fill(draft, content)
        for target, draft in drafts.items():
            undone.enter_context(_placed(draft, target, force))
        for parent in {target.parent for target in drafts}:
            _flush_folder(parent)


def as_csv(table: DataFrame) -> str:
    """A table as CSV. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    import polars as pl

    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    risky = {name: pl.col(name).str.contains(r"^[=+\-@\t\r]") for name in texts}
    safe = [pl.when(risky[name]).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name) for name in texts]
    return table.with_columns(safe).write_csv()


def _check_inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if not path.parts or ".." in path.parts or path.is_absolute() or PureWindowsPath(name).anchor:
        raise Fault(escape(name), "not a name in the folder", "name a file in the folder, or below it")
    return path


def _find_target(path: Name) -> Path:
    """The file that is meant, symbolic links followed."""
    with _told(path):
        return Path(path).resolve()


def _check_free(target: Path, shown: str, force: bool, inputs: Iterable[Name]) -> None:
    with _told(shown):
        for each in inputs:
            if _is_same(target, Path(each)):
                raise Fault(shown, "this is one of the files that are read", "choose another name for the output")
        if target.is_dir():
            raise Fault(shown, "it is a folder", "name a file")
        if target.exists() and not target.is_file():
            raise Fault(shown, "it is a device or a pipe", "name a plain file")
        if target.exists() and not force:
            raise Fault(shown, "it is there already", "choose another name; --force overwrites it")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


@contextlib.contextmanager
def _told(path: Name) -> Iterator[None]:
    """What the system says against it becomes a Fault."""
    try:
        yield
    except OSError as error:
        reason = REASONS.get(error.errno or 0) or escape(str(error.strerror or error))
        raise Fault(escape(str(path)), "not written", reason) from None
    except (ValueError, RuntimeError) as error:  # a NUL in the path, a circle of links
        if isinstance(error, Fault):
            raise
        raise Fault(escape(str(path)), "not written", f"this is no path: {escape(str(error))}") from None


@contextlib.contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """An empty file beside the target, under a name that nobody uses; it is removed in the end."""
    for number in count():
        draft = target.with_name(f".{target.name[:40]}.part{number or ''}")
        with contextlib.suppress(FileExistsError):
            draft.open("xb").close()
            break
    try:
        yield draft
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _fill(draft: Path, content: str | bytes) -> None:
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _put(draft: Path, target: Path, force: bool) -> None:
    if force:
        with contextlib.suppress(OSError):
            shutil.copymode(target, draft)
        draft.replace(target)
        return
    try:
        target.hardlink_to(draft)  # unlike a renaming, this never replaces what came there in the meantime
    except FileExistsError:
        raise Fault(escape(str(target)), "it is there already", "choose another name; --force overwrites it") from None
    except OSError:
        draft.replace(target)  # a disk that knows no links


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[None]:
    """The folder and those above it; those that were made are removed when something fails."""
    absent = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in absent:
            with contextlib.suppress(OSError):
                each.rmdir()
        raise


@contextlib.contextmanager
def _placed(draft: Path, target: Path, force: bool) -> Iterator[None]:
    """The draft takes the name of the target; what was there before comes back when something fails later."""
    with _draft(target) as old:
        is_there = force and target.exists()
        if is_there:
            shutil.copy2(target, old)
        _put(draft, target, force)
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError):
                old.replace(target) if is_there else target.unlink()
            raise


def _flush_folder(folder: Path) -> None:
    """The new names reach the disk too, where the system can be asked for that."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
