"""The form of a patient's particulars, for a new one and for changes."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from app.services.patients import PatientView
from components import fields

SEXES: Final = {"unknown": "Not stated", "F": "Female", "M": "Male"}


def patient_form(prefix: str, patient: PatientView | None = None) -> Component:
    """Fields with the ids ``<prefix>-name``, ``-record``, ``-sex``, ``-born`` and ``-note``."""
    born = patient.birth_date.isoformat() if patient and patient.birth_date else ""
    return html.Div(
        [
            fields.field(
                "Name",
                fields.text(f"{prefix}-name", value=patient.name if patient else "", maxLength=200),
                "Family name, first name",
            ),
            fields.field(
                "Record number",
                fields.text(f"{prefix}-record", value=patient.record_number if patient else "", maxLength=80),
                "Unique in your clinic",
            ),
            fields.field(
                "Birth date",
                fields.text(f"{prefix}-born", value=born, kind="date"),
                "Needed for the age at the recording: children and neonates are handled differently",
            ),
            fields.field("Sex", fields.choice(f"{prefix}-sex", SEXES, (patient.sex if patient else None) or "unknown")),
            fields.field("Note", fields.text(f"{prefix}-note", value=patient.note if patient else "", maxLength=4000)),
        ],
        className="field-grid",
    )
