// libFuzzer: any bytes as packed ticks.
#include "tests/fuzz/tape_entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzColumns(std::as_bytes(std::span(data, size)));
  return 0;
}
