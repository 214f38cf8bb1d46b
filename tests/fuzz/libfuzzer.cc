// libFuzzer's way in, for the target that FANTAIL_FUZZ_TARGET names.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/processor_time.h"
#include "tests/fuzz/targets.h"

namespace {

// More than this for one input, sanitizers and all, is an attack on whoever decodes it.
constexpr fantail::Nanos kSlow = std::chrono::milliseconds(100);

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
  const fantail::Nanos began = fantail::fuzz::ProcessorTime();
  target->run(std::as_bytes(std::span(data, size)));
  const fantail::Nanos took = fantail::fuzz::ProcessorTime() - began;
  if (took < kSlow) return 0;
  std::fprintf(stderr, "ERROR: this input took %.0f ms of the processor\n",
               std::chrono::duration<double, std::milli>(took).count());
  std::abort();
}
