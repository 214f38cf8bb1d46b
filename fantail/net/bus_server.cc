#include "fantail/net/bus_server.h"

#include <algorithm>
#include <utility>

#include "fantail/net/clock.h"

namespace fantail::net {
namespace {

constexpr Nanos kWait = std::chrono::milliseconds(50);

}  // namespace

BusServer::BusServer(std::vector<std::string> endpoints, std::string name,
                     std::vector<std::string> services, Serve serve, uint32_t capacity,
                     std::shared_ptr<const Keys> keys)
    : context_(std::move(keys)),
      serve_(std::move(serve)),
      server_({.name = std::move(name), .node = {SystemRandom()}}, std::move(services), capacity,
              this),
      loop_(&context_, &server_, std::move(endpoints), SystemRandom()) {}

BusServer::~BusServer() {
  loop_.Close();
}

void BusServer::Run(int fd, Nanos patience) {
  while (!stop_ && !loop_.Readable(fd)) loop_.Turn(kWait, fd);
  server_.Drain();
  const MonotonicTime until = ReadMonotonicClock() + patience;
  // One turn more, for the word that no more requests are taken.
  do {
    loop_.Turn(Nanos{0});
    loop_.Turn(kWait);
  } while (server_.in_hand() > 0 && loop_.now() < until);
}

void BusServer::OnCall(const bus::Call& call) {
  absl::StatusOr<std::string> answer = serve_(call);
  if (!answer.ok()) return server_.Fail(call.id, std::string(answer.status().message()));
  if (answer->size() <= bus::kMaxBodyBytes && server_.Finish(call.id, bus::BytesOf(*answer)))
    return;
  answers_[call.id] = {.answer = *std::move(answer)};
  Pour(call.id);
}

void BusServer::Pour(uint64_t id) {
  const auto it = answers_.find(id);
  if (it == answers_.end()) return;
  Rest& rest = it->second;
  while (true) {
    const std::string_view part = std::string_view(rest.answer).substr(rest.at, bus::kMaxBodyBytes);
    const bool last = rest.at + part.size() == rest.answer.size();
    const bool sent =
        last ? server_.Finish(id, bus::BytesOf(part)) : server_.Send(id, bus::BytesOf(part));
    if (!sent) return;
    rest.at += part.size();
    if (!last) continue;
    answers_.erase(it);
    return;
  }
}

}  // namespace fantail::net
