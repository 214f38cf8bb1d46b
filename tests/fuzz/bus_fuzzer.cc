// libFuzzer: any conversation, from all sides of a bus.
#include <cstdint>

#include "tests/fuzz/bus_entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fantail::fuzz::FuzzBus(std::as_bytes(std::span(data, size)));
  return 0;
}
