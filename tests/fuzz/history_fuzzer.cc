// libFuzzer: any question, and any part of an answer.
#include <cstdint>

#include "tests/fuzz/history_entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzHistory(std::as_bytes(std::span(data, size)));
  return 0;
}
