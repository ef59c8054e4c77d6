"""Features of EEG windows: one extractor (``extract``), one table (``extract.FEATURES``), a file per family."""
