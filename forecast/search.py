"""The search for remedies: which sets of edits are tried, in which order, and what they cost; see `remedy` for the method."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Container, Iterator, Sequence

import numpy as np

from forecast.errors import Fault, Refused
from forecast.menu import KINDS, PRICES, Choice, Cost
from forecast.roadmap import Roadmap
from forecast.screening import Screening, Sight
from forecast.tally import share_error

Chosen = tuple[int, ...]
"""Which choices of the menu are made together, rising."""

MOST_EDITS = 3
MOST_PREDICTED = 4000
"""Sets of one size that are predicted at most; of a longer menu, those of the edits that help most."""

GROWN = 40
LEEWAY = 0.05
"""What is predicted to come this near to the level is tried before the rest."""

ERRORS = 2
"""Standard errors by which a trial may miss the level and still be certified."""


class Search:
    """Sets of choices that are tried on few runs, and those that seem enough.

    roadmap : to be mended; choices : the menu; level : the chance wanted; trials : how many sets may be tried
    """

    def __init__(
        self,
        roadmap: Roadmap,
        choices: Sequence[Choice],
        screening: Screening,
        level: float,
        trials: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._roadmap = roadmap
        self._choices = tuple(choices)
        self._screening = screening
        runs = len(screening.runs)
        self._enough = level - ERRORS * share_error(round(level * runs), runs)
        self._likely = level - LEEWAY
        self._trials = trials
        self._progress = progress
        self._seen: dict[Chosen, Sight | None] = {}
        self._edited: dict[tuple[Choice, ...], Roadmap] = {}
        self._hopeful: dict[Chosen, Cost] = {}
        self._struck: set[Chosen] = set()
        self._is_cut_short = False
        self._limits = {1: max(1, trials // 2), 2: max(1, trials * 3 // 4), MOST_EDITS: trials}
        most = [max((getattr(each.cost, name) for each in choices), default=0.0) for name in PRICES]
        self._scale = [largest or 1.0 for largest in most]

    # What others ask -------------------------------------------------------------------------------------------------

    @property
    def tried(self) -> int:
        """How many sets were tried."""
        return len(self._seen)

    @property
    def may_go_on(self) -> bool:
        """True while there are trials left."""
        return self.tried < self._trials

    @property
    def is_complete(self) -> bool:
        """True when every set of up to three edits was tried, or costs as much or more than one that is enough."""
        return not self._is_cut_short

    def leave(self) -> None:
        """Says that something that seems enough is left uncertified."""
        self._is_cut_short = True

    def cost(self, chosen: Chosen) -> Cost:
        """What a set gives up."""
        return sum((self._choices[at].cost for at in chosen), Cost())

    def sorted(self, chosen: Chosen) -> list[Choice]:
        """The choices in the order in which they are made."""
        return sorted((self._choices[at] for at in chosen), key=lambda each: KINDS.index(each.kind))

    def edited(self, chosen: Chosen) -> Roadmap:
        """The roadmap after the edits of a set. Raises Fault when one of them is not possible."""
        choices, at = self.sorted(chosen), 0
        roadmap = self._roadmap
        for at in range(len(choices) - 1, 0, -1):  # on top of what was edited before
            if (known := self._edited.get(tuple(choices[:at]))) is not None:
                roadmap = known
                break
        else:
            at = 0
        for choice in choices[at:]:
            roadmap = choice.edit.apply(roadmap)
        if len(choices) < MOST_EDITS:
            self._edited[tuple(choices)] = roadmap
        return roadmap

    def front(self) -> list[Chosen]:
        """The sets that seem enough and that no other of them beats; of those that cost the same, the mildest."""
        best: dict[tuple[float, float, float], Chosen] = {}
        for chosen, cost in self._hopeful.items():
            rival = best.get(cost.triple)
            if rival is None or self._mildness(chosen) < self._mildness(rival):
                best[cost.triple] = chosen
        costs = [self._hopeful[chosen] for chosen in best.values()]
        return [
            chosen for chosen in best.values() if not any(other.dominates(self._hopeful[chosen]) for other in costs)
        ]

    def next_uncertified(self, certified: Container[Chosen]) -> Chosen | None:
        """The cheapest of the front that is not certified."""
        waiting = [chosen for chosen in self.front() if chosen not in certified]
        return min(waiting, key=self._order, default=None)

    def strike(self, chosen: Chosen) -> None:
        """Takes out what is not enough after all."""
        del self._hopeful[chosen]
        self._struck.add(chosen)

    def best(self, count: int) -> list[Chosen]:
        """The trials that came nearest."""
        seen = [
            (-sight.chance, self._order(chosen), chosen) for chosen, sight in self._seen.items() if sight is not None
        ]
        return [chosen for *_, chosen in sorted(seen)[:count]]

    # The search ------------------------------------------------------------------------------------------------------

    def explore(self) -> None:
        """Tries what is left to try: each edit, then pairs, then threes, as far as the trials reach."""
        self._is_cut_short = False
        self._base = self._screening.look(self._roadmap)
        every = list(range(len(self._choices)))
        for at in every:
            if not self._try((at,), self._limits[1]):
                break
        useful = [at for at in every if self._seen.get((at,)) is not None]
        self._explore_size(2, self._list_sets(useful, 2))
        threes = math.comb(len(useful), MOST_EDITS)
        if threes <= MOST_PREDICTED:
            self._explore_size(MOST_EDITS, self._list_sets(useful, MOST_EDITS))
        else:
            self._is_cut_short = True
            self._explore_size(MOST_EDITS, self._grow_pairs(useful))

    def _explore_size(self, size: int, sets: Iterator[Chosen]) -> None:
        """Tries sets of one size: those that are predicted to be enough, the cheapest first; then the most promising."""
        left = [chosen for chosen in sets if chosen not in self._seen and not self._is_covered(chosen)]
        predicted = [(self._predict(chosen), chosen) for chosen in left]
        likely = sorted((each for _, each in filter(self._seems_enough, predicted)), key=self._order)
        others = [each for each in predicted if not self._seems_enough(each)]
        others.sort(key=lambda each: (-each[0], self._order(each[1])))
        for chosen in (*likely, *(each for _, each in others)):
            if not self._is_covered(chosen) and not self._try(chosen, self._limits[size]):
                break

    def _seems_enough(self, predicted: tuple[float, Chosen]) -> bool:
        return predicted[0] >= self._likely

    def _list_sets(self, useful: list[int], size: int) -> Iterator[Chosen]:
        """All sets of that size; of a long menu, of the edits that help most."""
        if math.comb(len(useful), size) > MOST_PREDICTED:
            self._is_cut_short = True
            most = max(n for n in range(size, len(useful)) if math.comb(n, size) <= MOST_PREDICTED)
            useful = sorted(sorted(useful, key=lambda at: (-self._help((at,)), at))[:most])
        return (chosen for chosen in itertools.combinations(useful, size) if self._is_possible(chosen))

    def _grow_pairs(self, useful: list[int]) -> Iterator[Chosen]:
        """The pairs that helped most, and those that helped most for what they cost, each with every other edit."""
        pairs = [each for each, sight in self._seen.items() if len(each) == 2 and sight and each not in self._hopeful]
        gain = {pair: self._help(pair) for pair in pairs}
        most = sorted(pairs, key=lambda pair: (-gain[pair], pair))[: GROWN // 2]
        dear = sorted(pairs, key=lambda pair: (-gain[pair] / (self._order(pair)[0] + 1e-9), pair))[: GROWN // 2]
        grown = {tuple(sorted((*pair, at))): None for pair in (*most, *dear) for at in useful if at not in pair}
        return (chosen for chosen in itertools.islice(grown, MOST_PREDICTED) if self._is_possible(chosen))

    def _try(self, chosen: Chosen, limit: int) -> bool:
        """Looks at a set, unless there are no trials left for it; True when it was, or had been, looked at."""
        if chosen in self._seen:
            return True
        if self.tried >= limit:
            self._is_cut_short = True
            return False
        try:
            self._seen[chosen] = sight = self._screening.look(self.edited(chosen))
        except (Fault, Refused):  # it cannot be done, alone or together
            self._seen[chosen] = sight = None
        if sight is not None and sight.chance >= self._enough and chosen not in self._struck:
            self._hopeful[chosen] = self.cost(chosen)
        if self._progress is not None:
            self._progress(self.tried, self._trials)
        return True

    def _predict(self, chosen: Chosen) -> float:
        """The chance that a set would have, from what its edits do alone, or the best pair in it and the third."""
        whole: list[Sight] = []
        rest = chosen
        if len(chosen) == MOST_EDITS:
            seen = [pair for pair in itertools.combinations(chosen, 2) if self._seen.get(pair) is not None]
            if seen:
                pair = max(seen, key=self._help)
                whole.append(self._seen[pair])  # type: ignore[arg-type]
                rest = tuple(at for at in chosen if at not in pair)
        whole += [sight for at in rest if (sight := self._seen[at,]) is not None]
        return self._screening.predict(self._base, whole)

    def _help(self, chosen: Chosen) -> float:
        """Working days by which a set makes what the promises hang on earlier, and the chance that it gains, in days."""
        sight = self._seen[chosen]
        if sight is None:
            return -math.inf
        days = float(np.mean(self._base.ends - sight.ends))
        return days + self._screening.horizon * (sight.chance - self._base.chance)

    def _is_possible(self, chosen: Chosen) -> bool:
        return len({self._choices[at].slot for at in chosen}) == len(chosen)

    def _is_covered(self, chosen: Chosen) -> bool:
        """Whether something that seems enough costs no more."""
        cost = self.cost(chosen)
        return any(other.covers(cost) for other in self._hopeful.values())

    def _mildness(self, chosen: Chosen) -> tuple[int, int, Chosen]:
        return len(chosen), sum(self._choices[at].depth for at in chosen), chosen

    def _order(self, chosen: Chosen) -> tuple[float, tuple[int, int, Chosen]]:
        """Cheap first: the sum of the costs as shares of the dearest edit on the menu; between equals, mild first."""
        shares = zip(self.cost(chosen).triple, self._scale, strict=True)
        return round(sum(cost / scale for cost, scale in shares), 9), self._mildness(chosen)
