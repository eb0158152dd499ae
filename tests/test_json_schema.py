"""The JSON Schema of roadmap.toml: a description for every key, right where the reader is, and no false alarm."""

from __future__ import annotations

import copy
import datetime as dt
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from helpers import SEED, SHARED_DATA
from jsonschema import Draft202012Validator
from test_files import FULL_TOML

import forecast as fc
from forecast import schema
from forecast.cli import cli

EXAMPLE = Path(__file__).parents[1] / "data" / "example"
HEAD = "start = 2026-01-05\nhistory = { Web = [3, 5, 2] }\n"
CHECKER = Draft202012Validator(fc.roadmap_schema())


def plain(value: Any) -> Any:
    """A document as an editor hands it to the schema: dates as texts."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def marks(document: dict[str, Any]) -> list[str]:
    """What an editor would mark."""
    return [error.json_path for error in CHECKER.iter_errors(plain(document))]


def keys(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of every table, and what the schema says of it."""
    for table, described in {"": made, **made["$defs"]}.items():
        yield table, described
        for key, value in described["properties"].items():
            yield f"{table}.{key}", value


def undescribed(made: dict[str, Any]) -> list[str]:
    return [name for name, said in keys(made) if len(said.get("description", "").split()) < 2]


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(fc.roadmap_schema())
    assert fc.roadmap_schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert json.loads(json.dumps(fc.roadmap_schema())) == fc.roadmap_schema()
    assert "null" not in json.dumps(fc.roadmap_schema())  # which TOML does not know


def test_every_key_is_described() -> None:
    made = fc.roadmap_schema()
    tables = [getattr(schema, name) for name in dir(schema) if name.endswith("Table") and name != "Table"]
    assert len(tables) == 8
    assert {name for name, _ in keys(made)} >= {
        f"{t.__name__}.{key}" for t in tables[:-1] for key in t.model_fields
    } - {f"RoadmapTable.{key}" for key in schema.RoadmapTable.model_fields}
    assert set(made["properties"]) == set(schema.RoadmapTable.model_fields)
    assert undescribed(made) == []


def test_a_key_without_a_description_is_found() -> None:
    made = fc.roadmap_schema()
    del made["$defs"]["PartTable"]["properties"]["done"]["description"]
    del made["$defs"]["RiskTable"]["description"]
    assert sorted(undescribed(made)) == ["PartTable.done", "RiskTable"]


def test_good_roadmaps_are_not_marked() -> None:
    assert marks(tomllib.loads((EXAMPLE / "roadmap.toml").read_text(encoding="utf-8"))) == []
    assert marks(tomllib.loads(FULL_TOML)) == []
    assert marks(tomllib.loads(HEAD + 'features = "features.csv"\nthroughput = "bootstrap"\n')) == []


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason=f"no real portfolios in {SHARED_DATA}")
def test_real_roadmaps_are_not_marked() -> None:
    found = sorted(SHARED_DATA.glob("titanium-*/roadmap.toml"))
    assert found
    for path in found:
        assert marks(tomllib.loads(path.read_text(encoding="utf-8"))) == [], path


@pytest.mark.parametrize(
    "text",
    [
        "sprintdays = 14\n",
        "sprint_days = 0\n",
        "sprint_days = 1.5\n",
        "promise_level = 85\n",
        'handoff = "later"\n',
        'unit = "hours"\n',
        "growth = [1.0, 1.2]\n",
        "growth = -1\n",
        "days_off = 2026-01-19\n",
        'features = "features.csv"\n[[feature]]\nname = "F"\n',
        '[[team]]\nname = "Web"\nwipp = 1\n',
        '[[team]]\nname = "Web"\nwip = 0\n',
        '[[team]]\nname = "Web"\nshare = 80\n',
        '[[team]]\nname = "Web"\ncapacity = [{ start = 2026-01-05 }]\n',
        '[[team]]\nname = "Web"\nallocation = { Grow = 60 }\n',
        "[[team]]\nwip = 1\n",
        '[team]\nname = "Web"\n',
        '[[feature]]\nname = "F"\nwork = { Web = "8" }\n',
        '[[feature]]\nname = "F"\nwork = { Web = [3, 5] }\n',
        '[[feature]]\nname = "F"\nwork = { Web = { siz = 8 } }\n',
        '[[feature]]\nname = "F"\nwork = { Web = { size = 8, done = -1 } }\n',
        '[[feature]]\nname = "F"\nwork = { Web = { size = 8, shape = "flat" } }\n',
        '[[feature]]\nname = "F"\nwork = { Web = 8 }\ndays = 3\n',
        '[[feature]]\nname = ""\n',
        '[[feature]]\nname = "F"\nafter = "Login"\n',
        '[[feature]]\nname = "F"\nafter = [{ team = "Web" }]\n',
        '[[feature]]\nname = "F"\ndue = 5\n',
        '[[feature]]\nname = "F"\nstarted = "yes"\n',
        '[[feature]]\nname = "F"\n[[risk]]\nname = "R"\nchance = 30\ndelays = { F = 3 }\n',
        '[[feature]]\nname = "F"\n[[risk]]\nname = "R"\ndelays = { F = 3 }\n',
        '[[feature]]\nname = "F"\n[[risk]]\nname = "R"\nchance = 0.3\ndelay = { F = 3 }\n',
    ],
)
def test_what_is_wrong_is_marked_and_refused(tmp_path: Path, text: str) -> None:
    assert marks(tomllib.loads(HEAD + text))
    (tmp_path / "roadmap.toml").write_text(HEAD + text + ("" if "[[feature]]" in text else '[[feature]]\nname = "F"\n'))
    with pytest.raises(fc.Refused):
        fc.read(tmp_path)


def test_what_is_missing_is_marked() -> None:
    assert len(marks({})) == 2


# No false alarm ------------------------------------------------------------------------------------------------------------

VALUES: list[Any] = [
    *(0, 1, 14, 85, 0.5, 1.0, -1, 1e300, True, "", "Web", "Login", "Login/API", "2026-05-01", "immediate", "points"),
    *([], [1, 2, 3], [0.5], ["Login"], [dt.date(2026, 5, 1)], dt.date(2026, 5, 1)),
    *({}, {"Web": 3}, {"feature": "Login"}, {"size": 3, "done": 1}, {"Checkout": [1, 2, 3]}),
]


def as_toml(value: Any) -> str:
    """A value as it is written in TOML, tables in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {as_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(each) for each in value) + "]"
    return value.isoformat() if isinstance(value, dt.date) else json.dumps(value)


def places(value: Any, *before: Any) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield (*before, key)
        yield from places(each, *before, key)


def test_nothing_that_is_read_is_marked(tmp_path: Path) -> None:
    """Values of a full roadmap replaced by 27 others, one in five (another fifth by another seed of the tests): what the
    reader takes, no editor may mark."""
    document = tomllib.loads(FULL_TOML)
    taken = marked = 0
    for number, place in enumerate(places(document)):
        for value in VALUES[(number + SEED) % 5 :: 5]:
            changed = copy.deepcopy(document)
            inside: Any = changed
            for key in place[:-1]:
                inside = inside[key]
            inside[place[-1]] = value
            text = "".join(f"{json.dumps(key)} = {as_toml(each)}\n" for key, each in changed.items())
            (tmp_path / "roadmap.toml").write_text(text, encoding="utf-8")
            try:
                fc.read(tmp_path)
            except fc.Refused:
                marked += bool(marks(changed))
            else:
                taken += 1
                assert marks(changed) == [], text
    assert taken > 30
    assert marked > 200


# The command ---------------------------------------------------------------------------------------------------------------


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(cli, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == fc.roadmap_schema()
    assert result.stderr == ""


def test_the_command_takes_nothing() -> None:
    assert CliRunner().invoke(cli, ["schema", "data"]).exit_code == 2
