"""Looks whether every test that a page names exists.

Usage: named_tests.py PAGE HEADING TESTS-FOLDER

In the section of PAGE under HEADING each `Suite.Name` is one; a suite of parameters is named without them. Tests that
are not of GoogleTest are found by the NAME that CMake has of them. Exit status: 0 all exist, 1 not.
"""

import pathlib
import re
import sys


def main(page, heading, tests):
    text = pathlib.Path(page).read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    names = set(re.findall(r"`([A-Z]\w+\.[A-Z]\w+)`", found.group(1))) if found else set()
    if not names:
        print(f"{page}: \"{heading}\" names no tests")
        return 1
    known = set()
    for path in pathlib.Path(tests).rglob("*_test.cc"):
        for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", path.read_text(encoding="utf-8"), re.M):
            known.add(f"{suite}.{name}")
    for path in pathlib.Path(tests).rglob("CMakeLists.txt"):
        known.update(re.findall(r"NAME (\w+\.\w+)", path.read_text(encoding="utf-8")))
    for name in sorted(names - known):
        print(f"{page}: {name}: no such test; name the one that it has become")
    return 1 if names - known else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
