#include "desktop-subscriber/notices.h"

#include <algorithm>

#include "fmt/format.h"

namespace fantail::desk {
namespace {

constexpr size_t kMaxPatternsNamed = 4;  // a line for a person, not a log of a watch-list

std::string PatternsText(const std::vector<Pattern>& patterns) {
  std::string text;
  for (size_t i = 0; i < std::min(patterns.size(), kMaxPatternsNamed); ++i) {
    if (i > 0) text += ", ";
    text += Printable(patterns[i].text());
  }
  if (patterns.size() > kMaxPatternsNamed) {
    text += fmt::format(" and {} more", patterns.size() - kMaxPatternsNamed);
  }
  return text;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return result;
}

std::string PathText(const feed::FeedState& state) {
  std::string text = "desk";
  for (const feed::Hop& hop : state.hops) {
    text += fmt::format(" <- {} {}", feed::RoleName(hop.role), Printable(hop.name));
  }
  return text;
}

std::string CauseText(const feed::FeedState& state) {
  std::string text = Printable(state.cause);
  const std::string hop = Printable(state.hop);
  if (!hop.empty() && text.find(hop) == std::string::npos) {
    text += fmt::format("{}at {}", text.empty() ? "" : ", ", hop);
  }
  return text;
}

std::string StateLine(const feed::FeedState& state) {
  const std::string cause = CauseText(state);
  const bool path = cause.empty() && !state.hops.empty();
  std::string text = feed::StateName(state.state);
  if (path || !cause.empty()) text += fmt::format(": {}", path ? PathText(state) : cause);
  return text;
}

std::string GapLine(const feed::GapNotice& gap) {
  return fmt::format("gap: positions {} to {} of {}: {}", gap.from.value + 1, gap.to.value,
                     gap.patterns.empty() ? "everything" : PatternsText(gap.patterns),
                     feed::GapReasonName(gap.reason));
}

std::string HaveLine(const feed::HaveNotice& have) {
  if (have.refused.empty()) return "";
  return fmt::format("refused: {}: {}", PatternsText(have.refused), Printable(have.reason));
}

}  // namespace fantail::desk
