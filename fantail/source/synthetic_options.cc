#include "fantail/source/synthetic_options.h"

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <charconv>
#include <cstddef>
#include <iterator>
#include <limits>

#include "fantail/text/csv.h"

namespace fantail::source {
namespace {

constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kHourNs = 3'600'000'000'000;

struct Key {
  const char* name;
  uint64_t SyntheticOptions::*value;
  uint64_t min;
  uint64_t max;
  bool is_duration;
  const char* help;
};

constexpr Key kKeys[] = {
    {"symbols", &SyntheticOptions::symbols, 1, 1'000'000, false, "topics"},
    {"rate", &SyntheticOptions::rate, 1, 50'000'000, false, "rows a second, on average"},
    {"seed", &SyntheticOptions::seed, 0, kAny, false, "same seed, same rows"},
    {"count", &SyntheticOptions::count, 0, kAny, false, "rows; 0 does not end"},
    {"duration", &SyntheticOptions::duration_ns, 0, 1000 * kHourNs, true,
     "of exchange time; 0 does not end"},
    // Half of what an int64 holds, so that no duration runs over.
    {"start", &SyntheticOptions::start_ns, 0, uint64_t{1} << 62, false,
     "first exchange time, ns since 1970"},
    {"trades", &SyntheticOptions::trades, 0, 100, false, "per cent of the rows"},
    {"venues", &SyntheticOptions::venues, 1, 15, false, "venues"},
    {"stamp", &SyntheticOptions::stamp_ns, 1, 1'000'000'000, true, "granularity of the times"},
    {"burst", &SyntheticOptions::burst, 1, 9, false, "times the rate for a tenth of each second"},
};

std::string Shown(const Key& key, uint64_t value) {
  if (!key.is_duration) return std::to_string(value);
  return absl::FormatDuration(absl::Nanoseconds(static_cast<int64_t>(value)));
}

std::string Range(const Key& key) {
  if (key.max == kAny) return "from " + std::to_string(key.min);
  return "from " + Shown(key, key.min) + " to " + Shown(key, key.max);
}

bool ParseValue(const Key& key, std::string_view text, uint64_t* value) {
  if (key.is_duration) {
    absl::Duration duration;
    if (!absl::ParseDuration(absl::string_view(text.data(), text.size()), &duration)) return false;
    if (duration < absl::ZeroDuration() || duration == absl::InfiniteDuration()) return false;
    *value = static_cast<uint64_t>(absl::ToInt64Nanoseconds(duration));
  } else {
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, *value);
    if (rest != end || error != std::errc()) return false;
  }
  return *value >= key.min && *value <= key.max;
}

absl::Status Problem(const std::string& what) {
  return absl::InvalidArgumentError("source \"synthetic\": " + what);
}

std::string KnownKeys() {
  std::string known;
  for (const Key& key : kKeys) known += (known.empty() ? "" : ", ") + std::string(key.name);
  return known;
}

// Reads one KEY=VALUE into *options; `given` has a bit for each key that has been.
absl::Status ParsePair(std::string_view pair, SyntheticOptions* options, uint64_t* given) {
  const size_t equals = pair.find('=');
  if (equals == std::string_view::npos) {
    return Problem(text::Printable(pair) + " is not KEY=VALUE; the keys are " + KnownKeys());
  }
  const std::string_view name = pair.substr(0, equals);
  const std::string_view value = pair.substr(equals + 1);
  for (size_t i = 0; i < std::size(kKeys); ++i) {
    const Key& key = kKeys[i];
    if (name != key.name) continue;
    if (*given & (uint64_t{1} << i)) return Problem(std::string(name) + " is given twice");
    *given |= uint64_t{1} << i;
    if (ParseValue(key, value, &(options->*key.value))) return absl::OkStatus();
    return Problem(std::string(name) + " " + text::Printable(value) +
                   (key.is_duration ? " is not a duration " : " is not a whole number ") +
                   Range(key));
  }
  return Problem("unknown key " + text::Printable(name) + "; the keys are " + KnownKeys());
}

}  // namespace

absl::StatusOr<SyntheticOptions> ParseSyntheticOptions(std::string_view text) {
  SyntheticOptions options;
  uint64_t given = 0;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const absl::Status status = ParsePair(text.substr(0, comma), &options, &given);
    if (!status.ok()) return status;
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return options;
}

std::string SyntheticHelp() {
  std::string help = "synthetic:KEY=VALUE,... makes up ticks. The keys:\n";
  const SyntheticOptions defaults;
  for (const Key& key : kKeys) {
    std::string line = "  " + std::string(key.name) + "=" + Shown(key, defaults.*key.value);
    line.resize(line.size() < 28 ? 28 : line.size() + 1, ' ');
    help += line + key.help + " (" + Range(key) + ")\n";
  }
  return help;
}

}  // namespace fantail::source
