// What a program holds those to that it serves, told beside the code that does: docs/operations.md
// has its table of limits from here, and the values are those of the code.
//
//   line->Listing("--list-limits", LimitLines({{.name = "doors", .value = "4", .beyond = "closed",
//                                               .why = "a house has no more walls"}}));
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_APP_LIMITS_H_
#define FANTAIL_APP_LIMITS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fantail/app/values.h"

namespace fantail::app {

struct Limit {
  std::string_view name;
  std::string value;              // by default
  std::string_view changed = {};  // by what: an option, a key of the rights; empty: by nothing
  std::string beyond;             // what happens to whoever exceeds it
  std::string_view metric = {};   // that shows it; empty: none
  std::string why;                // so much
};
using Limits = std::vector<Limit>;

// A line each: name, value, what changes it, what happens, metric and reason, with tabs between.
std::string LimitLines(const Limits& limits);

// `65,536`, as people write it.
std::string WithCommas(uint64_t n);

}  // namespace fantail::app

#endif  // FANTAIL_APP_LIMITS_H_
