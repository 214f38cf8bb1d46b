#include "fantail/app/config_file.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "fantail/app/edit_distance.h"
#include "fantail/app/session_log.h"

namespace fantail::app {
namespace {

// Who reads a configuration: a table of any other name is a mistake.
constexpr std::array<std::string_view, 12> kPrograms = {
    "fantail-bus ask",        "fantail-bus run",      "fantail-bus status", "fantail-desk",
    "fantail-desk directory", "fantail-desk history", "fantail-gateway",    "fantail-history",
    "fantail-open-feed",      "fantail-publisher",    "fantail-record",     "fantail-replay"};

bool IsTable(const TomlEntry& entry) {
  return entry.value.kind == TomlValue::Kind::kTable;
}

// Reads the tables of all programs, and keeps the entries of one.
class Tables {
 public:
  Tables(const std::string& path, std::string_view program) : path_(path), program_(program) {}

  absl::Status Read(const TomlEntry& table) {
    if (!IsProgram(table.key) && CommandOf(table.key).empty()) {
      return Wrong(table, "no program that reads this; the nearest is " +
                              std::string(Nearest(table.key, kPrograms)));
    }
    for (const TomlEntry& entry : table.value.entries) {
      if (!IsTable(entry) && !IsProgram(table.key)) {
        return Wrong(entry, "which command is it for? write it under " +
                                ConfigFile::TableName(CommandOf(table.key)));
      }
      const std::string command = table.key + " " + entry.key;
      if (IsTable(entry) && !IsProgram(command)) {
        return Wrong(entry, "neither an option nor a command; the nearest is " +
                                std::string(Nearest(command, kPrograms)));
      }
      if (IsTable(entry) && command == program_) own_ = &entry.value;
    }
    if (table.key == program_) own_ = &table.value;
    return absl::OkStatus();
  }

  // The program's own; nullptr if it has none.
  const TomlValue* own() const { return own_; }

 private:
  bool IsProgram(std::string_view name) const {
    return name == program_ ||
           std::find(kPrograms.begin(), kPrograms.end(), name) != kPrograms.end();
  }
  // A command of the program `name`, this one if it is one; empty if that has none.
  std::string_view CommandOf(const std::string& name) const {
    const std::string start = name + " ";
    if (program_.starts_with(start)) return program_;
    const auto found = std::find_if(kPrograms.begin(), kPrograms.end(),
                                    [&](std::string_view p) { return p.starts_with(start); });
    return found == kPrograms.end() ? std::string_view() : *found;
  }
  absl::Status Wrong(const TomlEntry& entry, const std::string& what) const {
    return WrongAt(path_, entry.place, Harmless(entry.key) + ": " + what);
  }

  const std::string& path_;
  const std::string_view program_;
  const TomlValue* own_ = nullptr;
};

}  // namespace

std::string ConfigFile::TableName(std::string_view program) {
  std::string name = "[" + std::string(program) + "]";
  std::replace(name.begin(), name.end(), ' ', '.');
  return name;
}

absl::StatusOr<ConfigFile> ConfigFile::Parse(const std::string& path, std::string_view text,
                                             const std::string& program) {
  const absl::StatusOr<TomlValue> root = ParseToml(path, text);
  if (!root.ok()) return root.status();
  ConfigFile file;
  file.path_ = path;
  Tables tables(path, program);
  for (const TomlEntry& entry : root->entries) {
    if (!IsTable(entry)) {
      file.entries_.push_back(entry);
    } else if (absl::Status s = tables.Read(entry); !s.ok()) {
      return s;
    }
  }
  if (tables.own() != nullptr) {
    std::copy_if(tables.own()->entries.begin(), tables.own()->entries.end(),
                 std::back_inserter(file.entries_),
                 [](const TomlEntry& entry) { return !IsTable(entry); });
  }
  return file;
}

const TomlEntry* ConfigFile::Find(std::string_view key) const {
  const auto last = std::find_if(entries_.rbegin(), entries_.rend(),
                                 [&](const TomlEntry& entry) { return entry.key == key; });
  return last == entries_.rend() ? nullptr : &*last;
}

}  // namespace fantail::app
