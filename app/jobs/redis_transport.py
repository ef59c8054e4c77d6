"""kombu's Redis transport with one repair: an acknowledgement that the broker did not get no longer makes a worker deaf.

kombu 5.7 asks Redis first and forgets the message after that. If Redis is away at that moment the message counts as being
worked on for ever; with a prefetch of one the consumer then neither reads the queue nor notices that its connection is dead,
also when Redis is back (shown by ``test_a_worker_follows_redis_through_a_restart``). Forgetting it in any case is safe here:
a hint that comes twice finds its job taken.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    def ack(self, delivery_tag: Any) -> None:
        try:
            self._remove_from_indices(delivery_tag).execute()  # type: ignore[no-untyped-call]
        finally:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
