"""What people say of the channels of a file: kept with the study, and remembered by label for the site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.accounts import Clinic
from app.errors import Invalid
from app.services import analyses, audit, studies
from app.services.studies import StudyView
from ml.channel_names import parse_label
from ml.channels import ELECTRODES, IGNORE

KEY: Final = "channel_names"
"""In the settings of a clinic and in the parameters of a job: label as in the file → electrode, pair, ECG, EOG, EMG or "ignore"."""
MAX_REMEMBERED: Final = 2000


def of_site(session: Session, clinic_id: UUID, labels: Iterable[str] | None = None) -> dict[str, str]:
    """What the site has said before, of all labels or of these."""
    said: Mapping[str, str] = session.get_one(Clinic, clinic_id).settings.get(KEY, {})
    return dict(said) if labels is None else {label: said[label] for label in labels if label in said}


def correct(session: Session, who: Actor, study_id: UUID, names: Mapping[str, str], *, remember: bool) -> UUID:
    """Say what the channels of a study are and analyse it again; the id of the job.

    Parameters
    ----------
    names
        Label → meaning; an empty meaning takes a correction back. Labels that are not named keep theirs.
    remember
        Whether the site's later recordings are read in the same way.

    Raises
    ------
    Invalid
        For a label that the file does not have, or a meaning that is none.
    """
    study = studies.get(session, who, study_id)
    require(who, Permission.ANALYSE)
    _require_known(names, {signal["label"] for signal in study.header.get("signals", ())})
    study.channel_names = _merged(study.channel_names, names)
    if remember:
        clinic = session.get_one(Clinic, who.clinic_id)
        clinic.settings = clinic.settings | {KEY: _merged(clinic.settings.get(KEY, {}), names)}
    session.flush()
    audit.record(session, who, "channels_corrected", "study", study.id, channels=len(names), remembered=remember)
    return analyses.run_again(session, who, study_id)


def typed(view: StudyView, meanings: Sequence[str | None]) -> dict[str, str]:
    """What a person has changed, from the fields of all signals in order of the file: label → meaning."""
    pairs = zip(view.signals, view.read_as, meanings, strict=True)
    return {signal["label"]: (said or "").strip() for signal, shown, said in pairs if (said or "").strip() != shown}


def _merged(before: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    merged = {label: meaning for label, meaning in {**before, **names}.items() if meaning}
    return dict(list(merged.items())[-MAX_REMEMBERED:])


def _require_known(names: Mapping[str, str], labels: set[str]) -> None:
    for label, meaning in names.items():
        if label not in labels:
            raise Invalid(f"The file has no signal {label[:80]}. Choose one of its signals.")
        if not is_meaning(meaning):
            raise Invalid(f"{meaning[:40]} is not an electrode of the 10-20 system, a pair of them, ECG, EOG, EMG or {IGNORE}. "
                          "Choose one of these.")


def is_meaning(meaning: str) -> bool:
    """Whether a correction may say so."""
    said = parse_label(meaning)
    if "-" in meaning:               # Fp1 with an unknown partner would be read as Fp1 against a reference
        return said.pair is not None and set(said.pair) <= set(ELECTRODES)
    return meaning in ("", IGNORE) or said.electrode in ELECTRODES or meaning.upper() in ("ECG", "EOG", "EMG")
