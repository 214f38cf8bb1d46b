// What a desk was asked to watch: patterns from the command line and from files (`@watchlist.txt`:
// one pattern a line, `#` begins a comment, blank lines and CRLF are fine), each once, in their
// order.
//
// Thread: one owner.
// Errors: a file that cannot be read, or a bad pattern, as one line that names where, the value and
// why. A failed Reload changes nothing.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_WATCHLIST_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_WATCHLIST_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/base/pattern.h"

namespace fantail::desk {

struct InterestChange {
  std::vector<Pattern> add;
  std::vector<Pattern> remove;

  bool empty() const { return add.empty() && remove.empty(); }
  friend bool operator==(const InterestChange&, const InterestChange&) = default;
};

// The patterns in `text`; `name` is the file's, for errors.
absl::StatusOr<std::vector<Pattern>> ParseWatchlist(std::string_view text, std::string_view name);

class Watchlist {
 public:
  // `arguments` as on the command line: patterns, and files as `@FILE`.
  static absl::StatusOr<Watchlist> Load(std::vector<std::string> arguments);

  const std::vector<Pattern>& patterns() const { return patterns_; }

  // Reads the files again; what has come and what has gone since. Patterns that were added or
  // removed by hand stay so.
  absl::StatusOr<InterestChange> Reload();

  // By hand, from the board. False if that changes nothing.
  bool Add(const Pattern& pattern);
  bool Remove(const Pattern& pattern);

 private:
  std::vector<std::string> arguments_;
  std::vector<Pattern> loaded_;    // as the arguments and files said last
  std::vector<Pattern> patterns_;  // what is watched now
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_WATCHLIST_H_
