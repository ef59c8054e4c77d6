"""Words that name nobody: what remains of labels and annotations when a recording leaves the clinic.

An allow-list, since nobody can list the names of people. A text stays only if all of it is known; numbers of up to three digits are
too short to be a record number, a date or a telephone number. What an allow-list of words cannot tell: a name that is also a word of
EEG (Sharp, Close) and stands alone.
"""

from __future__ import annotations

import re
from typing import Final

from ml.channel_names import canonical

REPLACEMENT: Final = "[removed]"
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+")
_LETTERS_AND_DIGITS: Final = re.compile(r"[A-Za-z]+[0-9]{0,3}'?|[0-9]{1,3}")

_OF_ANNOTATIONS: Final = """
    a after an and at before begin beginning begins bilateral both by calibration change changed continued during end ended ends for from
    generalized generalised in is left lateralized lateralised low high more no none not of off on onset over post pre right second
    seconds sec s min minute minutes ms hz uv mv hr bpm start started starts still stop stopped stops the then to with without
    eeg ecg ekg eog emg video montage filter gain sensitivity impedance check recording record resumed paused electrode electrodes
    channel channels reference notch
    eye eyes open opened opening closed closing close blink blinks blinking movement movements moving chewing swallowing talking speaking
    speech cough coughing yawn snoring artefact artefacts artifact artifacts muscle sweat line noise
    awake wake waking asleep sleep sleeping drowsy drowsiness arousal rem nrem stage n rest resting relaxed
    hyperventilation hv posthyperventilation photic stimulation stim ips flash flicker light stimulus auditory noxious sternal rub pain
    seizure seizures ictal interictal postictal preictal event events clinical subclinical electrographic spike spikes sharp wave waves polyspike
    discharge discharges epileptiform lpd lpds gpd gpds lrda grda rda pd bird birds burst bursts suppression slow slowing theta delta
    alpha beta spindle spindles vertex mu lambda wicket triphasic rhythmic periodic pattern other unsure
    frontal temporal parietal occipital central midline hemisphere focal asymmetry attenuation reactive reactivity background
    rhythm tonic clonic myoclonic jerk jerks twitch absence aura button push pressed
    type clip note notes rec total time experts expert xlspike xlevent trigger response task baseline count counting arithmetic test t
"""
_OF_LABELS: Final = """
    EEG ECG EKG EOG EMG ERG REF REFERENCE AVG AVE AV AR CAR LE LER GND POL PG SP LOC ROC LUC RUC HEOG VEOG HEO VEO CHIN LEG LLEG RLEG ARM DELT
    DELTOID L R LEFT RIGHT RESP RESPIRATION AIRFLOW FLOW NASAL THORAX THOR ABDOMEN ABD CHEST SAO SPO SPO2 SAO2 PULSE PLETH HR TEMP POS POSITION
    LIGHT SOUND EVENT EVENTS STATUS TRIG TRIGGER TRIGGERS DC MARKER PHOTIC BP ABP ICP CVP CO ETCO X E AUX MISC BIP EXG GSR ACC
"""
_ANNOTATION_WORDS: Final = frozenset(_OF_ANNOTATIONS.split())
_LABEL_WORDS: Final = frozenset(_OF_LABELS.split())


def harmless(text: str) -> str:
    """The text if all of its words are known, else ``[removed]``, or ``x`` where that is longer than the text."""
    words = _TOKEN.findall(text)
    if all(len(word) <= 3 if word.isdigit() else len(word) == 1 or word.casefold() in _ANNOTATION_WORDS or canonical(word) for word in words):
        return text if text.isascii() else " ".join(words)[:len(text)]
    return REPLACEMENT if len(text) >= len(REPLACEMENT) else "x"


def is_label(label: str) -> bool:
    """Whether a label names electrodes, references and kinds of signals and nothing else."""
    parts = [part for part in re.split(r"[\s\-_.:/+()]+", label) if part]
    return bool(parts) and all(_LETTERS_AND_DIGITS.fullmatch(part) and _is_known(part.upper().rstrip("'")) for part in parts)


def _is_known(part: str) -> bool:
    return part.isdigit() or canonical(part) is not None or part in _LABEL_WORDS or part.rstrip("0123456789") in _LABEL_WORDS
