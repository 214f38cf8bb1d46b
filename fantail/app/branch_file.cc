#include "fantail/app/branch_file.h"

#include <fmt/format.h>

#include <initializer_list>
#include <utility>

#include "fantail/app/edit_distance.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/session_log.h"

namespace fantail::app {
namespace {

using Kind = TomlValue::Kind;

std::string_view KeyOf(BranchPart part) {
  switch (part) {
    case BranchPart::kPlaintext:
      return "plaintext";
    case BranchPart::kUpstream:
    case BranchPart::kBusUpstream:
      return "upstream";
    case BranchPart::kGateways:
      return "gateways";
    case BranchPart::kBus:
      break;
  }
  return "endpoints";
}

bool IsOfAFeed(BranchPart part) {
  return part == BranchPart::kUpstream || part == BranchPart::kGateways;
}

// Says of each key whether it is good.
class Checker {
 public:
  explicit Checker(const std::string& path) : path_(path) {}

  absl::Status Root(const TomlValue& root) const {
    for (const TomlEntry& entry : root.entries) {
      absl::Status status;
      if (entry.key == "plaintext") {
        if (entry.value.kind != Kind::kFlag) {
          status = Wrong(entry.value.place, entry.key, "not yes or no; write true or false");
        }
      } else if (entry.key == "feeds") {
        status = Feeds(entry);
      } else if (entry.key == "bus") {
        status = Endpoints(entry, {"endpoints", "upstream"});
      } else {
        status = Unknown(entry, entry.key, {"plaintext", "feeds", "bus"});
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Feeds(const TomlEntry& feeds) const {
    if (feeds.value.kind != Kind::kTable) return NoTable(feeds, "feeds.NAME");
    for (const TomlEntry& feed : feeds.value.entries) {
      if (feed.value.kind != Kind::kTable) return NoTable(feed, "feeds.NAME");
      if (absl::Status s = Endpoints(feed, {"upstream", "gateways"}); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  // A table of which each key has endpoints.
  absl::Status Endpoints(const TomlEntry& table,
                         std::initializer_list<std::string_view> keys) const {
    if (table.value.kind != Kind::kTable) return NoTable(table, table.key);
    for (const TomlEntry& entry : table.value.entries) {
      bool known = false;
      for (const std::string_view key : keys) known |= key == entry.key;
      if (!known) return Unknown(entry, entry.key, keys);
      const bool many = entry.value.kind == Kind::kList;
      for (const TomlValue& value : many ? entry.value.list : std::vector{entry.value}) {
        if (absl::Status s = OneEndpoint(entry.key, value); !s.ok()) return s;
      }
    }
    return absl::OkStatus();
  }

  absl::Status OneEndpoint(const std::string& key, const TomlValue& value) const {
    if (value.kind != Kind::kText) {
      return Wrong(value.place, key, "not an endpoint; write \"tcp://HOST:PORT\"");
    }
    const auto keep = [](const std::string& host) -> absl::StatusOr<std::string> { return host; };
    const absl::Status status = ParseEndpoint(value.text, EndpointUse::kConnect, keep).status();
    if (status.ok()) return status;
    return WrongAt(
        path_, value.place,
        fmt::format("{} \"{}\": {}", key, Harmless(value.text), std::string(status.message())));
  }

  absl::Status Wrong(TomlPlace place, std::string_view key, std::string_view what) const {
    return WrongAt(path_, place, fmt::format("{}: {}", Harmless(key), what));
  }
  absl::Status NoTable(const TomlEntry& entry, std::string_view name) const {
    return Wrong(entry.place, entry.key, fmt::format("not a table; write [{}]", name));
  }
  absl::Status Unknown(const TomlEntry& entry, std::string_view key,
                       std::initializer_list<std::string_view> keys) const {
    return Wrong(entry.place, key,
                 fmt::format("no such key; the nearest is {}", Nearest(key, keys)));
  }

  const std::string& path_;
};

}  // namespace

absl::StatusOr<BranchFile> BranchFile::Parse(const std::string& path, std::string_view text) {
  absl::StatusOr<TomlValue> root = ParseToml(path, text);
  if (!root.ok()) return root.status();
  if (absl::Status s = Checker(path).Root(*root); !s.ok()) return s;
  BranchFile file;
  file.path_ = path;
  file.root_ = *std::move(root);
  return file;
}

const TomlEntry* BranchFile::Find(BranchPart part, std::string_view feed) const {
  const TomlValue* table = &root_;
  if (part != BranchPart::kPlaintext) {
    const TomlEntry* entry = FindEntry(root_, IsOfAFeed(part) ? "feeds" : "bus");
    if (entry != nullptr && IsOfAFeed(part)) entry = FindEntry(entry->value, feed);
    if (entry == nullptr) return nullptr;
    table = &entry->value;
  }
  return FindEntry(*table, KeyOf(part));
}

std::string BranchFile::Name(BranchPart part, std::string_view feed) {
  if (part == BranchPart::kPlaintext) return "plaintext";
  if (!IsOfAFeed(part)) return fmt::format("bus.{}", KeyOf(part));
  return fmt::format("feeds.{}.{}", feed, KeyOf(part));
}

}  // namespace fantail::app
