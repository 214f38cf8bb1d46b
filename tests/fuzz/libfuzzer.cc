// libFuzzer's way in, for the target that FANTAIL_FUZZ_TARGET names.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/targets.h"

namespace {

const fantail::fuzz::Target* target = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* const name = std::getenv("FANTAIL_FUZZ_TARGET");
  target = fantail::fuzz::FindTarget(name == nullptr ? "" : name);
  if (target != nullptr) return 0;
  std::fprintf(stderr,
               "fantail-libfuzzer: FANTAIL_FUZZ_TARGET \"%s\": no such target; tools/fuzz "
               "--help names them\n",
               name == nullptr ? "" : name);
  std::exit(64);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  target->run(std::as_bytes(std::span(data, size)));
  return 0;
}
