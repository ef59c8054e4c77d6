"""What the reader of a result must know, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ml.analysis import LABEL_S, WINDOW_S, Quality, Spans
from ml.channels import ELECTRODES
from ml.filters import BAND_HZ
from ml.interpolation import MAX_INTERPOLATED
from ml.network_input import NetworkInput
from ml.recording import RecordingInfo

MOSTLY_BAD: Final = 0.25
"""Share of the seconds from which a bad electrode is worth a sentence; below it stands in the quality table only."""

PHRASES: Final = {
    "no values": "has no values",
    "flat": "is flat",
    "clipped": "is clipped",
    "noisy": "is noisy",
    "mains": "is covered by mains hum",
    "uncorrelated": "resembles no other electrode",
}


def of_analysis(info: RecordingInfo, chosen: NetworkInput, spans: Spans, quality: Quality) -> tuple[str, ...]:
    """Sentences that the analysis adds to those of the header and the channel names."""
    if not chosen.assessable:
        return (_too_few(chosen),)
    if not len(spans.label_start_s):
        longest = max((stretch.length_s for stretch in info.stretches), default=0.0)
        return (
            f"Nothing was assessed: the longest stretch without a gap is {longest:.1f} s, and the model needs "
            f"{LABEL_S:g} s. The recording can be read in the viewer.",
        )
    return (*_absent(chosen), *of_electrodes(quality), *_reading(info, chosen), *_assessment(info, spans, quality))


def _too_few(chosen: NetworkInput) -> str:
    present = [name for row, name in enumerate(chosen.names) if row not in chosen.absent]
    if not present:
        return (
            f"Nothing was assessed: the model needs {len(ELECTRODES) - MAX_INTERPOLATED} electrodes of the 10-20 system. The "
            "recording can be read in the viewer as recorded; name its channels by hand to have it assessed."
        )
    lacking = listed([chosen.names[row] for row in chosen.absent])
    return (
        f"Nothing was assessed: the recording has {len(present)} of the {len(ELECTRODES)} electrodes of the 10-20 system "
        f"(it lacks {lacking}), and the model needs {len(ELECTRODES) - MAX_INTERPOLATED}. It can be read in the viewer."
    )


def _absent(chosen: NetworkInput) -> Iterator[str]:
    names = [chosen.names[row] for row in chosen.absent]
    if names:
        were = "was" if len(names) == 1 else "were"
        yield (
            f"{listed(names)} {were} interpolated from the neighbors for the model only and {were} never drawn; the side of a "
            "pattern beside is not claimed."
        )
    if chosen.of_pairs:
        yield "The model was given the recorded pairs; montages that need single electrodes cannot be shown."


def of_electrodes(quality: Quality) -> Iterator[str]:
    """Electrodes that are bad for much of the time, and pairs of them that show the same."""
    for channel in quality.channels:
        if channel.bad_share >= MOSTLY_BAD and "absent" not in channel.reasons:
            what = " and ".join(PHRASES[reason] for reason in channel.reasons if reason in PHRASES)
            kept = " Where it is bad it was estimated from its neighbors for the model." if channel.interpolated else ""
            yield f"{channel.name} {what} ({channel.bad_share:.0%} of the seconds).{kept}"
    for first, second in quality.bridged:
        yield f"{first} and {second} show the same signal: they may be bridged by paste or sweat, or one was copied from the other."


def _reading(info: RecordingInfo, chosen: NetworkInput) -> Iterator[str]:
    lowest = min(info.signals[index].sfreq_hz for index in chosen.signals)
    if lowest / 2.0 <= BAND_HZ[1]:
        yield (
            f"Signals sampled at {lowest:g} Hz hold nothing above {lowest / 2:g} Hz; the model was trained on the band up "
            f"to {BAND_HZ[1]:g} Hz and is less certain here."
        )


def _assessment(info: RecordingInfo, spans: Spans, quality: Quality) -> Iterator[str]:
    skipped = int((~spans.assessed).sum())
    if skipped:
        yield (
            f"{skipped} of {len(spans.assessed)} spans were not assessed because more than {MAX_INTERPOLATED} electrodes "
            "were absent or bad at once."
        )
    short = [stretch for stretch in info.stretches if LABEL_S <= stretch.length_s < WINDOW_S]
    if short:
        longest = max(stretch.length_s for stretch in info.stretches)
        what = f"The recording ({longest:.1f} s) is" if len(info.stretches) == 1 else f"{len(short)} stretches between gaps are"
        yield (
            f"{what} shorter than the {WINDOW_S:g} s that the model sees around each span: what lies beyond was left empty, "
            "and the model is less certain there."
        )
    missed = sum(stretch.length_s for stretch in info.stretches if stretch.length_s < LABEL_S)
    if missed > 0:
        yield f"{missed:.1f} s in stretches shorter than {LABEL_S:g} s between gaps were not assessed."


def listed(names: Sequence[str]) -> str:
    """``"Fz, Cz and Pz"``"""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
