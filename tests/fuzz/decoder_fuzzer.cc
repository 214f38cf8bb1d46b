// libFuzzer: any bytes into the decoder.
#include "tests/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzDecoder(std::as_bytes(std::span(data, size)));
  return 0;
}
