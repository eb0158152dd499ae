"""Account: what an import made of an export, told in full: what was read, used and left out, and what looks odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.errors import escape
from forecast.importers.issue import Export, LeftOut
from forecast.importers.layout import TITLES
from forecast.importers.mapping import Mapping
from forecast.importers.portfolio import Draft
from forecast.importers.sifting import DELIVERED, DISCARDED, OPEN
from forecast.phrases import say_name

SCHEMA = 1


@dataclass(frozen=True)
class Imported:
    """What became of an export.

    told : everything, as `to_dict` gives it
    files : the files that were written
    mapping : how the export was understood
    """

    told: dict[str, Any]
    files: tuple[Path, ...]
    mapping: Mapping

    def to_dict(self) -> dict[str, Any]:
        """What `--json` prints: rows, items, teams, features, links, what was left out and what is odd, the mapping."""
        return self.told | {"written": [escape(str(path)) for path in self.files]}


def tell(export: Export, mapping: Mapping, draft: Draft) -> dict[str, Any]:
    """The account of an import, but for the files that were written; every text in it is safe to print."""
    sifted, scope, waits = draft.sifted, draft.scope, draft.waits
    states = Counter(sifted.state)
    strange = (*export.strange, *sifted.strange.list(), *scope.strange.list(), *draft.past.strange.list())
    return {
        "schema": SCHEMA,
        "source": export.source,
        "tracker": TITLES.get(export.source, export.source),
        "files": list(export.files),
        "start": draft.start.isoformat(),
        "rows": export.rows,
        "issues": len(export.issues),
        "items": {"open": states[OPEN], "delivered": states[DELIVERED], "discarded": states[DISCARDED]},
        "left_out": _list([*export.left_out, *sifted.left_out.list()]),
        "strange": _list(strange),
        "ignored_columns": list(export.ignored),
        "teams": [_tell_team(name, draft) for name in draft.used_teams()],
        "features": {
            "planned": [_tell_feature(rank, draft) for rank in range(len(scope.planned))],
            "over": len(scope.over),
            "looks": len(draft.looks),
            "finished": len({look.feature for look in draft.looks if not look.is_open}),
        },
        "links": {
            "read": waits.read,
            "kept": waits.kept,
            "left_out": _list(waits.left_out.list()),
            "kinds": [
                {"kind": say_name(kind), "count": count, "outward": mapping.links.get(kind, "no")}
                for kind, count in sorted(waits.kinds.items())
            ],
        },
        "mapping": _tell_mapping(mapping),
    }


def _list(left_out: Iterable[LeftOut]) -> list[dict[str, Any]]:
    return [
        {"why": each.why, "count": each.count, "examples": list(each.examples), "cases": each.cases}
        for each in left_out
    ]


def _tell_team(name: str, draft: Draft) -> dict[str, Any]:
    sprints = [sprint for sprint in draft.past.sprints if sprint.team == name]
    done = [sprint.done for sprint in sprints]
    share, guess = draft.shares.get(name), draft.guesses.get(name)
    return {
        "name": say_name(name),
        "sprints": len(sprints),
        "first": sprints[0].start.isoformat() if sprints and sprints[0].start else None,
        "last": sprints[-1].end.isoformat() if sprints and sprints[-1].end else None,
        "done": sum(done),
        "mean": sum(done) / len(done) if done else None,
        "share_on_features": share,
        "guess": list(guess) if guess else None,
    }


def _tell_feature(rank: int, draft: Draft) -> dict[str, Any]:
    each = draft.scope.planned[rank]
    return {
        "name": say_name(each.name),
        "key": say_name(each.key),
        "due": each.due.isoformat() if each.due else None,
        "parts": [
            {
                "team": say_name(draft.sifted.teams[part.team]),
                "items": part.total if not part.estimate else None,
                "done": part.done,
                "estimate": list(part.estimate) or None,
            }
            for part in each.parts
        ],
        "after": sum(len(ends) for end, ends in draft.waits.after.items() if end[0] == rank),
    }


def _tell_mapping(mapping: Mapping) -> dict[str, Any]:
    texts = {
        name: [say_name(value) for value in getattr(mapping, name)]
        for name in ("features", "items", "left_out", "done", "open", "discarded", "delivered", "not_delivered")
    }
    return {
        "team": say_name(mapping.team),
        "feature": say_name(mapping.feature),
        "rank": mapping.rank,
        "unit": mapping.unit,
        "sprints": mapping.sprints,
        "sprint_days": mapping.sprint_days,
        **texts,
        "empty": list(mapping.empty or ()),
        "loose": say_name(mapping.loose),
    }
