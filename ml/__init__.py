"""An EEG library: recordings in, pattern probabilities and events out.

Speaks of physics and patterns only: it knows no web, no database, no settings and no queue.
"""
