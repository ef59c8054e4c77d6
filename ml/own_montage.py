"""Montages that readers write themselves: one derivation to a line, groups separated by blank lines, order as written.

``Fp1-F7`` is a difference, ``C3-avg`` goes against the common average, ``T3-(M1+M2)`` against the mean of those in parentheses, which
may hold means in turn; ``Cz`` stays against the recorded reference; ``ECG``, ``EOG`` and ``EMG`` are all signals of that kind. Newer
names become those of the rest of the program: T7 is T3, P8 is T6.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ml.channel_names import LOOK_ALIKES, canonical
from ml.recording import SignalKind

MAX_TRACES: Final = 64
"""More would have less than 10 px each on a screen of 800."""
MAX_CHARACTERS: Final = 6000
MAX_TERMS: Final = 24
"""Electrodes in one line: more than the 10-20 system has."""
MAX_DEPTH: Final = 3
SENSORS: Final[Mapping[str, SignalKind]] = {"ECG": "ecg", "EKG": "ecg", "EOG": "eog", "EMG": "emg"}
_AVERAGE: Final = frozenset({"AVG", "AV", "AVE", "AVERAGE", "CAR"})
_AS_RECORDED: Final = frozenset({"REF", "REFERENCE"})
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_TOKEN: Final = re.compile(r"[-+()]|[^-+()\s]+")
_SAID: Final = 24


@dataclass(frozen=True, slots=True)
class OwnTrace:
    """One derivation."""

    name: str                                # in the usual spelling
    line: int                                # where it is written, from 1
    group: int
    kind: SignalKind = "eeg"                 # of a sensor: all signals of this kind, without weights
    weights: tuple[tuple[str, float], ...] = ()     # by electrode
    averaged: bool = False                   # the common average is subtracted

    @property
    def pair(self) -> tuple[str, str] | None:
        """The electrodes of a plain difference, which a file may hold as such."""
        plain = not self.averaged and [weight for _, weight in self.weights] == [1.0, -1.0]
        return (self.weights[0][0], self.weights[1][0]) if plain else None


@dataclass(frozen=True, slots=True)
class OwnMontage:
    """Derivations of a reader under a name."""

    name: str
    traces: tuple[OwnTrace, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a line is no derivation, in one sentence; line 0 is the whole text."""

    line: int
    sentence: str


class _Wrong(Exception):
    pass


def parse(text: str) -> tuple[tuple[OwnTrace, ...], tuple[Mistake, ...]]:
    """Derivations of a text in their order, and what is wrong with the other lines."""
    if len(text) > MAX_CHARACTERS:
        return (), (Mistake(0, f"The text has {len(text):,} characters; a montage may have {MAX_CHARACTERS:,}. Shorten it."),)
    traces: dict[str, OwnTrace] = {}
    mistakes, group, blank = [], 0, False
    for number, line in enumerate(lines_of(text), 1):
        if not line.strip():
            blank = True
            continue
        try:
            trace = _trace(line, number, group + (blank and bool(traces)))
            if trace.name in traces:
                raise _Wrong(f"{trace.name} stands in line {traces[trace.name].line} already.")
            if len(traces) == MAX_TRACES:
                raise _Wrong(f"A montage may have {MAX_TRACES} traces, and this is one more.")
            traces[trace.name], group, blank = trace, trace.group, False
        except _Wrong as wrong:
            mistakes.append(Mistake(number, f"Line {number}: {wrong}"))
    if not traces and not mistakes:
        mistakes.append(Mistake(0, "The montage has no line. Write one derivation to a line, such as Fp1-F7, C3-avg or Cz."))
    return tuple(traces.values()), tuple(mistakes)


def lines_of(text: str) -> list[str]:
    """Lines as an editor numbers them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _trace(line: str, number: int, group: int) -> OwnTrace:
    plain = unicodedata.normalize("NFKC", line).translate(_DASHES).strip().rstrip(",;")
    tokens = _TOKEN.findall(plain)
    if len(tokens) > 4 * MAX_TERMS:
        raise _Wrong(f"A derivation may have {MAX_TERMS} electrodes.")
    if "," in plain or ";" in plain:
        raise _Wrong("There are several in it; write one derivation to a line.")
    if len(tokens) == 1 and (kind := SENSORS.get(tokens[0].upper())):
        return OwnTrace("ECG" if kind == "ecg" else tokens[0].upper(), number, group, kind)
    active = _electrode(tokens[0] if tokens else "")
    if len(tokens) == 1:
        return OwnTrace(active, number, group, weights=((active, 1.0),))
    if tokens[1] != "-" or len(tokens) == 2:
        raise _Wrong(f"After {active} a minus and a reference should follow, as in {active}-avg.")
    return _against(active, tokens[2:], number, group)


def _against(active: str, tokens: list[str], number: int, group: int) -> OwnTrace:
    """A derivation from its first electrode and what stands after the minus."""
    if len(tokens) == 1 and tokens[0].upper() in _AVERAGE:
        return OwnTrace(f"{active}-avg", number, group, weights=((active, 1.0),), averaged=True)
    if len(tokens) == 1 and tokens[0].upper() in _AS_RECORDED:
        return OwnTrace(active, number, group, weights=((active, 1.0),))
    reference, name, rest = _mean(tokens, 0)
    if rest:
        raise _Wrong(f"“{_quoted(rest[0])}” after {active}-{name} is not understood; put several electrodes in parentheses, as in {active}-(M1+M2).")
    counts = Counter([active, *(electrode for electrode, _ in reference)])
    if (twice := counts.most_common(1)[0])[1] > 1:
        raise _Wrong(f"{twice[0]} stands in it {'twice' if twice[1] == 2 else 'several times'}.")
    return OwnTrace(f"{active}-{name}", number, group, weights=((active, 1.0), *((electrode, -share) for electrode, share in reference)))


def _mean(tokens: list[str], depth: int) -> tuple[list[tuple[str, float]], str, list[str]]:
    """An electrode, or the mean of those in parentheses: shares, words, and the tokens left."""
    if tokens[0] != "(":
        name = _electrode(tokens[0])
        return [(name, 1.0)], name, tokens[1:]
    if depth == MAX_DEPTH:
        raise _Wrong(f"Parentheses may stand within each other {MAX_DEPTH} deep.")
    parts, words, rest = [], [], ["+", *tokens[1:]]
    while rest and rest[0] == "+" and len(rest) > 1:
        part, word, rest = _mean(rest[1:], depth + 1)
        parts.append(part)
        words.append(word)
    if not rest or rest[0] != ")":
        raise _Wrong("The parenthesis does not close; electrodes within it are joined by +, as in (M1+M2).")
    if rest[1:] and rest[1] == f"/{len(parts)}":             # (A1+A2)/2 says what is meant anyway
        rest = rest[1:]
    shares = [(electrode, share / len(parts)) for part in parts for electrode, share in part]
    return shares, words[0] if len(words) == 1 else f"({'+'.join(words)})", rest[1:]


def _electrode(word: str) -> str:
    if word in ("", "-", "+", "(", ")"):
        raise _Wrong("An electrode is missing." if word != "(" else "The line should begin with one electrode, as in T3-(M1+M2).")
    found = canonical(word.upper().translate(LOOK_ALIKES))
    if found is None:
        if word.upper() in _AVERAGE or word.upper() in SENSORS:
            raise _Wrong(f"{_quoted(word)} is no electrode and cannot stand there; write C3-avg, or ECG in a line of its own.")
        raise _Wrong(f"“{_quoted(word)}” is no electrode of the 10-20 or 10-10 system.")
    return found


def _quoted(word: str) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in word[:_SAID])
    return plain + ("…" if len(word) > _SAID else "")
