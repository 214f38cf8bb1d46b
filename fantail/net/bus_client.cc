#include "fantail/net/bus_client.h"

#include <utility>

namespace fantail::net {
namespace {

constexpr Nanos kWait = std::chrono::milliseconds(50);

absl::Status AsStatus(bus::FailureCode code, std::string_view reason) {
  const std::string text = std::string(bus::FailureCodeName(code)) + ": " + std::string(reason);
  switch (code) {
    case bus::FailureCode::kNoServer:
      return absl::UnavailableError(text);
    case bus::FailureCode::kDeadline:
      return absl::DeadlineExceededError(text);
    case bus::FailureCode::kRefused:
      return absl::InvalidArgumentError(text);
    case bus::FailureCode::kTooLarge:
      return absl::OutOfRangeError(text);
    case bus::FailureCode::kServerLost:
      return absl::AbortedError(text);
    case bus::FailureCode::kServerError:
      return absl::InternalError(text);
    case bus::FailureCode::kBusy:
      return absl::ResourceExhaustedError(text);
  }
  return absl::UnknownError(text);
}

}  // namespace

BusClient::BusClient(std::vector<std::string> endpoints, std::string name,
                     std::shared_ptr<const Keys> keys)
    : context_(std::move(keys)),
      client_({.name = std::move(name), .node = {SystemRandom()}}, this),
      loop_(&context_, &client_, std::move(endpoints), SystemRandom()) {}

BusClient::~BusClient() {
  loop_.Close();
}

absl::Status BusClient::Ask(bus::Question question,
                            const std::function<void(std::string_view)>& part,
                            const std::function<void()>& restart) {
  part_ = &part;
  restart_ = &restart;
  over_ = false;
  failed_ = absl::OkStatus();
  loop_.Turn(Nanos{0});
  client_.Ask(std::move(question), loop_.now());
  while (!over_) loop_.Turn(kWait);
  return failed_;
}

absl::StatusOr<std::string> BusClient::Ask(bus::Question question) {
  std::string answer;
  const absl::Status status = Ask(
      std::move(question), [&](std::string_view part) { answer += part; }, [&] { answer.clear(); });
  if (!status.ok()) return status;
  return answer;
}

void BusClient::OnAnswer(uint64_t, bus::Body part, bool last) {
  (*part_)(bus::TextOf(part));
  over_ = last;
}

void BusClient::OnRestart(uint64_t) {
  (*restart_)();
}

void BusClient::OnFailure(uint64_t, bus::FailureCode code, std::string_view reason) {
  failed_ = AsStatus(code, reason);
  over_ = true;
}

}  // namespace fantail::net
