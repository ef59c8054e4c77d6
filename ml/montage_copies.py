"""Built-in montages as text, from which readers start their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ml.channels import EARS, ELECTRODES
from ml.montage import NEIGHBORS, PAIRS, MontageName, mirrored


def text_of(montage: MontageName, *, right_first: bool = False) -> str:
    """A montage as ``ml.own_montage`` reads it, chain by chain, the ECG last; "as recorded" as on a recording of the 10-20 system."""
    order = mirrored if right_first and montage != "as recorded" else str
    pairs = PAIRS.get(montage)
    lines = _chains([(order(first), order(second)) for first, second in pairs]) if pairs else _single(montage, order)
    return "\n".join([*lines, "", "ECG"])


def _chains(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Pairs with an empty line where one does not go on from the electrode of the one above."""
    lines, reached = list[str](), pairs[0][0]
    for first, second in pairs:
        lines += ([""] if first != reached else []) + [f"{first}-{second}"]
        reached = second
    return lines


def _single(montage: MontageName, order: Callable[[str], str]) -> list[str]:
    names = [order(name) for name in ELECTRODES]
    if montage == "laplacian":
        return [f"{name}-{_around(name)}" for name in names]
    if montage == "cz":
        return [f"{name}-Cz" for name in names if name != "Cz"]
    ending = {"average": "-avg", "linked ears": f"-({'+'.join(EARS[0])})"}.get(montage, "")
    return [name + ending for name in names]


def _around(name: str) -> str:
    """The neighbors of an electrode; those that stand in one place in parentheses of their own."""
    return _joined([place if isinstance(place, str) else _joined(place) for place in NEIGHBORS[name]])


def _joined(names: Sequence[str]) -> str:
    return f"({'+'.join(names)})"
