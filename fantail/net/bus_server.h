// Serves a bus with a function: for services whose answers are at hand, or quickly made.
//
//   fantail::net::BusServer server({"tcp://127.0.0.1:5570"}, "my-server", {"echo"},
//       [](const fantail::bus::Call& call) { return std::string(TextOf(call.body)); });
//   server.Run();
//
// Thread: one owner; the function is called in its Run, one request after the other.
// Errors: what the function returns as an error is told to the client as the server's own; nothing
//   else ends Run but Stop and a signal that is not handled.
#ifndef FANTAIL_NET_BUS_SERVER_H_
#define FANTAIL_NET_BUS_SERVER_H_

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fantail/bus/server.h"
#include "fantail/net/bus_loop.h"

namespace fantail::net {

class BusServer final : public bus::ServerEvents {
 public:
  // The whole answer, of any length.
  using Serve = std::function<absl::StatusOr<std::string>(const bus::Call& call)>;
  // `keys`: net::ReadKeys has them; null if the bus has none.
  BusServer(std::vector<std::string> endpoints, std::string name, std::vector<std::string> services,
            Serve serve, uint32_t capacity = 64, std::shared_ptr<const Keys> keys = nullptr);
  ~BusServer() override;

  // Until Stop, or `fd` is readable; then what is in hand is finished, within `patience`.
  void Run(int fd = -1, Nanos patience = std::chrono::seconds(10));
  // From any thread, or a signal handler.
  void Stop() { stop_ = true; }

 private:
  void OnCall(const bus::Call& call) override;
  void OnCancel(uint64_t id) override { answers_.erase(id); }
  void OnRoom(uint64_t id) override { Pour(id); }
  // Sends what there is room for.
  void Pour(uint64_t id);

  Context context_;
  const Serve serve_;
  bus::Server server_;
  BusLoop loop_;
  std::atomic<bool> stop_ = false;
  struct Rest {
    std::string answer;
    size_t at = 0;
  };
  std::map<uint64_t, Rest> answers_;  // by call; those that are not sent to the end
};

}  // namespace fantail::net

#endif  // FANTAIL_NET_BUS_SERVER_H_
