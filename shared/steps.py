"""The named steps at which a crash would be worst, said as audit events.

Nobody listens in production, and then a step costs some 100 ns. A test that wants to see or to break a process at a
step adds an audit hook (PEP 578) to it; there is no code for faults and no switch in the product.
"""

import sys
from enum import StrEnum


class Step(StrEnum):
    """Where a change, or an event on its way, is just then."""

    BEFORE_INSERT = "peerpath.before_insert"
    """A transaction is open; its next bulk of state, events or positions is not written."""
    AFTER_INSERT = "peerpath.after_insert"
    BEFORE_COMMIT = "peerpath.before_commit"
    """Everything of a transaction is written and nobody else sees it."""
    AFTER_COMMIT = "peerpath.after_commit"
    """It holds, and whoever waits for it is not answered yet."""
    BEFORE_SEND = "peerpath.before_send"
    """The relay has read the rows, and Kafka has nothing of them."""
    AFTER_SEND = "peerpath.after_send"
    """The producer has them; Kafka may."""
    BEFORE_ACK = "peerpath.before_ack"
    """The relay waits for Kafka's acknowledgements."""
    AFTER_ACK = "peerpath.after_ack"
    """Kafka has them, and they are still in the outbox."""
    BEFORE_DELETE = "peerpath.before_delete"
    AFTER_DELETE = "peerpath.after_delete"
    BEFORE_OFFSET_COMMIT = "peerpath.before_offset_commit"
    AFTER_OFFSET_COMMIT = "peerpath.after_offset_commit"
    BEFORE_REBALANCE = "peerpath.before_rebalance"
    """Kafka takes partitions away; whatever is in hand is void."""
    AFTER_REBALANCE = "peerpath.after_rebalance"
    """A partition's position is read; nothing of it is handled."""
    BEFORE_LEASE = "peerpath.before_lease"
    AFTER_LEASE = "peerpath.after_lease"
    """This process is the relay now, as far as it knows."""


def reached(step: Step) -> None:
    """Say that this process is at a step. Raises what a listener raises."""
    sys.audit(step)
