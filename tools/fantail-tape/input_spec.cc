#include "tools/fantail-tape/input_spec.h"

#include <filesystem>
#include <fstream>
#include <string_view>

#include "fantail/text/csv.h"

namespace fantail::tape_tool {
namespace {

struct Kind {
  std::string_view ending;  // of the name
  std::string_view scheme;
};
// Plain, or with ".gz" behind it; NASDAQ_ITCH50 is NASDAQ's own name.
constexpr Kind kKinds[] = {
    {".csv", "csv"},    {".ndjson", "ndjson"}, {".jsonl", "ndjson"},       {".pcap", "iex"},
    {".pcapng", "iex"}, {".itch", "itch"},     {".NASDAQ_ITCH50", "itch"},
};

constexpr std::string_view kTapeMagic("FANTAPE", 7);

std::string FirstBytes(const std::string& path) {
  std::string bytes(16, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

// `csv:...`, and not a file whose name has a colon.
bool IsSpec(const std::string& in) {
  const size_t colon = in.find(':');
  if (colon == 0 || colon == std::string::npos) return in == "synthetic";
  std::error_code error;
  return in.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == colon &&
         !std::filesystem::exists(in, error);
}

}  // namespace

absl::StatusOr<std::string> InputSpec(const std::string& in) {
  if (in == "-") return "csv:-";
  if (IsSpec(in)) return in;
  if (FirstBytes(in).starts_with(kTapeMagic)) {
    return absl::InvalidArgumentError(text::Printable(in) +
                                      ": a tape already; fantail-tape export makes CSV of it");
  }
  std::string_view name = in;
  if (name.ends_with(".gz")) name.remove_suffix(3);
  for (const Kind& kind : kKinds) {
    if (name.ends_with(kind.ending)) return std::string(kind.scheme) + ":" + in;
  }
  // The CSV source looks at the first line, and says what it is if it is no row.
  return "csv:" + in;
}

}  // namespace fantail::tape_tool
