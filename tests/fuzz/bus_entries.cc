#include "tests/fuzz/bus_entries.h"

#include <algorithm>
#include <cstring>

#include "fantail/bus/broker.h"
#include "fantail/bus/client.h"
#include "fantail/bus/server.h"
#include "tests/support/damage.h"

namespace fantail::fuzz {
namespace {

using std::chrono::milliseconds;

class NoLinks final : public wire::Links {
 public:
  wire::SendResult Send(std::string_view, const wire::Message&) override {
    return wire::SendResult::kSent;
  }
};

class NoLink final : public wire::Link {
 public:
  bool Send(const wire::Message&) override { return true; }
};

class NoClientEvents final : public bus::ClientEvents {
 public:
  void OnAnswer(uint64_t, bus::Body, bool) override {}
  void OnRestart(uint64_t) override {}
  void OnFailure(uint64_t, bus::FailureCode, std::string_view) override {}
};

class NoServerEvents final : public bus::ServerEvents {
 public:
  void OnCall(const bus::Call&) override {}
  void OnCancel(uint64_t) override {}
};

// The identifier follows from the kind: a fuzzer should not have to find it.
void Repair(testing::Bytes* bytes) {
  if (bytes->size() < wire::kHeaderBytes + 8) return;
  (*bytes)[1] = static_cast<std::byte>(wire::kProtocolVersion);
  const int kind = static_cast<int>((*bytes)[0]) - static_cast<int>(bus::Kind::kJoin);
  const char identifier[4] = {'F', 'B', '0', static_cast<char>('a' + kind)};
  std::memcpy(bytes->data() + 12, identifier, sizeof identifier);
  testing::Seal(bytes);
}

}  // namespace

void FuzzBus(std::span<const std::byte> bytes) {
  NoLinks links;
  NoLink link;
  bus::BrokerObserver observer;
  NoClientEvents client_events;
  NoServerEvents server_events;
  MonotonicTime now{std::chrono::seconds(100)};
  bus::Broker broker({.name = "bus", .node = {1}, .has_upstream = true}, &links, &observer);
  const wire::Message joined = bus::Encode(bus::Joined{.name = "above", .node = {2}});
  broker.upstream()->Connected(&link, "above", now);
  broker.upstream()->Receive(joined.bytes(), now);
  bus::Client client({.name = "client", .node = {3}}, &client_events);
  bus::Server server({.name = "server", .node = {4}}, {"history"}, 4, &server_events);
  for (bus::Member* member :
       {static_cast<bus::Member*>(&client), static_cast<bus::Member*>(&server)}) {
    member->Connected(&link, "bus", now);
    member->Receive(joined.bytes(), now);
  }
  for (int i = 0; i < 4; ++i) client.Ask({.service = "history", .idempotent = i % 2 == 0}, now);
  for (const bus::Role role : {bus::Role::kClient, bus::Role::kServer, bus::Role::kBus}) {
    const wire::Message join = bus::Encode(
        bus::Join{.name = "m", .node = {uint64_t{10} + static_cast<uint64_t>(role)}, .role = role});
    broker.Receive(bus::RoleName(role), join, now);
  }
  while (bytes.size() > 2) {
    const size_t length =
        static_cast<size_t>(bytes[0]) | (static_cast<size_t>(bytes[1] & std::byte{0x1f}) << 8);
    const int who = static_cast<int>(bytes[1]) >> 5;
    bytes = bytes.subspan(2);
    testing::Bytes message(
        bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(length, bytes.size())));
    bytes = bytes.subspan(message.size());
    Repair(&message);
    now += milliseconds(20);
    if (who == 0) client.Receive(message, now);
    if (who == 1) server.Receive(message, now);
    if (who == 2) broker.upstream()->Receive(message, now);
    if (who == 3) broker.Receive("client", wire::Message::CopyOf(message), now);
    if (who == 4) broker.Receive("server", wire::Message::CopyOf(message), now);
    if (who == 5) broker.Receive("bus", wire::Message::CopyOf(message), now);
    if (who > 5) broker.Receive("a stranger", wire::Message::CopyOf(message), now);
    broker.Turn(now);
    client.Turn(now);
    server.Turn(now);
  }
}

}  // namespace fantail::fuzz
