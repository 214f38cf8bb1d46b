#include "tools/fantail-bench/branch.h"

#include <unistd.h>

#include <filesystem>

namespace fantail::bench {
namespace {

// The queue of a router before a thin link: half a second of 1 Mbit/s, twice that in its kernel.
constexpr size_t kBuffer = 64 * 1024;

}  // namespace

std::string DefaultGateway() {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path() / "../../gateway/fantail-gateway";
}

absl::Status Branch::Start(const std::string& gateway, size_t number) {
  if (access(gateway.c_str(), X_OK) != 0) {
    return absl::NotFoundError("--gateway \"" + gateway +
                               "\": no such program; build fantail-gateway");
  }
  above_ = std::make_unique<fault::FaultRelay>(
      fault::RelayOptions{.target = publisher_->endpoint(), .buffer_bytes = kBuffer});
  const std::string ready = folder_.path() + "/ready";
  const absl::StatusOr<std::string> listens = gateway_.Start(
      {gateway, "--upstream", above_->endpoint(), "--listen", "tcp://127.0.0.1:*", "--name",
       "branch" + std::to_string(number), "--ready-file", ready, "--log-level", "error"},
      ready);
  if (!listens.ok()) return listens.status();
  below_ = std::make_unique<fault::FaultRelay>(
      fault::RelayOptions{.target = *listens, .buffer_bytes = kBuffer});
  desk_ = std::make_unique<CheckingDesk>("desk" + std::to_string(number), below_->endpoint(),
                                         context_, publisher_);
  return absl::OkStatus();
}

}  // namespace fantail::bench
