#!/usr/bin/python3
"""tools/rules finds each planted violation, and only those."""

import os
import subprocess
import sys
import tempfile
import unittest

RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "tools", "rules")


class RulesTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.TemporaryDirectory(prefix="fantail-rules-")

    def tearDown(self):
        self.root.cleanup()

    def plant(self, path, text):
        path = os.path.join(self.root.name, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def found(self):
        run = subprocess.run([sys.executable, RULES, self.root.name],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.stderr, "")
        lines = run.stdout.splitlines()
        self.assertEqual(run.returncode, 1 if len(lines) > 1 else 0)
        return lines[:-1]

    def assert_one(self, start, remedy):
        found = self.found()
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(start), found[0])
        self.assertIn(remedy, found[0])

    def test_is_content_with_what_keeps_the_rules(self):
        self.plant("fantail/feed/ring.h", '#include "fantail/base/ids.h"\n#include "fantail/wire/tick.h"\n')
        self.plant("fantail/net/clock.cc", "auto t = std::chrono::steady_clock::now();\n#include <zmq.hpp>\n")
        self.plant("fantail/CMakeLists.txt", "add_library(x net/clock.cc)\n")
        self.plant("tests/system/wait.h", "void f() { usleep(1); }\n")
        self.assertEqual(self.found(), [])

    def test_finds_an_arrow_that_points_up(self):
        self.plant("fantail/wire/tick.h", '\n#include "fantail/feed/ring.h"\n')
        self.assert_one("fantail/wire/tick.h:2: ", "may: base")

    def test_finds_the_core_reaching_text_net_and_app(self):
        for folder in ("text", "net", "app"):
            self.plant(f"fantail/feed/{folder}.h", f'#include "fantail/{folder}/x.h"\n')
        self.assertEqual(len(self.found()), 3)

    def test_finds_zeromq_outside_its_folder(self):
        self.plant("gateway/relay.h", "#include <zmq.hpp>\n")
        self.assert_one("gateway/relay.h:1: ", "fantail/net")

    def test_finds_a_second_file_with_the_option_parser(self):
        self.plant("gateway/x.h", "#include <CLI/CLI.hpp>\n")
        self.assert_one("gateway/x.h:1: ", "fantail/app/options.h")

    def test_finds_a_program_that_includes_another(self):
        self.plant("gateway/x.h", '#include "publisher/feeder.h"\n')
        self.plant("tools/fantail-replay/x.h", '#include "tools/fantail-replay/y.h"\n')
        self.assert_one("gateway/x.h:1: ", "move what both need")

    def test_finds_the_library_including_a_program(self):
        self.plant("fantail/app/x.h", '#include "publisher/feeder.h"\n')
        self.assert_one("fantail/app/x.h:1: ", "move what both need")

    def test_finds_a_sleep_in_a_unit_test(self):
        self.plant("tests/unit/x.h", "std::this_thread::sleep_for(1s);\n")
        self.assert_one("tests/unit/x.h:1: ", "tests/system")

    def test_finds_a_clock_in_the_core(self):
        self.plant("fantail/feed/x.h", "auto t = std::chrono::steady_clock::now();\n")
        self.plant("fantail/base/x.h", "clock_gettime(CLOCK_MONOTONIC, &t);\n")
        self.plant("fantail/wire/x.h", "auto t = time(nullptr); auto u = record.time(0);\n")
        self.assertEqual(len(self.found()), 3)

    def test_leaves_comments_alone(self):
        self.plant("fantail/feed/x.h", "// never steady_clock::now()\n/* nor\n clock_gettime */ int x;\n")
        self.assertEqual(self.found(), [])

    def test_finds_a_file_that_is_too_long(self):
        self.plant("fantail/feed/x.h", "\n" * 501)
        self.assert_one("fantail/feed/x.h:500: ", "split it")

    def test_finds_a_line_that_is_too_long(self):
        self.plant("fantail/feed/x.h", "// " + 97 * "x" + "\n// " + 98 * "x" + "\n")
        self.assert_one("fantail/feed/x.h:2: ", "break the line")

    def test_finds_a_file_that_nothing_builds(self):
        self.plant("fantail/base/dead.cc", "")
        self.plant("fantail/CMakeLists.txt", "# base/dead.cc was here\n")
        self.assert_one("fantail/base/dead.cc:1: ", "list it")


if __name__ == "__main__":
    unittest.main()
