// libFuzzer: any bytes as the messages of a packed session.
#include "tests/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzPacked(std::as_bytes(std::span(data, size)));
  return 0;
}
