"""Imports every subject, so that ``Table.metadata`` is whole: for migrations and for nothing else."""

from app.db import accounts, audit, explanations, findings, patients, pseudonyms, reports, studies, viewing, work

__all__ = ["accounts", "audit", "explanations", "findings", "patients", "pseudonyms", "reports", "studies", "viewing", "work"]
