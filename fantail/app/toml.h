// A TOML file as a small tree, with the place of everything in it. Behind it is toml++, which no
// other file includes: it is large, and goes down into a file as deep as that is nested.
//
// Thread: any.
// Limits: a file of 1 MiB; tables and lists four deep, what is deeper is kOther; 4,096 dots.
// Errors: FailedPrecondition, `FILE:LINE:COLUMN: what is wrong; remedy`, in one line whatever the
//   bytes are.
#ifndef FANTAIL_APP_TOML_H_
#define FANTAIL_APP_TOML_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fantail::app {

// From 1, as editors count.
struct TomlPlace {
  uint32_t line = 1;
  uint32_t column = 1;
};

struct TomlEntry;

struct TomlValue {
  // kOther: dates, times, and what is too deep.
  enum class Kind : uint8_t { kText, kNumber, kFlag, kList, kTable, kOther };

  Kind kind = Kind::kOther;
  TomlPlace place;
  std::string text;                // of a text, a number or a flag: as on a command line
  std::vector<TomlValue> list;     // of a list
  std::vector<TomlEntry> entries;  // of a table, as they stand in the file
};

struct TomlEntry {
  std::string key;
  TomlPlace place;
  TomlValue value;
};

inline constexpr size_t kMaxTomlBytes = 1 << 20;

// The file's table. `path` is for messages.
absl::StatusOr<TomlValue> ParseToml(const std::string& path, std::string_view text);

// The whole file. NotFound and the like do not come from here: whatever is wrong with it is a bad
// configuration.
absl::StatusOr<std::string> ReadTomlFile(const std::string& path);

// The entry of this key, or nullptr.
const TomlEntry* FindEntry(const TomlValue& table, std::string_view key);

// `FILE:LINE:COLUMN: message`.
absl::Status WrongAt(const std::string& path, TomlPlace place, std::string_view message);

}  // namespace fantail::app

#endif  // FANTAIL_APP_TOML_H_
