"""The JSON Schema of roadmap.toml, by which editors complete its keys, show what they mean and mark what is wrong.

It is made from the tables of `schema`, by which the file is read, so that the two cannot differ in their keys.
"""

from __future__ import annotations

from typing import Any

from forecast.schema import RoadmapTable

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NO_WORK = {"not": {"required": ["work", "days"]}}
ONE_LIST = {"not": {"required": ["features", "feature"]}}


def roadmap_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of roadmap.toml as plain values, with a description for every key.

    An editor that follows it accepts what `read` accepts, save for names: whether they exist, `read` alone can say.
    """
    made: dict[str, Any] = _tidy(RoadmapTable.model_json_schema())
    made["$defs"]["FeatureTable"] |= NO_WORK
    return {"$schema": DIALECT, "title": "roadmap.toml"} | made | ONE_LIST


def _tidy(schema: Any) -> Any:
    """The schema without what says nothing in TOML: null, titles made from keys, and the line breaks of docstrings."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    if "default" in tidy and tidy["default"] is None:
        del tidy["default"]
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].replace("`", "").split())
    options = [each for each in tidy.get("anyOf", ()) if each != {"type": "null"}]
    if len(options) == 1:
        del tidy["anyOf"]
        tidy = options[0] | tidy
    return tidy
