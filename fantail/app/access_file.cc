#include "fantail/app/access_file.h"

#include <fmt/format.h>

#include <utility>

#include "fantail/app/edit_distance.h"
#include "fantail/app/session_log.h"
#include "fantail/app/toml.h"
#include "fantail/app/values.h"
#include "fantail/base/keys.h"
#include "fantail/wire/limits.h"

namespace fantail::app {
namespace {

using Kind = TomlValue::Kind;

constexpr uint64_t kMostOfAnything = 1'000'000;
constexpr size_t kMostListBytes = wire::kMaxTextListBytes / 2;
// Bits a second: less does not even carry the proofs and pongs of a session.
constexpr uint64_t kLeastRate = 64'000;

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::Status Root(const TomlValue& root, Access* access) const {
    for (const TomlEntry& entry : root.entries) {
      absl::Status status;
      if (entry.key == "users") {
        status = Users(entry, access);
      } else if (entry.key == "others") {
        status = OneUser(entry, &access->others.emplace());
      } else {
        status = Unknown(entry, {"users", "others"});
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Users(const TomlEntry& users, Access* access) const {
    if (users.value.kind != Kind::kTable) return Wrong(users, "not a table; write [users.NAME]");
    for (const TomlEntry& user : users.value.entries) {
      if (const char* problem = KeyNameProblem(user.key)) return Wrong(user, problem);
      if (absl::Status s = OneUser(user, &access->users[user.key]); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status OneUser(const TomlEntry& user, Rights* rights) const {
    if (user.value.kind != Kind::kTable) return Wrong(user, "not a table; write [users.NAME]");
    for (const TomlEntry& entry : user.value.entries) {
      absl::Status status;
      if (entry.key == "see") {
        status = Patterns(entry, &rights->see);
      } else if (entry.key == "ask") {
        status = Patterns(entry, &rights->ask);
      } else if (entry.key == "serve") {
        status = Patterns(entry, &rights->serve);
      } else if (entry.key == "sessions") {
        status = Number(entry, &rights->sessions);
      } else if (entry.key == "patterns") {
        status = Number(entry, &rights->patterns);
      } else if (entry.key == "rate") {
        status = Rate(entry, &rights->bytes_per_second);
      } else if (entry.key == "waiting") {
        status = Size(entry, &rights->waiting_bytes);
      } else {
        status = Unknown(entry, {"see", "ask", "serve", "sessions", "patterns", "rate", "waiting"});
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Patterns(const TomlEntry& entry, std::vector<Pattern>* patterns) const {
    if (entry.value.kind != Kind::kList)
      return Wrong(entry, "not a list; write [\"A*\", \"MSFT\"]");
    size_t bytes = 0;
    for (const TomlValue& value : entry.value.list) {
      const char* problem =
          value.kind == Kind::kText ? PatternProblem(value.text) : "not a text; write \"A*\"";
      if (problem != nullptr) {
        return WrongAt(path_, value.place,
                       fmt::format("{} \"{}\": {}", entry.key, Harmless(value.text), problem));
      }
      patterns->emplace_back(value.text);
      bytes += value.text.size() + 1;
    }
    // It goes with each request to a bus.
    if (bytes > kMostListBytes) {
      return Wrong(entry, fmt::format("longer than {} bytes; write fewer and wider patterns",
                                      kMostListBytes));
    }
    return absl::OkStatus();
  }

  absl::Status Number(const TomlEntry& entry, uint32_t* number) const {
    const auto parsed = ParseUnsigned(entry.value.text, {1, kMostOfAnything});
    if (entry.value.kind != Kind::kNumber || !parsed.ok()) {
      return Wrong(entry, fmt::format("not a number; write one from 1 to {}", kMostOfAnything));
    }
    *number = static_cast<uint32_t>(*parsed);
    return absl::OkStatus();
  }

  absl::Status Rate(const TomlEntry& entry, uint64_t* bytes_per_second) const {
    const auto rate = ParseBitRate(entry.value.text);
    if (entry.value.kind != Kind::kText || !rate.ok() || rate->bits < kLeastRate) {
      return Wrong(entry, "not a rate; write \"64kbit\" or more");
    }
    *bytes_per_second = rate->bits / 8;
    return absl::OkStatus();
  }

  absl::Status Size(const TomlEntry& entry, uint64_t* bytes) const {
    const auto size = ParseByteSize(entry.value.text);
    if (entry.value.kind != Kind::kText || !size.ok() || size->bytes < wire::kMaxMessageBytes) {
      return Wrong(entry, "not a size; write \"64KiB\" or more");
    }
    *bytes = size->bytes;
    return absl::OkStatus();
  }

  absl::Status Wrong(const TomlEntry& entry, std::string_view what) const {
    return WrongAt(path_, entry.place, fmt::format("{}: {}", Harmless(entry.key), what));
  }
  absl::Status Unknown(const TomlEntry& entry, std::initializer_list<std::string_view> keys) const {
    return Wrong(entry, fmt::format("no such key; the nearest is {}", Nearest(entry.key, keys)));
  }

  const std::string& path_;
};

}  // namespace

absl::StatusOr<Access> ParseAccess(const std::string& path, std::string_view text) {
  const absl::StatusOr<TomlValue> root = ParseToml(path, text);
  if (!root.ok()) return root.status();
  Access access;
  if (absl::Status s = Reader(path).Root(*root, &access); !s.ok()) return s;
  return access;
}

absl::StatusOr<std::shared_ptr<const Access>> ReadAccess(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTomlFile(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<Access> access = ParseAccess(path, *text);
  if (!access.ok()) return access.status();
  return std::make_shared<const Access>(*std::move(access));
}

}  // namespace fantail::app
