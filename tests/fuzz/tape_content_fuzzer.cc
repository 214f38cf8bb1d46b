// libFuzzer: any bytes as the payload of a tape's block.
#include "tests/fuzz/tape_entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzTapeContent(std::as_bytes(std::span(data, size)));
  return 0;
}
