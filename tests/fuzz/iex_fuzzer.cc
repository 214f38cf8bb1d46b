// libFuzzer: any bytes as a capture of IEX.
#include "tests/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzIex(std::as_bytes(std::span(data, size)));
  return 0;
}
