"""Tables of people and paper, by subject; doors never import them.

All subjects are imported together: a foreign key needs the table that it names.
"""

from __future__ import annotations

from app.db import accounts, audit, findings, patients, reports, studies, work

__all__ = ["accounts", "audit", "findings", "patients", "reports", "studies", "work"]
