#!/usr/bin/python3
"""Prints the trades of an open feed as CSV.

Usage: open_feed.py ENDPOINT [PATTERN...]     such as tcp://127.0.0.1:5580 AAPL 'BA*'

Needs Debian's python3-zmq and python3-flatbuffers, and beside this file what
flatc --python --gen-onefile schemas/open.fbs writes.
"""
import csv
import sys
from decimal import Decimal

import zmq
from open_generated import Batch, Gap, Kind, State


def number(digits, exponent):  # exact, and as short as it can be
    return f"{Decimal(digits).scaleb(exponent).normalize():f}"


def say(*what):
    print("open_feed.py:", *what, file=sys.stderr, flush=True)


endpoint, *patterns = sys.argv[1:]
socket = zmq.Context().socket(zmq.SUB)
socket.rcvtimeo = 3000  # the feed says each second how it is
for pattern in patterns or ["*"]:
    socket.subscribe(pattern[:-1] if pattern.endswith("*") else pattern + "\0")
socket.subscribe("$fantail/")
socket.connect(endpoint)
rows = csv.writer(sys.stdout, lineterminator="\n")
rows.writerow("ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue".split(","))
state = None
while state != b"ended":
    try:
        topic, body = socket.recv_multipart()
    except zmq.Again:
        state = say("stale: nothing has come for 3 s")
        continue
    if topic == b"$fantail/state\0":
        last, state = state, State.GetRootAs(body).State()
        if state != last:
            say(state.decode(), State.GetRootAs(body).Cause().decode())
    elif topic == b"$fantail/gap\0":
        gap = Gap.GetRootAs(body)
        say(f"positions {gap.From() + 1} to {gap.To()} are missing: {gap.Reason().decode()}")
    else:
        batch = Batch.GetRootAs(body)
        symbol = batch.Topic().decode(errors="replace")
        for r in map(batch.Records, range(batch.RecordsLength())):
            if r.Kind() == Kind.trade:
                price = number(r.Price(), r.PriceExponent())
                size = number(r.Size(), r.SizeExponent())
                venue = (r.Venue() or b"").decode(errors="replace")
                rows.writerow([r.Time(), symbol, "trade", price, size, *[""] * 4, venue])
        sys.stdout.flush()
