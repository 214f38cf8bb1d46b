// One of every message of the bus, for tests that go through them all.
#ifndef FANTAIL_TESTS_SUPPORT_BUS_MESSAGES_H_
#define FANTAIL_TESTS_SUPPORT_BUS_MESSAGES_H_

#include <string>
#include <vector>

#include "fantail/bus/messages.h"

namespace fantail::testing {

inline std::vector<wire::Message> EveryBusMessage() {
  wire::TextListBuilder services;
  services.Add("history");
  services.Add("directory");
  static const NodeId kPath[] = {{7}, {8}};
  return {bus::Encode(bus::Join{.name = "branch", .node = {3}, .role = bus::Role::kBus}),
          bus::Encode(bus::Joined{.name = "hq", .node = {4}}),
          bus::Encode(bus::Refused{.code = bus::RefusedCode::kBusy, .reason = "full"}),
          bus::Encode(bus::Offer{.services = services.list(), .capacity = 8}),
          bus::Encode(bus::Reachable{.services = services.list(), .path = kPath}),
          bus::Encode(bus::Request{.id = 5,
                                   .service = "history",
                                   .budget_ns = 1'000'000'000,
                                   .key = "block 7",
                                   .idempotent = true,
                                   .hops = 1,
                                   .body = bus::BytesOf("what was")}),
          bus::Encode(bus::Answer{
              .id = 5, .attempt = 2, .part = 1, .last = false, .body = bus::BytesOf("this")}),
          bus::Encode(bus::Failure{.id = 5, .code = bus::FailureCode::kNoServer, .reason = "none"}),
          bus::Encode(bus::Credit{.id = 5, .attempt = 2, .bytes = 70'000}),
          bus::Encode(bus::Cancel{.id = 5}),
          bus::Encode(bus::Ping{.nonce = 9}),
          bus::Encode(bus::Pong{.nonce = 9}),
          bus::Encode(bus::Leave{.reason = "done"})};
}

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SUPPORT_BUS_MESSAGES_H_
