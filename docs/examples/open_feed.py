#!/usr/bin/python3
"""Prints the trades of an open feed as CSV.

Usage: open_feed.py ENDPOINT [PATTERN...]     such as tcp://127.0.0.1:5580 AAPL 'BA*'

Needs Debian's python3-zmq and python3-flatbuffers, and beside this file what
flatc --python --gen-onefile schemas/open.fbs writes.
"""
import csv
import sys

import zmq
from open_generated import Batch, Gap, Kind, State


def decimal(digits, exponent):
    """Digits times ten to the exponent: exact, and as short as it can be."""
    if digits == 0 or exponent >= 0:
        return str(digits * 10**exponent) if digits else "0"
    text = str(abs(digits)).rjust(1 - exponent, "0")
    fraction = text[exponent:].rstrip("0")
    return "-" * (digits < 0) + text[:exponent] + ("." + fraction if fraction else "")


def say(what):
    print("open_feed.py:", what, file=sys.stderr, flush=True)


endpoint, *patterns = sys.argv[1:]
socket = zmq.Context().socket(zmq.SUB)
socket.rcvtimeo = 3000  # the feed says each second how it is
for pattern in patterns or ["*"]:
    socket.subscribe(pattern[:-1] if pattern.endswith("*") else pattern + "\0")
socket.subscribe("$fantail/")
socket.connect(endpoint)

rows = csv.writer(sys.stdout, lineterminator="\n")
rows.writerow("ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue".split(","))
state = ""
while state != "ended":
    try:
        topic, body = socket.recv_multipart()
    except zmq.Again:
        topic, body, state = b"", b"", "stale: nothing has come for 3 s"
        say(state)
    if topic == b"$fantail/state\0":
        news = State.GetRootAs(body).State().decode()
        if news != state:
            say(f"{news} {State.GetRootAs(body).Cause().decode()}")
        state = news
    elif topic == b"$fantail/gap\0":
        gap = Gap.GetRootAs(body)
        say(f"positions {gap.From() + 1} to {gap.To()} are missing: {gap.Reason().decode()}")
    elif topic and not topic.startswith(b"$fantail/"):
        batch = Batch.GetRootAs(body)
        for i in range(batch.RecordsLength()):
            r = batch.Records(i)
            if r.Kind() == Kind.trade:
                price = decimal(r.Price(), r.PriceExponent())
                size = decimal(r.Size(), r.SizeExponent())
                venue = (r.Venue() or b"").decode()
                rows.writerow([r.Time(), batch.Topic().decode(), "trade", price, size,
                               "", "", "", "", venue])
        sys.stdout.flush()
