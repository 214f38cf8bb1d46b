// libFuzzer: any bytes as a tape file.
#include "tests/fuzz/tape_entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzTapeFile(std::as_bytes(std::span(data, size)));
  return 0;
}
