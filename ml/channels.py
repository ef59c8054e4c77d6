"""The 10-20 system: names, aliases and the mapping of a file's signals to electrodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from ml.channel_names import ChannelName, is_of_net, parse_label
from ml.edf_header import uv_per_unit
from ml.recording import Signal, SignalKind

ELECTRODES: Final[tuple[str, ...]] = (
    "Fp1", "F3", "C3", "P3", "F7", "T3", "T5", "O1", "Fz", "Cz", "Pz",
    "Fp2", "F4", "C4", "P4", "F8", "T4", "T6", "O2",
)
"""The 19 electrodes of the 10-20 system in the column order of the HMS competition."""

CHAIN_PAIRS: Final[tuple[tuple[str, str], ...]] = (
    ("Fp1", "F7"), ("F7", "T3"), ("T3", "T5"), ("T5", "O1"),          # LL, left temporal
    ("Fp2", "F8"), ("F8", "T4"), ("T4", "T6"), ("T6", "O2"),          # RL, right temporal
    ("Fp1", "F3"), ("F3", "C3"), ("C3", "P3"), ("P3", "O1"),          # LP, left parasagittal
    ("Fp2", "F4"), ("F4", "C4"), ("C4", "P4"), ("P4", "O2"),          # RP, right parasagittal
    ("Fz", "Cz"), ("Cz", "Pz"),                                       # midline
)
"""Longitudinal bipolar montage ("double banana"): the input of the networks, in this order."""

REGIONS: Final[dict[str, tuple[int, ...]]] = {
    "LL": (0, 1, 2, 3),
    "RL": (4, 5, 6, 7),
    "LP": (8, 9, 10, 11),
    "RP": (12, 13, 14, 15),
}
"""Regions of the HMS spectrograms as indices into ``CHAIN_PAIRS``."""

EARS: Final[tuple[tuple[str, str], ...]] = (("A1", "A2"), ("M1", "M2"))
"""Ear lobes, or else mastoids: references, never electrodes of the analysis."""

IGNORE: Final = "ignore"
"""Value of a correction that takes a signal out of the mapping."""
ANALYSIS_SFREQ_HZ: Final = 200.0
"""Rate of the HMS recordings; slower signals carry nothing above half their own rate."""
MIN_EEG_SFREQ_HZ: Final = 30.0
"""Slower signals cannot even hold the alpha rhythm (8 to 13 Hz): they are trends of something else."""
_Key = TypeVar("_Key", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class ChannelLayout:
    """Which signal of a file is which electrode, pair or other sensor."""

    electrodes: dict[str, int]                   # 10-20 name -> index into RecordingInfo.signals
    pairs: dict[tuple[str, str], int]            # derivations as recorded, 10-20 names
    kinds: tuple[SignalKind, ...]                # of every signal
    ears: dict[str, int] = field(default_factory=dict)   # ear lobes and mastoids (A1, A2, M1, M2)
    further: dict[str, int] = field(default_factory=dict)   # beyond the 10-20 system (FC1, Sp1 …): shown as recorded
    ecg: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()                # electrodes of the 10-20 system that no signal holds
    duplicates: tuple[tuple[int, int], ...] = () # signals of the same meaning: the one that is used and one left out
    findings: tuple[str, ...] = ()

    @property
    def names(self) -> dict[int, str]:
        """What every signal that has a name of its own was read as: electrode or pair."""
        pairs = {index: "-".join(pair) for pair, index in self.pairs.items()}
        return {index: name for known in (self.electrodes, self.ears, self.further) for name, index in known.items()} | pairs

    @property
    def electrode_names(self) -> tuple[str, ...]:
        """All electrodes that some signal holds, alone or in a pair."""
        single = (*self.electrodes, *self.ears, *self.further)
        return tuple(dict.fromkeys((*single, *(name for pair in self.pairs for name in pair))))

    @property
    def has_complete_chains(self) -> bool:
        """Whether every pair of the longitudinal bipolar montage was recorded as such."""
        return all(pair in self.pairs for pair in CHAIN_PAIRS)


def map_to_1020(signals: Sequence[Signal], corrections: Mapping[str, str] | None = None) -> ChannelLayout:
    """Tell the electrodes from the labels of a file.

    Prefixes (``EEG``, ``POL``), references (``-REF``, ``-LE``, ``-AR``, ``-A1A2`` …) and case are disregarded; T7, T8, P7
    and P8 are the newer names of T3, T4, T5 and T6 (Klem et al. 1999). ``FP1-F7`` is a pair and never Fp1 with a reference.

    Parameters
    ----------
    signals
        Signals of the file. Those without a usable scale, or in a unit that is not one of voltage, are not mapped.
    corrections
        What a person says: signal label as in the file -> electrode (``Fp1``), pair (``Fp1-F7``), ``ECG`` or ``"ignore"``.

    Returns
    -------
    ChannelLayout
        Of two signals with the same meaning the first is kept, with a finding.
    """
    labels = [signal.label for signal in signals]
    of_net = is_of_net(labels)
    names, reference = _against_common([_name(label, corrections or {}, of_net=of_net) for label in labels])
    usable = [i for i, signal in enumerate(signals) if signal.calibrated and not _no_eeg(signal)]
    electrodes, again = _first_of({i: names[i].electrode for i in usable if names[i].electrode in ELECTRODES})
    ears, _ = _first_of({i: names[i].electrode for i in usable if any(names[i].electrode in pair for pair in EARS)})
    further, _ = _first_of({i: names[i].electrode for i in usable if names[i].electrode not in (*ELECTRODES, *ears)})
    pairs, pairs_again = _first_of({i: names[i].pair for i in usable})
    missing = tuple(name for name in ELECTRODES if name not in electrodes)
    duplicates = (*again, *pairs_again)
    return ChannelLayout(
        electrodes=electrodes, pairs=pairs, ears=ears, further=further,
        kinds=tuple("other" if _no_eeg(signal) else name.kind for signal, name in zip(signals, names, strict=True)),
        ecg=tuple(i for i, name in enumerate(names) if name.kind == "ecg" and i in usable),
        missing=missing, duplicates=duplicates,
        findings=(
            *_misfits(signals, names),
            *([f"The electrodes were recorded against {reference}, which has no signal of its own."] if reference else []),
            *(f"{labels[second]} occurs twice, as signals {first + 1} and {second + 1}; the first is used."
              for first, second in duplicates),
            *_completeness(electrodes, pairs, missing, names),
            *_rates([signals[i] for i in (electrodes or pairs).values()])))


def _name(label: str, corrections: Mapping[str, str], *, of_net: bool) -> ChannelName:
    correction = corrections.get(label)
    if correction is None:
        return parse_label(label, of_net=of_net)
    return ChannelName("other") if correction.lower() == IGNORE else parse_label(correction)


def _no_eeg(signal: Signal) -> str | None:
    """Why a signal cannot be an EEG whatever its name, or None."""
    if uv_per_unit(signal.unit) is None:
        return f"unit {signal.unit}" if signal.unit else "no unit"
    return f"{signal.sfreq_hz:g} Hz" if signal.sfreq_hz < MIN_EEG_SFREQ_HZ else None


def _misfits(signals: Sequence[Signal], names: Sequence[ChannelName]) -> list[str]:
    odd = [f"{signal.label} ({reason})" for signal, name in zip(signals, names, strict=True)
           if signal.calibrated and (name.electrode in ELECTRODES or name.pair) and (reason := _no_eeg(signal))]
    return [f"No voltage or sampled too slowly for an EEG, and therefore not used as electrodes: {', '.join(odd)}."] if odd else []


def _against_common(names: Sequence[ChannelName]) -> tuple[list[ChannelName], str | None]:
    """Read ``Fp1-Cz, F3-Cz, …`` as electrodes: most electrodes against the same one are no chain of pairs."""
    partners: dict[str, set[str]] = {}
    for name in names:
        if name.pair:
            partners.setdefault(name.pair[1], set()).add(name.pair[0])
    reference = next((second for second, firsts in partners.items() if len(firsts & set(ELECTRODES)) > len(ELECTRODES) / 2), None)
    if reference is None:
        return list(names), None
    return [ChannelName("eeg", name.pair[0]) if name.pair and name.pair[1] == reference else name for name in names], reference


def _first_of(meanings: Mapping[int, _Key | None]) -> tuple[dict[_Key, int], list[tuple[int, int]]]:
    """The first signal of each meaning, and pairs of it and a later one of the same meaning."""
    kept: dict[_Key, int] = {}
    again = []
    for index, meaning in meanings.items():
        if meaning is not None and kept.setdefault(meaning, index) != index:
            again.append((kept[meaning], index))
    return kept, again


def _completeness(
    electrodes: Mapping[str, int], pairs: Mapping[tuple[str, str], int], missing: Sequence[str], names: Sequence[ChannelName],
) -> list[str]:
    if not names or not missing:
        return []
    if electrodes:
        return [f"The recording lacks {_listed(missing)}: it has {len(electrodes)} of the 19 electrodes of the 10-20 system."]
    absent = ["-".join(pair) for pair in CHAIN_PAIRS if pair not in pairs]
    if not pairs:
        return ["No signal is named after an electrode of the 10-20 system, so nothing can be assessed; a person can say "
                "which signal is which electrode."]
    if absent:
        return [f"The recording holds electrode pairs only; of the longitudinal bipolar montage it lacks {_listed(absent)}. Single "
                "electrodes, and montages against a reference or an average, cannot be recovered."]
    return ["The recording holds electrode pairs only. The longitudinal bipolar montage is complete; single electrodes, and montages "
            "against a reference or an average, cannot be recovered."]


def _rates(used: Sequence[Signal]) -> list[str]:
    rates = sorted({signal.sfreq_hz for signal in used})
    findings = []
    if len(rates) > 1:
        listed = _listed([f"{rate:g}" for rate in rates])
        findings.append(f"The electrodes were sampled at different rates ({listed} Hz); they are brought to one rate.")
    if rates and rates[0] < ANALYSIS_SFREQ_HZ:
        findings.append(f"Sampled at {rates[0]:g} Hz, below the {ANALYSIS_SFREQ_HZ:g} Hz of the model: nothing above "
                        f"{rates[0] / 2:g} Hz was recorded.")
    return findings


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
