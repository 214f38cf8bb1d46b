// libFuzzer: any messages into both halves of a gateway.
#include "tests/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzSessions(std::as_bytes(std::span(data, size)));
  return 0;
}
