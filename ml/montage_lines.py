"""The text of an own montage line by line: what each line means, and how it is changed without typing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ml.channels import EARS, ELECTRODES, map_to_1020
from ml.montage import derive
from ml.own_montage import MAX_CHARACTERS, Mistake, OwnMontage, OwnTrace, lines_of, parse
from ml.recording import Signal

USUAL: Final = (*ELECTRODES, *EARS[0], "ECG")
"""What a recording of the 10-20 system holds."""
_SIGNALS: Final = tuple(Signal(name, 200.0, "uV") for name in USUAL)
_LAYOUT: Final = map_to_1020(_SIGNALS)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text; an empty one parts groups."""

    number: int                      # from 1
    written: str
    formula: str = ""                # of the trace, where the line is one
    lacking: tuple[str, ...] = ()    # what a recording of the 10-20 system would not have for it
    mistake: str = ""


def read(text: str) -> tuple[list[Line], tuple[Mistake, ...]]:
    """All lines of a text with what they mean, and every mistake; of a text that is too long no line."""
    traces, mistakes = parse(text)
    if len(text) > MAX_CHARACTERS:
        return [], mistakes
    by_line = {trace.line: trace for trace in traces}
    wrong = {mistake.line: mistake.sentence for mistake in mistakes}
    return [_line(number, written, by_line.get(number), wrong.get(number, "")) for number, written in enumerate(lines_of(text.removesuffix("\n")), 1)], mistakes


def added(text: str, line: str) -> str:
    """With a line at the end."""
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n"


def begun(text: str) -> str:
    """With an empty line at the end, behind which a group begins."""
    return f"{text.rstrip()}\n\n" if text.strip() else ""


def removed(text: str, number: int) -> str:
    """Without a line; a number that is none changes nothing."""
    return "\n".join(line for at, line in enumerate(lines_of(text), 1) if at != number)


def moved(text: str, number: int, step: int) -> str:
    """With a line moved up (-1) or down (1); at the ends it stays."""
    lines = lines_of(text.removesuffix("\n"))
    if 1 <= number <= len(lines):
        lines.insert(max(0, min(number - 1 + step, len(lines) - 1)), lines.pop(number - 1))
    return "\n".join(lines)


def _line(number: int, written: str, trace: OwnTrace | None, mistake: str) -> Line:
    if trace is None:
        return Line(number, written.strip(), mistake=mistake)
    lacking = derive(OwnMontage("", (trace,)), _LAYOUT, _SIGNALS).missing
    return Line(number, trace.name, _formula(trace), lacking)


def _formula(trace: OwnTrace) -> str:
    """In words of arithmetic: ``T3 − 0.5 A1 − 0.5 A2``."""
    if not trace.weights:
        return f"every {trace.name} signal"
    terms = [name if weight == 1.0 else f"− {name}" if weight == -1.0 else f"− {-weight:.3g} {name}" for name, weight in trace.weights]
    ending = ["− average of the sound electrodes"] if trace.averaged else ["as recorded"] if len(terms) == 1 else []
    return " ".join([*terms, *ending])
