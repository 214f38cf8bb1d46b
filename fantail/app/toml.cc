#include "fantail/app/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "fantail/app/session_log.h"
#include "fantail/base/printable.h"

namespace fantail::app {
namespace {

// A branch file has feeds.NAME.gateways and its list: nothing of ours is deeper.
constexpr int kMaxDepth = 4;
// Each dot may be a table in a table, which toml++ frees as deep as they go. 4,096 take 1 MiB of
// stack; a thousand endpoints have no more.
constexpr std::ptrdiff_t kMaxDots = 4096;

TomlPlace PlaceOf(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

TomlValue Convert(const toml::node& node, int depth);

void ConvertTable(const toml::table& table, int depth, TomlValue* value) {
  value->kind = TomlValue::Kind::kTable;
  for (const auto& [key, node] : table) {
    value->entries.push_back(
        {std::string(key.str()), PlaceOf(key.source()), Convert(node, depth + 1)});
  }
  // toml++ has them by name.
  std::stable_sort(
      value->entries.begin(), value->entries.end(), [](const TomlEntry& a, const TomlEntry& b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
      });
}

TomlValue Convert(const toml::node& node, int depth) {
  TomlValue value;
  value.place = PlaceOf(node.source());
  if (const auto* text = node.as_string()) {
    value.kind = TomlValue::Kind::kText;
    value.text = text->get();
  } else if (const auto* whole = node.as_integer()) {
    value.kind = TomlValue::Kind::kNumber;
    value.text = fmt::format("{}", whole->get());
  } else if (const auto* number = node.as_floating_point()) {
    value.kind = TomlValue::Kind::kNumber;
    value.text = fmt::format("{}", number->get());
  } else if (const auto* flag = node.as_boolean()) {
    value.kind = TomlValue::Kind::kFlag;
    value.text = flag->get() ? "true" : "false";
  } else if (const auto* list = node.as_array(); list != nullptr && depth < kMaxDepth) {
    value.kind = TomlValue::Kind::kList;
    for (const toml::node& item : *list) value.list.push_back(Convert(item, depth + 1));
  } else if (const auto* table = node.as_table(); table != nullptr && depth < kMaxDepth) {
    ConvertTable(*table, depth, &value);
  }
  return value;
}

// toml++ begins its sentences with a capital letter, and names its own macros.
std::string Said(std::string_view description) {
  std::string said(description.substr(0, description.find(" (TOML_")));
  if (!said.empty() && said[0] >= 'A' && said[0] <= 'Z') said[0] = static_cast<char>(said[0] + 32);
  return said;
}

TomlPlace PlaceAt(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const size_t line_begin = lines == 0 ? 0 : before.rfind('\n') + 1;
  return {static_cast<uint32_t>(lines + 1), static_cast<uint32_t>(offset - line_begin + 1)};
}

size_t OffsetOfDot(std::string_view text, std::ptrdiff_t number) {
  size_t at = text.find('.');
  while (--number > 0) at = text.find('.', at + 1);
  return at;
}

std::string TooLarge() {
  return fmt::format("larger than {} bytes; no configuration is, name another file", kMaxTomlBytes);
}

}  // namespace

absl::Status WrongAt(const std::string& path, TomlPlace place, std::string_view message) {
  return absl::FailedPreconditionError(
      fmt::format("{}:{}:{}: {}", EscapeUnprintable(path), place.line, place.column, message));
}

absl::StatusOr<TomlValue> ParseToml(const std::string& path, std::string_view text) {
  if (text.size() > kMaxTomlBytes) return WrongAt(path, {}, TooLarge());
  if (std::count(text.begin(), text.end(), '.') > kMaxDots) {
    return WrongAt(path, PlaceAt(text, OffsetOfDot(text, kMaxDots + 1)),
                   fmt::format("more than {} dots; write a smaller file", kMaxDots));
  }
  try {
    return Convert(toml::parse(text), 0);
  } catch (const toml::parse_error& error) {
    return WrongAt(
        path, PlaceOf(error.source()),
        EscapeUnprintable(Said(error.description()).substr(0, 300)) + "; correct this line");
  }
}

absl::StatusOr<std::string> ReadTomlFile(const std::string& path) {
  const auto bad = [&path](std::string_view why) {
    return absl::FailedPreconditionError(
        fmt::format("{}: cannot be read: {}; name another file", EscapeUnprintable(path), why));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             std::fclose);
  if (file == nullptr) return bad(std::strerror(errno));
  std::string text(kMaxTomlBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return bad(std::strerror(errno));
  return text;
}

const TomlEntry* FindEntry(const TomlValue& table, std::string_view key) {
  for (const TomlEntry& entry : table.entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

}  // namespace fantail::app
