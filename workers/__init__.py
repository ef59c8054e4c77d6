"""Work beside the web server: thin tasks over services and ``ml``.

``serving.serve`` runs a worker: ``polling`` the job table in embedded mode, hinted by Celery (``celery_app``) in service mode.
Either way a ``Runner`` claims a job, a ``child`` process computes it under limits, and the ``Caretaker`` thread takes back
what died. ``kinds`` says what work there is.
"""
