#include "desktop-subscriber/watchlist.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "desktop-subscriber/text_file.h"
#include "fmt/format.h"

namespace fantail::desk {
namespace {

using Patterns = std::vector<Pattern>;

bool Contains(const Patterns& patterns, const Pattern& pattern) {
  return std::find(patterns.begin(), patterns.end(), pattern) != patterns.end();
}

// What is in `a` and not in `b`.
Patterns Minus(const Patterns& a, const Patterns& b) {
  const absl::flat_hash_set<Pattern> known(b.begin(), b.end());
  Patterns result;
  for (const Pattern& pattern : a) {
    if (!known.contains(pattern)) result.push_back(pattern);
  }
  return result;
}

absl::Status BadPattern(std::string_view where, std::string_view value, const char* problem) {
  return absl::InvalidArgumentError(fmt::format("{} \"{}\": {}", where, value, problem));
}

absl::StatusOr<Patterns> ReadArgument(const std::string& argument) {
  if (argument.starts_with('@')) {
    const std::string path = argument.substr(1);
    if (path.empty()) return absl::InvalidArgumentError("\"@\": no file name; write @FILE");
    absl::StatusOr<std::string> text = ReadTextFile(path);
    if (!text.ok()) return text.status();
    return ParseWatchlist(*text, path);
  }
  if (const char* problem = PatternProblem(argument))
    return BadPattern("pattern", argument, problem);
  return Patterns{Pattern(argument)};
}

absl::StatusOr<Patterns> ReadArguments(const std::vector<std::string>& arguments) {
  Patterns all;
  absl::flat_hash_set<Pattern> known;
  for (const std::string& argument : arguments) {
    absl::StatusOr<Patterns> some = ReadArgument(argument);
    if (!some.ok()) return some.status();
    for (Pattern& pattern : *some) {
      if (known.insert(pattern).second) all.push_back(std::move(pattern));
    }
  }
  return all;
}

}  // namespace

absl::StatusOr<Patterns> ParseWatchlist(std::string_view text, std::string_view name) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // some editors' UTF-8 mark
  Patterns patterns;
  std::string_view line;
  for (int number = 1; NextLine(&text, &line); ++number) {
    line = Trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const char* problem = PatternProblem(line);
    if (problem == nullptr && line.find_first_of(" \t,") != std::string_view::npos) {
      problem = "more than one pattern on a line";
    }
    if (problem != nullptr) return BadPattern(fmt::format("{}:{}:", name, number), line, problem);
    patterns.emplace_back(line);
  }
  return patterns;
}

absl::StatusOr<Watchlist> Watchlist::Load(std::vector<std::string> arguments) {
  absl::StatusOr<Patterns> patterns = ReadArguments(arguments);
  if (!patterns.ok()) return patterns.status();
  Watchlist list;
  list.arguments_ = std::move(arguments);
  list.loaded_ = *patterns;
  list.patterns_ = *std::move(patterns);
  return list;
}

absl::StatusOr<InterestChange> Watchlist::Reload() {
  absl::StatusOr<Patterns> now = ReadArguments(arguments_);
  if (!now.ok()) return now.status();
  InterestChange change;
  for (const Pattern& pattern : Minus(*now, loaded_)) {
    if (Add(pattern)) change.add.push_back(pattern);
  }
  for (const Pattern& pattern : Minus(loaded_, *now)) {
    if (Remove(pattern)) change.remove.push_back(pattern);
  }
  loaded_ = *std::move(now);
  return change;
}

bool Watchlist::Add(const Pattern& pattern) {
  if (Contains(patterns_, pattern)) return false;
  patterns_.push_back(pattern);
  return true;
}

bool Watchlist::Remove(const Pattern& pattern) {
  return std::erase(patterns_, pattern) > 0;
}

}  // namespace fantail::desk
