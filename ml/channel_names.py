"""What a signal's label says: an electrode, a pair, an ECG or another sensor.

Sources: EDF+ standard texts (https://www.edfplus.info/specs/edftexts.html), Klem et al. 1999 (10-20 and 10-10 names).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ml.recording import SignalKind

_NEWER_NAMES: Final = {"T7": "T3", "T8": "T4", "P7": "T5", "P8": "T6"}
_ELECTRODE: Final = re.compile(r"(FP|AF|AFF|F|FC|FFC|FT|FTT|C|CCP|CP|CPP|T|TP|TTP|P|PO|PPO|POO|O|OI|I|N|A|M|SP|PG)(Z|[0-9]{1,2}H?)")
_EAR_REFERENCE: Final = re.compile(r"[AM][12]|[AM]1[+/]?[AM]2|\([AM]1\+[AM]2\)(/2)?")
_REFERENCE: Final = re.compile(rf"REF[0-9]?|REFERENCE|AVG?|AVE|AVERAGE|CAR|AR|LE|LER|CZ|{_EAR_REFERENCE.pattern}")
"""Of a label whose electrode and reference nothing but a space parts, or not even that: ``Fp1 Ref``, ``T3LE``."""
_PREFIX: Final = re.compile(r"(EEG|POL|ECG|EKG|EOG|EMG|ERG|EP|RESP|SAO2|TEMP|POS|LIGHT|SOUND|EVENT)[\s:_.-]+(?=\S)")
LOOK_ALIKES: Final = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")
"""Cyrillic capitals that look like Latin ones, as keyboards of some recorders write them."""
_PREFIX_KIND: Final[dict[str, SignalKind]] = {"EEG": "eeg", "ECG": "ecg", "EKG": "ecg", "EOG": "eog", "EMG": "emg"}
_BY_NAME: Final[tuple[tuple[re.Pattern[str], SignalKind], ...]] = (
    (re.compile(r"(E[CK]G).*"), "ecg"),
    (re.compile(r"([HVLR]?EOG|LOC|ROC|LUC|RUC|LEYE|REYE).*|E[12][-:/][AM][12]"), "eog"),
    (re.compile(r"(EMG|CHIN|L?LEG|R?LEG|[LR]AT[0-9]?|DELT|MASSETER).*"), "emg"),
)
_NET: Final = re.compile(r"E([0-9]{1,3})")
_JOINED: Final = re.compile(r"([A-Z]{1,3}(?:Z|[0-9]{1,2}))([A-Z].*)")


@dataclass(frozen=True, slots=True)
class ChannelName:
    """Meaning of a label; electrodes by their 10-20 or 10-10 name (``Fp1``, ``T3``, ``FT9``)."""

    kind: SignalKind
    electrode: str | None = None
    pair: tuple[str, str] | None = None


def is_of_net(labels: Iterable[str]) -> bool:
    """Whether sites are numbered ``E1, E2, E3, …``: then E1 is a site of a net, else an eye electrode of a sleep study."""
    sites = (_NET.fullmatch(label.upper().strip()) for label in labels)
    return any(site is not None and int(site[1]) > 2 for site in sites)


def parse_label(label: str, *, of_net: bool = False) -> ChannelName:
    """Say what a label means.

    Parameters
    ----------
    label
        As in the file, e.g. ``"EEG FP1-REF"``, ``"Fc5."``, ``"FP1-F7"``, ``"EEG EKG-LE"``.
    of_net
        Whether the file is of a numbered net (``is_of_net``).
    """
    text = " ".join(label.upper().translate(LOOK_ALIKES).split())
    match = _PREFIX.match(text)
    prefix = match[1] if match else ""
    body = _without_spaces(text[match.end():] if match else text).rstrip(".")
    if prefix not in ("", "EEG", "POL"):
        return ChannelName(_PREFIX_KIND.get(prefix, "other"))
    for pattern, kind in _BY_NAME:
        if pattern.fullmatch(body):
            return ChannelName(kind)
    return _electrodes(body) or (_electrodes(body[3:]) if body.startswith("EEG") else None) or _others(body, prefix, of_net)


def canonical(name: str) -> str | None:
    """Name of an electrode in the spelling of the 10-20 system (``FP1`` -> ``Fp1``, ``T7`` -> ``T3``), or None."""
    upper = name.upper().rstrip(".")
    if not _ELECTRODE.fullmatch(upper):
        return None
    upper = _NEWER_NAMES.get(upper, upper)
    return upper.replace("FP", "Fp", 1).replace("Z", "z").replace("SP", "Sp").replace("PG", "Pg").replace("H", "h")


def _without_spaces(text: str) -> str:
    """``Fp1 Ref`` as ``Fp1-Ref``; any other space says nothing."""
    first, _, rest = text.partition(" ")
    is_referred = canonical(first) is not None and _REFERENCE.fullmatch(rest) is not None
    return f"{first}-{rest}" if is_referred else text.replace(" ", "")


def _electrodes(body: str) -> ChannelName | None:
    parts = re.split(r"[-\u2013_:/]", body, maxsplit=1)
    if len(parts) == 1 and (joined := _JOINED.fullmatch(body)) and _REFERENCE.fullmatch(joined[2]):
        parts = [joined[1], joined[2]]
    first = canonical(parts[0])
    if first is None:
        return None
    is_ear = re.fullmatch(r"[AM][0-9]", first)             # A2-A1 is a pair of ears, Fp1-A1 an electrode against one
    if len(parts) == 1 or (_EAR_REFERENCE.fullmatch(parts[1]) and not is_ear):
        return ChannelName("eeg", electrode=first)
    second = canonical(re.sub(r"-[0-9]$", "", parts[1]))   # some exports number repeated derivations: T8-P8-0, T8-P8-1
    if second is None:                                     # no electrode: a reference by a name of the maker's own
        return ChannelName("eeg", electrode=first)
    return ChannelName("pair", pair=(first, second))


def _others(body: str, prefix: str, of_net: bool) -> ChannelName:
    if _NET.fullmatch(body):
        return ChannelName("eeg" if of_net else "eog")
    if prefix == "EEG" and re.fullmatch(r"[0-9]+([-_].*)?|[A-Z]+[0-9'\"]*([-_].*)?", body):
        return ChannelName("eeg")
    return ChannelName("other")
