"""Left and right without torch."""

from typing import Final

MIRROR: Final = (4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11, 16, 17)
"""Row of the mirrored pair of every pair of ``CHAIN_PAIRS``, by hand."""
