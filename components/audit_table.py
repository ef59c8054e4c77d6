"""The audit log as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from dash import html
from dash.development.base_component import Component

from app.services.audit import AuditView
from components import clock, states
from components.dense_table import dense_table

ACTIONS: Final = {
    "all": "All actions",
    "signed_in": "Signed in",
    "signed_out": "Signed out",
    "sign_in_failed": "Sign-in failed",
    "upload_started": "Upload started",
    "upload_confirmed": "Upload confirmed",
    "upload_stored": "Upload stored",
    "upload_refused": "Upload refused",
    "upload_cancelled": "Upload cancelled",
    "study_created": "Study created",
    "studies_joined": "Studies joined",
    "study_separated": "Joined study separated",
    "recording_opened": "Recording opened",
    "study_status": "Study status changed",
    "analysis_asked": "Analysis asked for",
    "event_accepted": "Event accepted",
    "event_dismissed": "Event dismissed",
    "event_withdrawn": "Decision withdrawn",
    "annotation_add": "Annotation added",
    "annotation_change": "Annotation changed",
    "annotation_remove": "Annotation removed",
    "annotation_undo": "Act on an annotation taken back",
    "annotation_redo": "Act on an annotation done again",
    "report_begun": "Report begun",
    "report_changed": "Report changed",
    "report_signed": "Report signed",
    "report_downloaded": "Report downloaded",
    "events_exported": "Events exported",
    "annotations_exported": "Annotations exported",
    "similar_windows_searched": "Similar windows searched in all studies",
    "patient_created": "Patient added",
    "patient_changed": "Patient changed",
    "user_created": "User added",
    "user_disabled": "User disabled",
    "link_issued": "Sign-in link issued",
    "token_issued": "API token issued",
    "password_changed": "Password changed",
    "settings_changed": "Own settings changed",
    "montage_created": "Own montage added",
    "montage_changed": "Own montage changed",
    "montage_deleted": "Own montage deleted",
    "electrode_marked_bad": "Electrode marked as bad",
    "electrode_mark_taken_back": "Mark of an electrode taken back",
    "site_changed": "Site settings changed",
    "clinic_created": "Clinic created",
}


def audit_table(rows: Iterable[AuditView], zone: str) -> Component:
    """One line per row of the log, newest first; times in the zone of the clinic."""
    body = [_row(row, zone) for row in rows]
    if not body:
        return states.empty("No entries.", "Nothing fits this filter.")
    return dense_table(("No.", f"Time ({zone})", "User", "Action", "Object", "Detail"), body, class_name="audit-table")


def _row(row: AuditView, zone: str) -> Component:
    detail = ", ".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in row.detail.items()
    )
    identifier = html.Code(str(row.object_id)[:8], title=str(row.object_id)) if row.object_id else None
    cells = (str(row.seq), clock.moment(row.at, zone), row.user_name or "–", ACTIONS.get(row.action, row.action),
             html.Span([row.object_kind, " ", identifier]), html.Span(detail, className="mono audit-detail"))
    return html.Tr([html.Td(cell) for cell in cells])
