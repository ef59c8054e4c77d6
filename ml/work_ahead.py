"""Compute the next values in threads while the present one is used: in order, and never more than a few at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")


def work_ahead(function: Callable[[Item], Value], items: Iterable[Item], *, threads: int = 1) -> Iterator[Value]:
    """Yield ``function(item)`` for each item, in order.

    Parameters
    ----------
    function
        Mostly NumPy and SciPy, which release the interpreter lock.
    threads
        Values that are computed at once, beside the one that the caller holds; 0 computes each when it is asked for.

    Raises
    ------
    Exception
        What ``function`` raised, when its value is due; nothing further is then begun.
    """
    if threads < 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        pending: deque[Future[Value]] = deque()
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
