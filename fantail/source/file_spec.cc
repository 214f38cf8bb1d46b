#include "fantail/source/file_spec.h"

#include <absl/status/status.h>

#include <algorithm>

#include "fantail/text/csv.h"

namespace fantail::source {
namespace {

bool IsWord(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::string Listed(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += word == words.back() ? " and " : ", ";
    text += word;
  }
  return text;
}

}  // namespace

std::string_view FileSpec::Value(std::string_view key) const {
  const auto found = values.find(key);
  return found == values.end() ? std::string_view() : std::string_view(found->second);
}

absl::StatusOr<bool> FileSpec::YesOrNo(std::string_view key, bool otherwise) const {
  const auto found = values.find(key);
  if (found == values.end()) return otherwise;
  if (found->second == "yes" || found->second == "no") return found->second == "yes";
  return absl::InvalidArgumentError("source \"" + file + "\": " + std::string(key) + " " +
                                    text::Printable(found->second) + " is neither yes nor no");
}

absl::StatusOr<FileSpec> ParseFileSpec(std::string_view scheme, std::string_view text,
                                       std::span<const std::string_view> keys) {
  const std::string what = "source \"" + std::string(scheme) + "\": ";
  FileSpec spec;
  while (true) {
    const size_t comma = text.rfind(',');
    if (comma == std::string_view::npos) break;
    const std::string_view last = text.substr(comma + 1);
    const size_t equals = last.find('=');
    if (equals == std::string_view::npos || !IsWord(last.substr(0, equals))) break;
    const std::string key(last.substr(0, equals));
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      return absl::InvalidArgumentError(what + "unknown key \"" + key + "\"; it has " +
                                        Listed(keys));
    }
    if (!spec.values.emplace(key, last.substr(equals + 1)).second) {
      return absl::InvalidArgumentError(what + key + " is given twice");
    }
    text = text.substr(0, comma);
  }
  if (text.empty() || text == "-") {
    return absl::InvalidArgumentError(what + (text.empty() ? "no file" : "not standard input") +
                                      "; write " + std::string(scheme) + ":FILE");
  }
  spec.file = text;
  return spec;
}

}  // namespace fantail::source
