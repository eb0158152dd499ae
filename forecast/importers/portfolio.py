"""Portfolio: the files that an export becomes, as texts, to be edited and to be forecast at once."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from forecast.feature import Feature
from forecast.history import LEAST_SPRINTS, Sprint
from forecast.importers.family import NOBODY
from forecast.importers.past import Past
from forecast.importers.scope import Part, Planned, Scope
from forecast.importers.sifting import DELIVERED, DISCARDED, NO_DAY, OPEN, Sifted
from forecast.importers.waits import WHOLE, Waits
from forecast.items import Item
from forecast.looks import Look
from forecast.phrases import say_count, say_share
from forecast.retrospect import find_looks
from forecast.roadmap import Roadmap
from forecast.team import Team

FEATURE_COLUMNS = ("feature", "team", "items", "low", "likely", "high", "done", "after", "due")
ITEM_COLUMNS = ("team", "item", "feature", "created", "done", "delivered")
SPRINT_COLUMNS = ("team", "sprint", "start", "end", "done")
FINISHED_COLUMNS = ("feature", "planned", "done", "days_forecast", "days_taken", "open")
FIXED_GROWTH = "[1.0, 1.3, 2.0]"
PLACEHOLDER_SPRINTS = 3
STAND_IN = (3.0, 5.0, 9.0)
"""Items a sprint of a team of which nothing at all is known, nor of any other: there to be changed."""

LEAST_LEARNED = 3
"""Finished features below which growth is not learned from them."""


@dataclass(frozen=True)
class Draft:
    """All that a portfolio is written from."""

    sifted: Sifted
    scope: Scope
    waits: Waits
    past: Past
    looks: tuple[Look, ...]
    start: dt.date
    sprint_days: int
    unit: str
    source: str

    @cached_property
    def shares(self) -> dict[str, float]:
        """As `share_on_features` gives them."""
        return share_on_features(self.sifted)

    @cached_property
    def guesses(self) -> dict[str, tuple[float, ...]]:
        """As `find_guesses` gives them."""
        return find_guesses(self)

    def used_teams(self) -> list[str]:
        """Teams with work on the roadmap or with a past, in the order in which they were met."""
        busy = {part.team for each in self.scope.planned for part in each.parts}
        past = {sprint.team for sprint in self.past.sprints}
        named = [name for at, name in enumerate(self.sifted.teams) if name and (at in busy or name in past)]
        return list(dict.fromkeys([*named, *sorted(past - {*named})]))

    def learns(self) -> bool:
        """Whether growth is learned from finished features."""
        return len({look.feature for look in self.looks if not look.is_open}) >= LEAST_LEARNED


def write_files(draft: Draft) -> dict[str, str]:
    """Name and text of each file but import.toml."""
    files = {
        "throughput.csv": _as_csv(SPRINT_COLUMNS, map(_write_sprint, draft.past.sprints)),
        "features.csv": _as_csv(FEATURE_COLUMNS, _write_features(draft)),
        "roadmap.toml": write_roadmap(draft),
    }
    if len(draft.sifted.place):
        files["items.csv"] = _as_csv(ITEM_COLUMNS, _write_items(draft))
    if draft.looks:
        files["finished.csv"] = _as_csv(FINISHED_COLUMNS, _write_looks(draft))
    return files


def _as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(columns)
    out.writerows(rows)
    return text.getvalue()


def _write_sprint(sprint: Sprint) -> Sequence[object]:
    return sprint.team, sprint.name, sprint.start, sprint.end, _spell(sprint.done)


def _spell(number: float) -> str:
    return f"{number:.0f}" if number == int(number) else f"{round(number, 4):g}"


def _write_items(draft: Draft) -> Iterable[Sequence[object]]:
    sifted, names = draft.sifted, draft.scope.names
    days: dict[int, str] = {NO_DAY: ""}
    features = [_list([name]) for name in names]
    columns = (sifted.place, sifted.team, sifted.feature, sifted.state, sifted.created, sifted.done)
    for place, team, feature, state, created, done in zip(*columns, strict=True):
        if created == NO_DAY or (state != OPEN and done == NO_DAY):
            continue
        for day in (created, done):
            if day not in days:
                days[day] = dt.date.fromordinal(day).isoformat()
        name = features[feature] if feature != NOBODY else ""
        key = sifted.issues[place].key
        delivered = "false" if state == DISCARDED else "true" if state == DELIVERED else ""
        yield sifted.teams[team], _tame(key), name, days[created], days[done], delivered


def _tame(key: str) -> str:
    """A key as a name that is inert; nearly all are as they are."""
    if key.isascii() and key.isprintable() and key[:1].isalnum() and len(key) <= 160:
        return key
    from forecast.importers.naming import make_name

    return make_name(key)


def _write_features(draft: Draft) -> Iterable[Sequence[object]]:
    teams = draft.sifted.teams
    if not draft.scope.planned:
        yield from _write_placeholders(draft)
    for rank, each in enumerate(draft.scope.planned):
        due: object = each.due or ""
        for part in each.parts:
            after = _list(_refer(end, draft) for end in draft.waits.after.get((rank, part.team), ()))
            yield each.name, teams[part.team], *_size(part), after, due
            due = ""
        whole = _list(_refer(end, draft) for end in draft.waits.after.get((rank, WHOLE), ()))
        if whole:
            yield each.name, "", "", "", "", "", "", whole, ""


def _size(part: Part) -> tuple[str, ...]:
    if part.estimate:
        return ("", *map(_spell, part.estimate), "")
    return (_spell(part.total), "", "", "", _spell(part.done) if part.done else "")


def _write_placeholders(draft: Draft) -> Iterable[Sequence[object]]:
    """A feature for each team where the export holds none: as much as it usually finishes in three sprints."""
    for team in draft.used_teams():
        done = [sprint.done for sprint in draft.past.sprints if sprint.team == team]
        size = max(1, round(PLACEHOLDER_SPRINTS * statistics.fmean(done))) if done else 1
        yield f"Next items of {team}", team, size, "", "", "", "", "", ""


def _refer(end: tuple[int, int], draft: Draft) -> str:
    name = draft.scope.planned[end[0]].name
    return name if end[1] == WHOLE else f"{name}/{draft.sifted.teams[end[1]]}"


def _list(names: Iterable[str]) -> str:
    """Names with ';' between them; one that holds ';' or '"' itself stands in double quotes."""
    spelt = ['"' + name.replace('"', '""') + '"' if ";" in name or '"' in name else name for name in names]
    return "; ".join(spelt)


def _write_looks(draft: Draft) -> Iterable[Sequence[object]]:
    sizes: dict[str, int] = {}
    for feature, state in zip(draft.sifted.feature, draft.sifted.state, strict=True):
        if feature != NOBODY and state != DISCARDED:
            name = draft.scope.names[feature]
            sizes[name] = sizes.get(name, 0) + 1
    for look in draft.looks:
        shown = (f"{round(days, 1):g}" for days in (look.forecast, look.taken))
        yield look.feature, _spell(look.size or 0), sizes.get(look.feature, ""), *shown, "true" if look.is_open else ""


def look_back(sifted: Sifted, scope: Scope, past: Past, start: dt.date) -> tuple[Look, ...]:
    """What is learned from about growth: looks at the features of the export, as they went on in the past."""
    if not any(feature != NOBODY for feature in sifted.feature):
        return ()
    items = [
        Item(
            sifted.teams[team],
            dt.date.fromordinal(created),
            dt.date.fromordinal(done) if done != NO_DAY else None,
            scope.names[feature] if feature != NOBODY else "",
            "",
            state != DISCARDED,
        )
        for team, feature, state, created, done in zip(
            sifted.team, sifted.feature, sifted.state, sifted.created, sifted.done, strict=True
        )
        if created != NO_DAY and (state == OPEN or done != NO_DAY)
    ]
    teams = sorted({item.team for item in items})
    features = [_as_feature(each, sifted) for each in scope.planned if each.at != NOBODY]
    looks = find_looks(items, Roadmap(start, [Team(name) for name in teams], features))
    tidy = (look for look in looks if round(look.forecast, 1) > 0 and round(look.taken, 1) > 0 and look.size)
    return tuple(sorted(tidy, key=lambda look: (look.is_open, look.feature, look.taken)))


def _as_feature(each: Planned, sifted: Sifted) -> Feature:
    return Feature(each.name, {sifted.teams[part.team]: 1 for part in each.parts})


def write_roadmap(draft: Draft) -> str:
    """The text of roadmap.toml, with what there is to say about the teams."""
    growth = '"learned"' if draft.learns() else FIXED_GROWTH
    finished = len({look.feature for look in draft.looks if not look.is_open})
    learned = (
        f"{say_count(finished, 'finished feature')} in finished.csv"
        if draft.looks
        else "no finished feature in the export"
    )
    lines = [
        f"# Made from an export by forecast import ({draft.source}). Change what you like; import.toml says how it came about.",
        "# Next:  forecast check DIR,  then  forecast run DIR",
        "",
        f"start = {draft.start}             # first day of the forecast; what lies before it is history",
        _name_history(draft),
        'features = "features.csv"      # what is left to do, the most important first',
        f"sprint_days = {draft.sprint_days}",
        *(['unit = "points"'] if draft.unit == "points" else []),
        'handoff = "next-sprint"        # what another team finished is picked up at the next sprint; or "immediate"',
        "promise_level = 0.85           # a promise (a feature with a due date) holds when its chance is at least this",
        "# days_off = [2026-12-25]      # nobody in the company works; weekends are left out anyway",
        "",
        f"# Work that is found on the way, as a factor on what is left ({learned}).",
        f"growth = {growth}",
        *(['finished = "finished.csv"'] if draft.learns() else []),
        "",
        "# share: how much of its time a team has for this roadmap. What it finished besides belonged to no feature.",
        "# wip: features that it works on at the same time (1).",
    ]
    for name in draft.used_teams():
        lines += ["", "[[team]]", f"name = {_toml(name)}", *_describe_team(name, draft)]
    return "\n".join(lines) + "\n"


def _toml(name: str) -> str:
    from forecast.importers.import_toml import spell

    return spell(name)


def _name_history(draft: Draft) -> str:
    if draft.past.sprints:
        return 'history = "throughput.csv"     # what each team finished, one row per team and sprint'
    return 'history = {}                   # no past sprint is known: "throughput.csv" when there is one'


def _describe_team(name: str, draft: Draft) -> list[str]:
    """What the export tells of a team, as comments and suggestions."""
    sprints = [sprint.done for sprint in draft.past.sprints if sprint.team == name]
    guess = draft.guesses.get(name)
    if guess is not None:
        return [
            f"# {say_count(len(sprints), 'past sprint')} known: a guess of items a sprint stands in (low, likely, high);",
            "# put in your own",
            f"guess = [{', '.join(map(_spell, guess))}]",
        ]
    shares = draft.shares
    lines = [f"# {say_count(len(sprints), 'sprint')} of {statistics.fmean(sprints):.1f} {draft.unit} on average"]
    if name in shares and 0 < shares[name] < 0.95:
        lines.append(
            f"# share = {max(shares[name], 0.01):.2f}    # {say_share(shares[name])} of what it finished belonged to a feature"
        )
    return [*lines, "# wip = 2"]


def find_guesses(draft: Draft) -> dict[str, tuple[float, ...]]:
    """Of each team with fewer than two past sprints, or nothing finished in them, what stands in until more is known.

    What its one sprint brought, else what teams usually bring here, from a half to the double; else 3 to 9.
    """
    done: dict[str, list[float]] = {name: [] for name in draft.used_teams()}
    for sprint in draft.past.sprints:
        done[sprint.team].append(sprint.done)
    known = [statistics.fmean(counts) for counts in done.values() if len(counts) >= LEAST_SPRINTS and any(counts)]
    guesses: dict[str, tuple[float, ...]] = {}
    for name, counts in done.items():
        if len(counts) >= LEAST_SPRINTS and any(counts):
            continue
        usual = counts[0] if len(counts) == 1 and counts[0] else statistics.median(known) if known else 0.0
        half, double = math.floor(usual / 2 + 0.5), math.ceil(2 * usual)
        guesses[name] = (
            (float(max(half, 1)), float(max(math.floor(usual + 0.5), 1)), float(double)) if usual else STAND_IN
        )
    return guesses


def share_on_features(sifted: Sifted) -> dict[str, float]:
    """Of each team, the share of what it delivered that belonged to a feature."""
    if not sifted.family.features:
        return {}
    all_of: dict[int, float] = {}
    on_features: dict[int, float] = {}
    for team, feature, state, weight in zip(sifted.team, sifted.feature, sifted.state, sifted.weight, strict=True):
        if state == DELIVERED:
            all_of[team] = all_of.get(team, 0.0) + weight
            on_features[team] = on_features.get(team, 0.0) + (weight if feature != NOBODY else 0.0)
    return {sifted.teams[team]: on_features[team] / total for team, total in all_of.items() if total}
