#include "fantail/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace fantail {

void CheckFailed(const char* file, int line, const char* expression, const std::string& values) {
  std::fprintf(stderr, "fantail: a bug: %s:%d: %s does not hold;%s\n", file, line, expression,
               values.c_str());
  std::abort();
}

}  // namespace fantail
