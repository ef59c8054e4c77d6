"""Recordings of other makers, read once to be converted (``ml.convert``): BrainVision, Nihon Kohden, Persyst, EEGLAB, Neuroscan,
GDF through MNE, and plain matrices in MATLAB and HDF5 files.

Their readers are large and were not written for hostile files: they run in the worker's child only, never in the web server.
"""
