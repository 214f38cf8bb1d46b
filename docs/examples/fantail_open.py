"""Reads an open feed. Copy it beside what flatc --python --gen-onefile schemas/open.fbs writes.

Needs Debian's python3-zmq and python3-flatbuffers.
"""
from decimal import Decimal

import zmq
from open_generated import Batch, Gap, State


def number(digits, exponent):
    """Exact, and as short as it can be."""
    return f"{Decimal(digits).scaleb(exponent).normalize():f}"


def read(endpoint, patterns):
    """Gives (topic, record) for each tick, and (None, text) when the feed's state changes or something is missing,
    until the feed has ended."""
    socket = zmq.Context().socket(zmq.SUB)
    for pattern in patterns or ["*"]:
        socket.subscribe(pattern[:-1] if pattern.endswith("*") else pattern + "\0")
    socket.subscribe("$fantail/")
    socket.connect(endpoint)
    state = None
    while state != b"ended":
        if not socket.poll(3000):  # the feed says each second how it is
            state = None
            yield None, "stale: nothing has come for 3 s"
            continue
        topic, body = socket.recv_multipart()
        if topic == b"$fantail/state\0":
            last, state = state, State.GetRootAs(body).State()
            if state != last:
                yield None, (state + b" " + State.GetRootAs(body).Cause()).decode(errors="replace")
        elif topic == b"$fantail/gap\0":
            gap = Gap.GetRootAs(body)
            reason = gap.Reason().decode(errors="replace")
            yield None, f"positions {gap.From() + 1} to {gap.To()} are missing: {reason}"
        else:
            batch = Batch.GetRootAs(body)
            for i in range(batch.RecordsLength()):
                yield batch.Topic().decode(errors="replace"), batch.Records(i)
