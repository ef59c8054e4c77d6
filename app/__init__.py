"""The application core and its doors: identity, records, jobs, files, reports."""
