// Every decoder that bytes from outside reach, by name: what a fuzzer calls, and good inputs to
// begin with, made by our own encoders.
//
// Thread: any.
#ifndef FANTAIL_TESTS_FUZZ_TARGETS_H_
#define FANTAIL_TESTS_FUZZ_TARGETS_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tests/support/damage.h"

namespace fantail::fuzz {

using testing::Bytes;

struct Target {
  const char* name;
  const char* what;                         // for a person
  void (*run)(std::span<const std::byte>);  // aborts if something is wrong
  std::vector<Bytes> (*corpus)();           // never empty; the same each time
  size_t test_runs;                         // in the test suite: some 0.3 s of them
};

std::span<const Target> Targets();
// nullptr if there is none of that name.
const Target* FindTarget(std::string_view name);

}  // namespace fantail::fuzz

#endif  // FANTAIL_TESTS_FUZZ_TARGETS_H_
