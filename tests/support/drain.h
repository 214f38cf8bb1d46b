// Everything that a source gives, as lines.
//
// Thread: any.
#ifndef FANTAIL_TESTS_SUPPORT_DRAIN_H_
#define FANTAIL_TESTS_SUPPORT_DRAIN_H_

#include <string>
#include <string_view>
#include <vector>

#include "fantail/source/source.h"
#include "fantail/text/csv.h"

namespace fantail::testing {

using Lines = std::vector<std::string>;

// The rows as CSV without their line end; "bad: ..." and "failed: ..." with the problem, in which
// `path`, if given, is FILE; "wait", "end".
inline Lines Drain(source::Source& source, std::string_view path = {}) {
  using Result = source::Source::Result;
  Lines lines;
  const auto problem = [&](const char* what) {
    std::string text = what + std::string(source.problem());
    const size_t at = path.empty() ? std::string::npos : text.find(path);
    if (at != std::string::npos) text.replace(at, path.size(), "FILE");
    lines.push_back(text);
  };
  text::Row row;
  while (true) {
    switch (source.Next(&row)) {
      case Result::kRow:
        text::AppendCsvRow(row, &lines.emplace_back());
        lines.back().pop_back();
        break;
      case Result::kBadRow:
        problem("bad: ");
        break;
      case Result::kFailed:
        problem("failed: ");
        return lines;
      case Result::kWait:
        lines.push_back("wait");
        return lines;
      case Result::kEnd:
        lines.push_back("end");
        return lines;
    }
  }
}

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SUPPORT_DRAIN_H_
