// The entries that read configurations and rights.
#include <string>
#include <string_view>

#include "fantail/app/access_file.h"
#include "fantail/app/branch_file.h"
#include "fantail/app/config_file.h"
#include "fantail/base/check.h"
#include "tests/fuzz/entries.h"

namespace fantail::fuzz {
namespace {

void CheckProblem(const absl::Status& status) {
  if (status.ok()) return;
  const std::string said(status.message());
  FANTAIL_CHECK(said.starts_with("a.toml:"), said);
  for (const char c : said) FANTAIL_CHECK(static_cast<uint8_t>(c) >= ' ' && c != '\x7f', said);
}

}  // namespace

void FuzzConfig(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const char* program : {"fantail-gateway", "fantail-bus run"}) {
    const auto file = app::ConfigFile::Parse("a.toml", text, program);
    CheckProblem(file.status());
    if (!file.ok()) continue;
    for (const app::TomlEntry& entry : file->entries()) {
      FANTAIL_CHECK(file->Find(entry.key) != nullptr, entry.key);
    }
  }
  const auto branch = app::BranchFile::Parse("a.toml", text);
  CheckProblem(branch.status());
  if (!branch.ok()) return;
  for (const auto part :
       {app::BranchPart::kPlaintext, app::BranchPart::kUpstream, app::BranchPart::kGateways,
        app::BranchPart::kBusUpstream, app::BranchPart::kBus}) {
    (void)branch->Find(part, "ticks");
  }
}

void FuzzRights(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto access = app::ParseAccess("a.toml", text);
  CheckProblem(access.status());
  if (!access.ok()) return;
  for (const auto& [user, rights] : access->users) {
    FANTAIL_CHECK(access->Of(user) == &rights, user);
    for (const auto& patterns : {rights.see, rights.ask, rights.serve}) {
      for (const Pattern& pattern : patterns) {
        FANTAIL_CHECK(PatternProblem(pattern.text()) == nullptr, pattern.text());
      }
    }
  }
  FANTAIL_CHECK((access->Of("\n") != nullptr) == access->others.has_value());
}

}  // namespace fantail::fuzz
