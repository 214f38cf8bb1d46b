"""Runs fantail-bench for a moment: all three relays are measured, and nothing is lost.

Usage: bench_test.py FANTAIL_BENCH

How fast anything is, is not looked at: a test must not fail because a machine is busy.
"""

import re
import subprocess
import sys
import unittest

BENCH = ""
RELAYS = ["fantail-gateway", "zmq_proxy", "raw relay"]


def fanout(*options):
    run = subprocess.run([BENCH, "fanout", "--subscribers", "4", "--seconds", "1", *options],
                         capture_output=True, text=True, timeout=120, check=False)
    return run.returncode, run.stdout, run.stderr


def figures(line, relay):
    return [float(word) for word in line[len(relay):].split()]


class FanoutTest(unittest.TestCase):

    def check_table(self, out):
        lines = out.split("\n")
        for relay in RELAYS:
            rows = [line for line in lines if line.startswith(relay)]
            self.assertTrue(rows, f"no line for {relay} in:\n{out}")
            row = figures(rows[0], relay)
            self.assertEqual(len(row), 9, rows[0])
            wanted, delivered, wrong = row[6:]
            self.assertGreater(wanted, 0)
            self.assertEqual(delivered, wanted, relay)
            self.assertEqual(wrong, 0, relay)

    def check_last_lines(self, out):
        last = out.rstrip("\n").split("\n")[-2:]
        self.assertRegex(last[0], r"^ratio_to_zmq_proxy \d+\.\d+$")
        self.assertRegex(last[1], r"^ratio_to_raw_relay \d+\.\d+$")

    def test_delivers_everything_through_each_relay(self):
        code, out, err = fanout("--interest", "all")
        self.assertEqual(code, 0, out + err)
        self.check_table(out)
        self.check_last_lines(out)

    def test_delivers_what_the_watch_lists_ask_for(self):
        code, out, err = fanout("--interest", "watchlists")
        self.assertEqual(code, 0, out + err)
        self.check_table(out)
        self.check_last_lines(out)

    def test_delivers_everything_with_keys_and_without(self):
        run = subprocess.run([BENCH, "keys", "--subscribers", "2", "--seconds", "1"],
                             capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, r"ratio_with_keys_plain \d+\.\d+\nratio_with_keys_shared \d+\.\d+\n$")

    def test_measures_latency_at_a_rate(self):
        code, out, err = fanout("--rate", "5000")
        self.assertEqual(code, 0, out + err)
        self.check_table(out)
        latency = out[out.index("latency, us"):]
        for relay in RELAYS:
            p50, p99, p999, longest = figures(re.search(f"^{relay}.*$", latency, re.M).group(), relay)
            self.assertTrue(0 < p50 <= p99 <= p999 <= longest, latency)
        self.assertRegex(out, r"\np99_ratio_to_zmq_proxy \d+\.\d+\n")
        self.check_last_lines(out)

    def test_cuts_links_and_loses_nothing(self):
        run = subprocess.run([BENCH, "cuts", "--cuts", "4", "--lines", "4", "--seed", "5"],
                             capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, r"\nall +4 ")
        self.assertIn("ticks lost 0, wrong 0, every desk has everything: yes", run.stdout)

    def test_stops_desks_and_nobody_else_loses_anything(self):
        # Longer than a session that is silent lasts.
        run = subprocess.run([BENCH, "stopped", "--desks", "12", "--stopped", "3", "--seconds", "7", "--rate", "50000"],
                             capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        row = [float(word) for word in run.stdout.rstrip("\n").split("\n")[-1].split()]
        stopped, lost, wrong, told = row[0], row[7], row[8], row[9]
        self.assertEqual((stopped, lost, wrong), (3, 0, 0), run.stdout)
        self.assertEqual(told, 3, run.stdout)

    def test_attacks_a_gateway_and_lets_nobody_in(self):
        run = subprocess.run([BENCH, "attack", "--desks", "2", "--rounds", "1", "--seconds", "1", "--connects", "200",
                              "--reconnecting", "8", "--reconnects", "2"],
                             capture_output=True, text=True, timeout=120, check=False)
        out = run.stdout + run.stderr
        self.assertEqual(run.returncode, 0, out)
        self.assertGreater(int(re.search(r"\nmedian .* (\d+)\n", out).group(1)), 20, out)
        heard = re.search(r"\nkeys that nobody knows let in 0, bytes answered at the most (\d+), sessions cut 0\n", out)
        # Nothing but ZMTP's greeting.
        self.assertTrue(0 < int(heard.group(1)) <= 64, out)
        self.assertIn("\nticks lost 0, wrong 0\nratio_p99 ", out)
        self.assertIn("\ngrown_descriptors 0\n", out)

    def test_shows_nothing_old_as_live_behind_a_link_that_is_too_thin(self):
        for where in ["above", "below"]:
            run = subprocess.run([BENCH, "thin-link", "--seconds", "8", "--where", where],
                                 capture_output=True, text=True, timeout=120, check=False)
            out = run.stdout + run.stderr
            self.assertIn("\nwrong 0; everything is there once the feed is quiet: yes\n", out)
            gaps = int(re.search(r"sessions \d+, gaps (\d+),", out).group(1))
            self.assertGreater(gaps, 0, out)
            # 3.2 s are promised; a busy machine may be a while late in noticing.
            oldest = float(re.search(r"\nlive_age_max (\S+) ", out).group(1))
            self.assertLess(oldest, 6, out)

    def test_measures_tapes_beside_plain_files(self):
        run = subprocess.run([BENCH, "tape", "--synthetic", "20000", "--seek-records", "50000",
                              "--seeks", "5"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        for what in ["write active, 20 a commit", "import, with reading rows", "read sealed",
                     "zstd -3 over structs, read"]:
            self.assertRegex(run.stdout, rf"\n{what} +\d+\.\d +\d+\.\d+ +\d+\.\d+\n")
        self.assertRegex(run.stdout, r"\nby the clock +median \d+\.\d ms, max \d+\.\d ms\n")

    def test_replays_a_tape_and_says_how_late_its_ticks_are(self):
        run = subprocess.run([BENCH, "replay", "--records", "100000", "--seconds", "1"],
                             capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, r"\npacing_p99_ms \d+\.\d+\n")
        ticks = int(re.search(r"pacing at 1x, (\d+) ticks", run.stdout).group(1))
        self.assertGreater(ticks, 10000)

    def test_measures_seeks(self):
        run = subprocess.run([BENCH, "replay", "--records", "100000", "--seek"],
                             capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, r"\nseek_max_ms \d+\.\d+\n")

    def test_measures_many_sessions(self):
        run = subprocess.run([BENCH, "sessions", "--sessions", "100", "--patterns", "10",
                              "--topics", "1000", "--seconds", "1"],
                             capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, r"\nlive_seconds \d+\.\d+\nmebibytes \d+\.\d+\n")
        rows = [line.split() for line in run.stdout.split("\n") if re.match(r" +\d+ +\d+ ", line)]
        self.assertEqual([row[:2] for row in rows], [["100", "10"], ["10", "10"], ["100", "1"]])
        for row in rows:
            self.assertGreater(float(row[6]), 0, run.stdout)
            self.assertEqual(row[-2:], ["0", "0"], run.stdout)

    def test_measures_the_bus_beside_a_proxy(self):
        run = subprocess.run([BENCH, "bus", "--seconds", "1", "--runs", "1"],
                             capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        for device in ["fantail-bus", "zmq_proxy"]:
            row = figures(re.search(f"^{device}.*$", run.stdout, re.M).group(), device)
            self.assertGreater(row[0], 0, run.stdout)
        self.assertRegex(run.stdout, r"\nratio_requests \d+\.\d+\nratio_p99 \d+\.\d+\n")

    def test_names_the_gateway_that_is_not_there(self):
        code, _, err = fanout("--gateway", "/nowhere/fantail-gateway")
        self.assertEqual(code, 74)
        self.assertIn("/nowhere/fantail-gateway", err)


if __name__ == "__main__":
    BENCH = sys.argv.pop()
    unittest.main()
