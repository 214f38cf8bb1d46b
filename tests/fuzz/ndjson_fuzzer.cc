// libFuzzer: any bytes as lines of NDJSON.
#include "tests/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzNdjson(std::as_bytes(std::span(data, size)));
  return 0;
}
