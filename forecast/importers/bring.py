"""Bring: from the files of a tracker, or from what was asked of it live, to a folder that can be forecast at once."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Of
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.dates import Dateish, read_date
from forecast.errors import Fault, Refused, did_you_mean, escape, quote
from forecast.importers.account import Imported, tell
from forecast.importers.days import looks_staged
from forecast.importers.github import read_records
from forecast.importers.import_toml import FILE, read_mapping, write_mapping
from forecast.importers.issue import Export, LeftOut
from forecast.importers.layout import SOURCES, TITLES, find_source, lay_out
from forecast.importers.mapping import Mapping
from forecast.importers.past import find_past
from forecast.importers.portfolio import Draft, look_back, write_files
from forecast.importers.proposal import propose
from forecast.importers.reading import Intake, RowReader, read_table, settle_days
from forecast.importers.scope import find_scope
from forecast.importers.sifting import sift
from forecast.importers.table import Numbers, Records, Table, open_file
from forecast.importers.waits import find_waits
from forecast.loading import LARGEST_TEXT, read_bytes, undisturbed
from forecast.phrases import say_count
from forecast.writing import write_folder

Name = str | os.PathLike[str]
DAY = dt.timedelta(days=1)
MOST_FILES = 1000


@undisturbed()
def import_files(
    files: Sequence[Name],
    out: Name,
    *,
    source: str = "",
    start: Dateish | None = None,
    columns: Of[str, str] | None = None,
    chosen: Of[str, Any] | None = None,
    force: bool = False,
    today: dt.date | None = None,
) -> Imported:
    """Makes a portfolio of files that a tracker exported: throughput.csv, items.csv, features.csv, roadmap.toml and more.

    source : which tracker they are from, a key of SOURCES; empty finds out
    start : first day of the forecast; None takes the working day after the newest that the files tell of
    columns : what is told -> the column that tells it: {"done": "Closed Date"}
    chosen : fields of a `Mapping` that go before what the data suggests: {"team": "area", "sprint_days": 7}
    force : overwrite files that are there

    Raises Fault or Refused when a file is no export that is known, when dates can mean two days, and when a file to be written is
    there already; then nothing has been written.
    """
    if not files:
        raise Fault("import", "no file", "name the files that the tracker exported")
    told = dict(chosen or {})
    if start is not None:
        told["start"] = read_date(start, "start")
    given = Mapping(source or "items", columns=dict(columns or {}), **told)
    day = told.get("start") or today or dt.date.today()
    paths = [Path(file) for file in files]
    reading = read_files(paths, source, given, day)
    if reading.needs_start:
        told["start"] = day if start is not None else day + (-day.weekday() % 7) * DAY
    mapping = propose(reading.export, None, told | {"columns": dict(columns or {})})
    return _write(reading.export, mapping, _spell_paths(paths, Path(out)), out, force, paths)


@undisturbed()
def import_again(folder: Name, *, force: bool = False) -> Imported:
    """Imports into a folder once more, from the files and with the mapping that its import.toml names.

    The same files and the same import.toml give the same bytes. import.toml itself is written only when the export holds
    something that it does not mention.

    force : overwrite files that differ from what would be written

    Raises Fault or Refused as `import_files` does.
    """
    path = Path(folder) / FILE
    shown = escape(str(path))
    text = read_bytes(path, shown, LARGEST_TEXT).decode("utf-8", "replace")
    given, files = read_mapping(text, shown)
    if given.source not in SOURCES:
        raise _refuse_source(given.source)
    if not files:
        raise Fault(shown, "files = []", "name the files of the export, as they are found from this folder")
    paths = [Path(folder) / file for file in files]
    reading = read_files(paths, given.source, given, given.start or dt.date.today())
    if reading.needs_start and given.start is None:
        raise Fault(shown, "start is missing", "the files tell no days, so it is needed: start = 2026-01-05")
    mapping = propose(reading.export, given)
    return _write(reading.export, mapping, files, folder, force, paths, text)


@dataclass(frozen=True)
class Read:
    """What was read from files.

    needs_start : the files count their days from the start of the forecast
    """

    export: Export
    needs_start: bool = False


def read_files(paths: Sequence[Path], source: str, given: Mapping, day: dt.date) -> Read:
    """The export in some files of one tracker; sheets of throughput may stand beside others.

    source : empty finds out
    given : columns and dates that a person decided
    day : from which relative days count

    Raises Fault for files of different trackers, and for one that is none that is known.
    """
    if source and source not in SOURCES:
        raise _refuse_source(source)
    opened = [open_file(path) for path in paths[:MOST_FILES]]
    kinds = [_find_kind(each, source, given) for each in opened]
    mains = sorted({kind for kind in kinds if kind != "throughput"})
    if len(mains) > 1:
        listed = ", ".join(f"{each.file} is {TITLES[kind]}" for each, kind in zip(opened, kinds, strict=True))
        raise Fault("import", "files of different trackers", f"import each into a folder of its own: {listed}")
    intake = Intake(mains[0] if mains else "throughput")
    needs_start = False
    for each, kind in zip(opened, kinds, strict=True):
        intake.files.append(each.file)
        for row in each.titles if isinstance(each, Table) else ():
            intake.rows += 1
            intake.left_out.add("it stands above the names of the columns", f"{each.file} row {row}")
        if isinstance(each, Numbers):
            _take_numbers(each, intake, given, day + (-day.weekday() % 7) * DAY if given.start is None else day)
            needs_start = True
        elif isinstance(each, Records):
            read_records(each.records, intake, each.file)
        elif kind == "throughput":
            _take_sprints(each, intake, given)
        else:
            read_table(each, intake, given.columns, given.wanted_columns(), given.dates, day)
    if not intake.issues and not intake.cycles:
        raise Fault(
            ", ".join(intake.files), "nothing to import", _say_left_out(intake.left_out.list()) or "it has no rows"
        )
    return Read(intake.export(), needs_start or intake.is_relative)


def _say_left_out(left_out: Iterable[LeftOut]) -> str:
    """Rows that were not used, by reason, each with an example."""
    said = []
    for each in left_out:
        example = f", such as {each.examples[0]}" if each.examples else ""
        said.append(f"{say_count(each.count, 'row')}: {each.why}{example}")
    return "; ".join(said)


def _find_kind(opened: Table | Records | Numbers, source: str, given: Mapping) -> str:
    """Which tracker a file is from. Raises Fault when none is recognised, or another was named that cannot be."""
    if isinstance(opened, Numbers):
        return "throughput"
    if isinstance(opened, Records):
        if source not in ("", "github"):
            raise Fault(opened.file, "JSON", f"{TITLES[source]} is read from CSV; issues of GitHub from JSON")
        return "github"
    found = find_source(opened.head)
    if found == "throughput" and source not in ("throughput", "items"):
        return found
    if source:
        return source
    if found in ("", "items") and looks_staged(opened):
        return "actionable"
    if not found and "done" in given.columns:
        return "items"
    if not found:
        named = ", ".join(quote(name) for name in opened.head[:8]) + (", ..." if len(opened.head) > 8 else "")
        way_out = f"it has the columns {named}; name the source, or say what they tell: --map done=COLUMN"
        raise Fault(opened.file, "no export that is known", way_out)
    return found


def _refuse_source(source: str) -> Fault:
    way_out = f"known are {', '.join(SOURCES)}.{did_you_mean(source, SOURCES)}"
    return Fault("import", f"source {quote(source)}", way_out)


def _take_numbers(numbers: Numbers, intake: Intake, given: Mapping, start: dt.date) -> None:
    """Counts of one team, the newest sprint ending on the day before the start."""
    length = given.sprint_days * DAY
    team = given.team.partition(":")[2] if given.team != Mapping("items").team else ""
    name = team or numbers.file.rpartition(".")[0] or "Team"
    for back, count in zip(range(len(numbers.counts), 0, -1), numbers.counts, strict=True):
        intake.rows += 1
        first = start - back * length
        intake.add_cycle(f"{first}", first, first + length - DAY, name, count)


def _take_sprints(table: Table, intake: Intake, given: Mapping) -> None:
    """The sprints of a sheet of throughput, with what was done in each."""
    columns = {role: column for role, column in given.columns.items() if role in SOURCES["throughput"]}
    layout = lay_out(table.file, "throughput", table.head, columns)
    days = settle_days(table, layout, intake, given.dates)
    reader = RowReader(table, layout, days, intake)
    intake.ignored += layout.ignored
    for row, cells in table.walk():
        intake.rows += 1
        fitted = reader.fit(row, cells)
        if fitted is None:
            intake.left_out.add("it has more cells than there are columns", f"{table.file} row {row}")
            continue
        reader.read_sprint(row, fitted)


def _spell_paths(paths: Sequence[Path], out: Path) -> tuple[str, ...]:
    """The files as they are found from the folder that is written."""
    spelt = []
    for path in paths:
        try:
            spelt.append(Path(os.path.relpath(path.resolve(), out.resolve())).as_posix())
        except ValueError:  # another drive
            spelt.append(path.resolve().as_posix())
    return tuple(spelt)


def draft_portfolio(export: Export, mapping: Mapping) -> tuple[Draft, Mapping]:
    """All that a portfolio is written from; and the mapping with what the data had to settle first.

    Raises Fault when the export tells of no day at all and the mapping names no start.
    """
    sifted = sift(export, mapping)
    start = mapping.start or _find_start(export, sifted.newest())
    scope, mapping = find_scope(export, mapping, sifted, start)
    waits = find_waits(mapping, sifted, scope)
    past = find_past(export, mapping, sifted, start)
    looks = look_back(sifted, scope, past, start) if mapping.feature != "none" else ()
    title = TITLES.get(export.source, export.source)
    return Draft(sifted, scope, waits, past, looks, start, mapping.sprint_days, mapping.unit, title), mapping


def _find_start(export: Export, newest: dt.date | None) -> dt.date:
    """The working day after the newest that is told."""
    days = [day for day in (export.day, newest) if day is not None]
    if not days:
        days = [cycle.end for cycle in export.cycles if cycle.done is not None]
    if not days:
        raise Fault(
            ", ".join(export.files) or "import", "no day is told", "say when the forecast starts: --start 2026-01-05"
        )
    first = max(days) + DAY
    return first + (7 - first.weekday()) * DAY if first.weekday() > 4 else first


def write_portfolio(
    export: Export,
    mapping: Mapping,
    files: Sequence[str],
    out: Name,
    *,
    force: bool = False,
    before: str | None = None,
    more: Sequence[str] = (),
) -> Imported:
    """Writes the portfolio that an export becomes into a folder, all files or none.

    files : how import.toml names what was read; nothing for what came live
    before : the import.toml with which it is imported again; it stays when nothing new was found
    more : further lines of a new import.toml

    Raises Fault or Refused when a file is there already and force is not given.
    """
    return _write(export, mapping, tuple(files), out, force, (), before, more)


def _write(
    export: Export,
    mapping: Mapping,
    files: Sequence[str],
    out: Name,
    force: bool,
    inputs: Sequence[Path],
    before: str | None = None,
    more: Sequence[str] = (),
) -> Imported:
    """As `write_portfolio`; inputs : the files that were read, which are not overwritten."""
    with undisturbed():
        draft, settled = draft_portfolio(export, mapping)
        texts = write_files(draft)
    texts[FILE] = write_mapping(settled, files, export) + "".join(f"{line}\n" for line in more)
    if before is not None and read_mapping(before)[0] == settled:
        texts[FILE] = before
    if not draft.used_teams():
        left_out = _say_left_out(export.left_out) or "nothing was read"
        raise Fault(", ".join(export.files) or "import", "no team has anything done or to do", left_out)
    folder = Path(out)
    same = {name for name, text in texts.items() if _holds(folder / name, text)}
    if not force:
        _check_free([folder / name for name in texts if name not in same])
    write_folder(out, {name: text for name, text in texts.items() if name not in same}, force=True, inputs=inputs)
    return Imported(tell(export, settled, draft), tuple(folder / name for name in texts), settled)


def _check_free(paths: Sequence[Path]) -> None:
    there = [path for path in paths if os.path.lexists(path)]
    if there:
        way_out = "it would be another one now; choose another folder, or --force overwrites it"
        raise Refused(Fault(escape(str(path)), "it is there already", way_out) for path in there)


def _holds(path: Path, text: str) -> bool:
    try:
        return path.is_file() and path.read_bytes() == text.encode("utf-8", "backslashreplace")
    except OSError:
        return False
