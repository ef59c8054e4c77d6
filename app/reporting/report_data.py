"""What a report says: plain text and numbers, ready to be set."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass
from typing import Any, Final

STATEMENT: Final = (
    "The model looks for five patterns; it does not assess background, slowing, spikes or sleep. "
    "No findings does not mean a normal EEG."
)
NOT_A_DEVICE: Final = "Research software, not a medical device. Every finding needs review by a qualified reader."

SECTIONS: Final[dict[str, str]] = {
    "indication": "History and indication",
    "description": "Description: background, sleep, reactivity, sporadic discharges",
    "impression": "Impression",
    "correlation": "Clinical correlation",
}
"""Texts by the reader, in the order of ACNS Guideline 7 (Tatum et al. 2016); the model writes none of them."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled line of a header block."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One pattern as the reader accepted it, summed over the assessed time."""

    pattern: str                 # "Lateralized periodic discharges (LPD)"
    count: int
    total: str                   # "12 min 30 s"
    share: str                   # "14 % of assessed time"
    prevalence: str              # ACNS 2021 term
    longest: str
    max_prob: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One accepted event in the evidence list."""

    number: int
    pattern: str
    start: str                   # recorder's clock, or time from the start
    duration: str
    max_prob: str
    mean_prob: str
    reader: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A printed EEG page; ``svg`` is drawn by ``eeg_figure``."""

    caption: str
    alt: str
    svg: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """A titled text by the reader; an empty one is printed as "reader to complete" in a draft."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything on the pages of one report."""

    title: str
    clinic: str
    status: str                  # "draft" or "final"
    synthetic: bool
    patient: tuple[Fact, ...]
    header_line: str             # patient and study, repeated on every page
    study: tuple[Fact, ...]
    sections: tuple[Section, ...]
    findings: tuple[FindingRow, ...]
    events: tuple[EventRow, ...]
    figures: tuple[Figure, ...]
    technical: tuple[str, ...]   # findings about the recording
    warnings: tuple[str, ...]
    model: tuple[Fact, ...]
    formula: str
    signature: str               # "" while a draft
    printed_at: str

    def to_json(self) -> dict[str, Any]:
        """Everything but the drawings, with text made safe to set: what a page may show and nothing that acts."""
        plain = asdict(self) | {"statement": STATEMENT, "statement_footer": NOT_A_DEVICE}
        for figure in plain["figures"]:
            del figure["svg"]
        cleaned: dict[str, Any] = _clean(plain)
        return cleaned


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def clean_text(text: str) -> str:
    """Drop control, surrogate and direction-changing characters; keep line breaks and every letter."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in lines if char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"})
