// A bus with the real programs, and clients in the test's own process.
//
// Thread: one owner, the test's.
#ifndef FANTAIL_TESTS_SYSTEM_BUS_LAB_H_
#define FANTAIL_TESTS_SYSTEM_BUS_LAB_H_

#include <cctype>
#include <map>
#include <string>
#include <utility>

#include "fantail/bus/client.h"
#include "fantail/net/bus_client.h"
#include "fantail/net/bus_loop.h"
#include "fantail/net/sockets.h"
#include "tests/system/lab.h"

namespace fantail::testing {

class BusLab : public Lab {
 protected:
  Program& Server(const std::string& bus) { return Run({EXAMPLE_BUS_SERVER, bus}); }
  // Until the service is there.
  void AwaitService(const std::string& bus, const std::string& service = "shout") {
    net::BusClient client({bus}, "waiting");
    EXPECT_TRUE(Eventually([&] {
      return client.Ask({.service = service, .body = "?", .budget = std::chrono::milliseconds(500)})
          .ok();
    }));
  }
};

// One of several clients in a process: asks all the time, and keeps account.
class Asker final : public bus::ClientEvents {
 public:
  Asker(const std::string& bus, std::string name)
      : name_(std::move(name)),
        client_({.name = name_, .node = {net::SystemRandom()}}, this),
        loop_(&context_, &client_, {bus}, net::SystemRandom()) {}

  void Turn() { loop_.Turn(Nanos{0}); }
  void Ask(bool idempotent) {
    const std::string body = name_ + "/" + std::to_string(next_++);
    const uint64_t id = client_.Ask({.service = "shout",
                                     .body = body,
                                     .budget = std::chrono::seconds(20),
                                     .idempotent = idempotent},
                                    loop_.now());
    open_[id] = {body, idempotent, ""};
  }
  size_t open() const { return open_.size(); }
  void Close() { loop_.Close(); }

  std::map<std::string, uint64_t> outcomes;  // how many, by name
  uint64_t wrong = 0;                        // answers to something else, or twice

 private:
  struct Open {
    std::string body;
    bool idempotent;
    std::string answer;
  };
  void OnAnswer(uint64_t id, bus::Body part, bool last) override {
    const auto it = open_.find(id);
    if (it == open_.end()) {
      ++wrong;
      return;
    }
    it->second.answer += bus::TextOf(part);
    if (!last) return;
    std::string expected = it->second.body;
    for (char& c : expected) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    wrong += it->second.answer == expected ? 0 : 1;
    ++outcomes["answered"];
    open_.erase(it);
  }
  void OnRestart(uint64_t id) override { open_[id].answer.clear(); }
  void OnFailure(uint64_t id, bus::FailureCode code, std::string_view) override {
    const auto it = open_.find(id);
    if (it == open_.end()) {
      ++wrong;
      return;
    }
    ++outcomes[std::string(bus::FailureCodeName(code)) +
               (it->second.idempotent ? ", though it may be done twice" : "")];
    open_.erase(it);
  }

  const std::string name_;
  uint64_t next_ = 0;
  net::Context context_;
  bus::Client client_;
  net::BusLoop loop_;
  std::map<uint64_t, Open> open_;
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_BUS_LAB_H_
