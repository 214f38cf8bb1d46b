// Asks a bus one thing at a time, and waits for the answer: for programs that have nothing else to
// do meanwhile.
//
//   fantail::net::BusClient bus({"tcp://127.0.0.1:5570"}, "my-desk");
//   absl::StatusOr<std::string> answer = bus.Ask({.service = "echo", .body = "hello"});
//
// Thread: one owner.
// Errors: a request that fails gives an error whose text says why; its code is Unavailable for "no
//   server", DeadlineExceeded, InvalidArgument for "refused", OutOfRange for "too large", Aborted
//   for "server lost", Internal for the server's own, ResourceExhausted for "busy".
#ifndef FANTAIL_NET_BUS_CLIENT_H_
#define FANTAIL_NET_BUS_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/bus/client.h"
#include "fantail/net/bus_loop.h"

namespace fantail::net {

class BusClient final : public bus::ClientEvents {
 public:
  // `keys`: net::ReadKeys has them; null if the bus has none.
  BusClient(std::vector<std::string> endpoints, std::string name,
            std::shared_ptr<const Keys> keys = nullptr);
  ~BusClient() override;

  // Blocks until the request has its outcome: at the latest when its budget is over.
  absl::StatusOr<std::string> Ask(bus::Question question);
  // The same, part by part as it comes. `restart` says that what came is void.
  absl::Status Ask(bus::Question question, const std::function<void(std::string_view)>& part,
                   const std::function<void()>& restart);

 private:
  void OnAnswer(uint64_t id, bus::Body part, bool last) override;
  void OnRestart(uint64_t id) override;
  void OnFailure(uint64_t id, bus::FailureCode code, std::string_view reason) override;

  Context context_;
  bus::Client client_;
  BusLoop loop_;
  const std::function<void(std::string_view)>* part_ = nullptr;
  const std::function<void()>* restart_ = nullptr;
  bool over_ = false;
  absl::Status failed_;
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_BUS_CLIENT_H_
