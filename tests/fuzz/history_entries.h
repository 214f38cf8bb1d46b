// What the fuzzer of the history calls with any bytes.
#ifndef FANTAIL_TESTS_FUZZ_HISTORY_ENTRIES_H_
#define FANTAIL_TESTS_FUZZ_HISTORY_ENTRIES_H_

#include <cstddef>
#include <span>

namespace fantail::fuzz {

// Takes the bytes as a question, as a part of a directory, and, behind a compression of its own, as
// a part of an answer: damage inside a part is behind the compression.
void FuzzHistory(std::span<const std::byte> bytes);

}  // namespace fantail::fuzz

#endif  // FANTAIL_TESTS_FUZZ_HISTORY_ENTRIES_H_
