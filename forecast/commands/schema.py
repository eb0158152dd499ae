"""`forecast schema`: what editors need to know of roadmap.toml."""

from __future__ import annotations

import json

import click

from forecast.options import write


@click.command(short_help="Print the JSON Schema of roadmap.toml, for editors.")
def schema() -> None:
    """Print the JSON Schema of roadmap.toml, for editors.

    An editor that knows it completes keys, shows what they mean and marks what is wrong. Taplo and the TOML extension of
    VS Code look for it in the first line of the file:

    \b
    forecast schema > mine/roadmap.schema.json
    #:schema ./roadmap.schema.json
    """
    from forecast.json_schema import roadmap_schema

    write(json.dumps(roadmap_schema(), indent=2, ensure_ascii=False) + "\n")
