// Every message of the bus comes back as it was, and no damage gets through.
#include "fantail/bus/messages.h"

#include <gtest/gtest.h>

#include "tests/support/bus_messages.h"
#include "tests/support/damage.h"

namespace fantail::bus {
namespace {

using wire::DecodeError;

template <class M>
M RoundTrip(const wire::Message& message, Decoder* decoder, AnyMessage* any) {
  EXPECT_EQ(decoder->Decode(message.bytes(), any), DecodeError::kNone) << decoder->detail();
  EXPECT_TRUE(std::holds_alternative<M>(*any));
  return std::get<M>(*any);
}

class BusMessagesTest : public ::testing::Test {
 protected:
  Decoder decoder;
  AnyMessage any;
};

TEST_F(BusMessagesTest, ARequestComesBackAsItWas) {
  const wire::Message message = testing::EveryBusMessage()[5];
  const Request request = RoundTrip<Request>(message, &decoder, &any);
  EXPECT_EQ(request.id, 5u);
  EXPECT_EQ(request.service, "history");
  EXPECT_EQ(request.budget_ns, 1'000'000'000u);
  EXPECT_EQ(request.window_bytes, kMinWindowBytes);
  EXPECT_EQ(request.key, "block 7");
  EXPECT_TRUE(request.idempotent);
  EXPECT_EQ(request.hops, 1);
  EXPECT_EQ(TextOf(request.body), "what was");
}

TEST_F(BusMessagesTest, AnAnswerComesBackAsItWas) {
  const wire::Message message = testing::EveryBusMessage()[6];
  const Answer answer = RoundTrip<Answer>(message, &decoder, &any);
  EXPECT_EQ(answer.id, 5u);
  EXPECT_EQ(answer.attempt, 2u);
  EXPECT_EQ(answer.part, 1u);
  EXPECT_FALSE(answer.last);
  EXPECT_EQ(TextOf(answer.body), "this");
}

TEST_F(BusMessagesTest, WhatIsReachableComesBackAsItWas) {
  const wire::Message message = testing::EveryBusMessage()[4];
  const Reachable reachable = RoundTrip<Reachable>(message, &decoder, &any);
  std::vector<std::string> services;
  for (const std::string_view service : reachable.services) services.emplace_back(service);
  EXPECT_EQ(services, (std::vector<std::string>{"history", "directory"}));
  ASSERT_EQ(reachable.path.size(), 2u);
  EXPECT_EQ(reachable.path[1], NodeId{8});
}

TEST_F(BusMessagesTest, TheLargestBodyFitsAMessage) {
  const std::string body(kMaxBodyBytes, 'x');
  const wire::Message message = Encode(Request{.id = 1,
                                               .service = std::string(kMaxServiceBytes, 's'),
                                               .key = std::string(kMaxKeyBytes, 'k'),
                                               .body = BytesOf(body)});
  EXPECT_EQ(RoundTrip<Request>(message, &decoder, &any).body.size(), kMaxBodyBytes);
}

TEST_F(BusMessagesTest, WhatMakesNoSenseIsRefused) {
  const auto problem = [&](const wire::Message& message) -> std::string {
    return decoder.Decode(message.bytes(), &any) == DecodeError::kNonsense ? decoder.detail()
                                                                           : "good";
  };
  EXPECT_EQ(problem(Encode(Join{.name = "x", .node = {0}})), "no node");
  EXPECT_EQ(problem(Encode(Join{.name = "x", .node = {1}, .role = Role{9}})), "an unknown role");
  EXPECT_EQ(problem(Encode(Request{.id = 1, .service = ""})), "no service is named");
  EXPECT_EQ(problem(Encode(Request{.id = 1, .service = std::string(65, 's')})),
            "the name of a service is too long");
  EXPECT_EQ(problem(Encode(Request{.id = 1, .service = "s", .window_bytes = 1})),
            "a window too small for a part");
  EXPECT_EQ(problem(Encode(Request{.id = 1, .service = "s", .key = std::string(65, 'k')})),
            "a key is too long");
  EXPECT_EQ(problem(Encode(Offer{.capacity = 0})), "a capacity out of range");
  EXPECT_EQ(problem(Encode(Failure{.id = 1, .code = FailureCode{0}})), "no such failure");
  const std::vector<NodeId> path(17, NodeId{1});
  EXPECT_EQ(problem(Encode(Reachable{.path = path})), "a path is too long");
}

TEST_F(BusMessagesTest, EveryCutAndEveryChangedByteIsFound) {
  for (const wire::Message& message : testing::EveryBusMessage()) {
    const testing::Bytes whole = testing::Copy(message);
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_NE(decoder.Decode(std::span(whole).first(size), &any), DecodeError::kNone) << size;
    }
    for (size_t at = 0; at < whole.size(); ++at) {
      testing::Bytes bytes = whole;
      bytes[at] ^= std::byte{0x10};
      EXPECT_NE(decoder.Decode(bytes, &any), DecodeError::kNone) << at;
    }
  }
}

TEST_F(BusMessagesTest, AMessageOfAnotherKindIsNotRead) {
  for (const wire::Message& message : testing::EveryBusMessage()) {
    for (int kind = 0; kind < 256; ++kind) {
      testing::Bytes bytes = testing::Copy(message);
      if (static_cast<int>(bytes[0]) == kind) continue;
      bytes[0] = static_cast<std::byte>(kind);
      testing::Seal(&bytes);
      EXPECT_NE(decoder.Decode(bytes, &any), DecodeError::kNone) << kind;
    }
  }
}

}  // namespace
}  // namespace fantail::bus
