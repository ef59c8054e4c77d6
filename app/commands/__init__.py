"""One file per command of ``hms``; each is imported only when it is asked for."""
