"""The whole site on one screen: every address, its page and who may open it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from app.access import Permission

OBJECT_ID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"   # uuid4 as addresses show it


@dataclass(frozen=True, slots=True)
class Page:
    """One address; ``module`` offers ``layout(**query) -> Component`` and registers its callbacks on import."""

    path: str                                       # "/studies/<study_id>": the variable is an argument of the layout
    module: str
    title: str
    icon: str = ""                                  # a class of assets/icons.css, without "icon-"
    nav: Literal["bar", "person", "none"] = "none"  # top bar, menu of the person, or reached from other pages only
    permission: Permission | None = None            # None: everybody who is signed in

    def matches(self, path: str) -> bool:
        """Tell whether ``path`` is an address of this page."""
        return re.fullmatch(re.sub(r"<\w+>", OBJECT_ID, self.path), path.rstrip("/") or "/") is not None


SITE_MAP: Final[tuple[Page, ...]] = (
    Page("/", "pages.overview", "Overview", "home", "bar"),
    Page("/studies", "pages.studies", "Studies", "list", "bar", Permission.READ_STUDIES),
    # deeper addresses first: Dash takes the first template that fits, and "<study_id>" also fits "id/review"
    Page("/studies/<study_id>/review", "pages.viewer", "EEG viewer", permission=Permission.READ_STUDIES),
    Page("/studies/<study_id>/spectrogram", "pages.spectrogram", "Spectrogram", permission=Permission.READ_STUDIES),
    Page("/studies/<study_id>/report", "pages.report", "Report", permission=Permission.READ_STUDIES),
    Page("/studies/<study_id>", "pages.study", "Study", permission=Permission.READ_STUDIES),
    Page("/patients", "pages.patients", "Patients", "people", "bar", Permission.READ_STUDIES),
    Page("/patients/<patient_id>", "pages.patient", "Patient", permission=Permission.READ_STUDIES),
    Page("/alerts", "pages.alerts", "Alerts", "bell", "bar", Permission.READ_STUDIES),
    Page("/reports", "pages.reports", "Reports", "page", "bar", Permission.READ_STUDIES),
    Page("/monitoring", "pages.monitoring", "Monitoring", "pulse", "bar", Permission.SEE_MONITORING),
    Page("/upload", "pages.upload", "Upload", "upload", "none", Permission.UPLOAD),
    Page("/settings", "pages.settings", "Settings", "sliders", "person"),
    Page("/settings/montages", "pages.montage", "Montages", "wave", "person"),
    Page("/admin/models", "pages.models", "Model metrics", "chart", "person", Permission.SEE_MODELS),
    Page("/admin/users", "pages.users", "Users", "person", "person", Permission.MANAGE_USERS),
    Page("/admin/audit", "pages.audit", "Audit log", "shield", "person", Permission.READ_AUDIT),
    Page("/help", "pages.help", "Help", "help", "person"),
)
NOT_FOUND: Final = Page("/not-found", "pages.not_found", "Page not found")
