#!/usr/bin/python3
"""Prints the trades of an open feed as CSV.

Usage: open_feed.py ENDPOINT [PATTERN...]     such as tcp://127.0.0.1:5580 AAPL 'BA*'
"""
import csv
import sys

from fantail_open import number, read
from open_generated import Kind

rows = csv.writer(sys.stdout, lineterminator="\n")
rows.writerow("ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue".split(","))
for symbol, tick in read(sys.argv[1], sys.argv[2:]):
    if symbol is None:
        print("open_feed.py:", tick, file=sys.stderr, flush=True)
    elif tick.Kind() == Kind.trade:
        price = number(tick.Price(), tick.PriceExponent())
        size = number(tick.Size(), tick.SizeExponent())
        venue = (tick.Venue() or b"").decode(errors="replace")
        rows.writerow([tick.Time(), symbol, "trade", price, size, *[""] * 4, venue])
    sys.stdout.flush()
