// libFuzzer: any bytes as a file of ITCH.
#include "tests/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzItch(std::as_bytes(std::span(data, size)));
  return 0;
}
