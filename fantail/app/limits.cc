#include "fantail/app/limits.h"

#include <fmt/format.h>

namespace fantail::app {

std::string LimitLines(const Limits& limits) {
  std::string out;
  for (const Limit& limit : limits) {
    out += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", limit.name, limit.value, limit.changed,
                       limit.beyond, limit.metric, limit.why);
  }
  return out;
}

std::string WithCommas(uint64_t n) {
  std::string digits = std::to_string(n);
  for (size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

}  // namespace fantail::app
