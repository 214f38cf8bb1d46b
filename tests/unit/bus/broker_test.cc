// One bus: who gets a request, and what comes back.
#include "fantail/bus/broker.h"

#include "tests/unit/bus/bus_fixture.h"

namespace fantail::bus {
namespace {

using BrokerTest = BusFixture;

TEST_F(BrokerTest, ARequestIsAnsweredByAServerThatTheClientDoesNotName) {
  BusNet::Node* bus = AddBus("branch");
  AddServer(bus, "a");
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const uint64_t id = Ask(client, "hello");
  net.Run(milliseconds(10));
  EXPECT_EQ(client->answers[id], "a:hello");
  EXPECT_EQ(client->outcome[id], "answer");
  EXPECT_EQ(bus->broker->jobs(), 0u);
}

TEST_F(BrokerTest, NoServerIsSaidWithin50Milliseconds) {
  BusNet::Node* bus = AddBus("branch");
  AddServer(bus, "a", {"other"});
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const uint64_t id = Ask(client, "hello");
  net.Run(milliseconds(50));
  EXPECT_EQ(client->outcome[id], "no server");
}

TEST_F(BrokerTest, TheLeastLoadedServerIsNext) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* small = AddServer(bus, "small", {"echo"}, 2);
  TestServer* large = AddServer(bus, "large", {"echo"}, 6);
  small->answers_at_once = large->answers_at_once = false;
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  for (int i = 0; i < 8; ++i) Ask(client, std::to_string(i));
  net.Run(milliseconds(10));
  EXPECT_EQ(small->calls.size(), 2u);
  EXPECT_EQ(large->calls.size(), 6u);
  const uint64_t ninth = Ask(client, "8");
  net.Run(milliseconds(10));
  EXPECT_EQ(small->calls.size() + large->calls.size(), 8u);
  large->server->Finish(large->calls[0], BytesOf("done"));
  net.Run(milliseconds(10));
  EXPECT_EQ(large->calls.size(), 7u);
  EXPECT_EQ(client->outcome.count(ninth), 0u);
}

TEST_F(BrokerTest, ADeadServersRequestsGoToAnotherIfTheyMayBeDoneTwice) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* dies = AddServer(bus, "a");
  dies->answers_at_once = false;
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const uint64_t once = Ask(client, "once");
  const uint64_t often = Ask(client, "often", {.idempotent = true});
  net.Run(milliseconds(10));
  ASSERT_EQ(dies->calls.size(), 2u);
  KillServer(dies);
  net.Run(milliseconds(300));
  EXPECT_EQ(client->outcome[once], "server lost");
  EXPECT_EQ(client->outcome.count(often), 0u);
  AddServer(bus, "b");
  net.Run(milliseconds(20));
  EXPECT_EQ(client->answers[often], "b:often");
}

TEST_F(BrokerTest, WhatADeadServerHasSaidIsVoid) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* dies = AddServer(bus, "a");
  dies->answers_at_once = false;
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const uint64_t id = Ask(client, "x", {.idempotent = true});
  net.Run(milliseconds(10));
  dies->server->Send(dies->calls.at(0), BytesOf("half of "));
  net.Run(milliseconds(10));
  EXPECT_EQ(client->answers[id], "half of ");
  KillServer(dies);
  AddServer(bus, "b");
  net.Run(seconds(1));
  EXPECT_EQ(client->answers[id], "b:x");
  EXPECT_EQ(client->restarts, 1);
}

TEST_F(BrokerTest, AServerThatDrainsFinishesWhatItHasAndTakesNoMore) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* leaves = AddServer(bus, "a");
  leaves->answers_at_once = false;
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const uint64_t first = Ask(client, "1");
  net.Run(milliseconds(10));
  leaves->server->Drain();
  AddServer(bus, "b");
  net.Run(milliseconds(10));
  const uint64_t second = Ask(client, "2");
  net.Run(milliseconds(10));
  EXPECT_EQ(client->answers[second], "b:2");
  leaves->server->Finish(leaves->calls.at(0), BytesOf("at last"));
  net.Run(milliseconds(10));
  EXPECT_EQ(client->answers[first], "at last");
}

TEST_F(BrokerTest, ASilentServerIsTakenForDead) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* stops = AddServer(bus, "a");
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  stops->line->silent = true;
  const uint64_t id = Ask(client, "x", {.idempotent = true});
  net.Run(seconds(1));
  AddServer(bus, "b");
  net.Run(seconds(3));
  EXPECT_EQ(client->answers[id], "b:x");
}

TEST_F(BrokerTest, ARequestEndsAtItsDeadlineAndTheServerIsTold) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* slow = AddServer(bus, "a");
  slow->answers_at_once = false;
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const uint64_t id = Ask(client, "x", {.budget = milliseconds(200)});
  net.Run(milliseconds(150));
  EXPECT_EQ(client->outcome.count(id), 0u);
  EXPECT_LE(slow->deadlines.at(slow->calls.at(0)), net.now + milliseconds(60));
  net.Run(milliseconds(100));
  EXPECT_EQ(client->outcome[id], "deadline passed");
  EXPECT_EQ(slow->cancelled.size(), 1u);
  EXPECT_EQ(bus->broker->jobs(), 0u);
}

TEST_F(BrokerTest, ACancelledRequestIsTakenFromTheServer) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* slow = AddServer(bus, "a");
  slow->answers_at_once = false;
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const uint64_t id = Ask(client, "x");
  net.Run(milliseconds(10));
  client->client->Cancel(id);
  net.Run(milliseconds(10));
  EXPECT_EQ(slow->cancelled.size(), 1u);
  slow->server->Finish(slow->calls.at(0), BytesOf("too late"));
  net.Run(milliseconds(10));
  EXPECT_EQ(client->outcome.count(id), 0u);
}

TEST_F(BrokerTest, EqualKeysInFlightAreOneRequestAndTheAnswerIsKeptForAMoment) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* server = AddServer(bus, "a");
  server->answers_at_once = false;
  TestClient* one = AddClient(bus, "one");
  TestClient* two = AddClient(bus, "two");
  net.Run(milliseconds(10));
  const uint64_t first = Ask(one, "x", {.key = "k"});
  const uint64_t second = Ask(two, "x", {.key = "k"});
  const uint64_t other = Ask(two, "another body", {.key = "k"});
  net.Run(milliseconds(10));
  ASSERT_EQ(server->calls.size(), 2u);
  for (const uint64_t call : server->calls) {
    server->server->Send(call, BytesOf("part "));
    server->server->Finish(call, BytesOf(server->bodies[call]));
  }
  net.Run(milliseconds(10));
  EXPECT_EQ(one->answers[first], "part x");
  EXPECT_EQ(two->answers[second], "part x");
  EXPECT_EQ(two->answers[other], "part another body");
  const uint64_t soon = Ask(two, "x", {.key = "k"});
  net.Run(milliseconds(10));
  EXPECT_EQ(two->answers[soon], "part x");
  EXPECT_EQ(server->calls.size(), 2u);
  net.Run(seconds(6));
  EXPECT_EQ(bus->broker->jobs(), 0u);
  EXPECT_EQ(bus->broker->held_bytes(), 0u);
  Ask(two, "x", {.key = "k"});
  net.Run(milliseconds(10));
  EXPECT_EQ(server->calls.size(), 3u);
}

TEST_F(BrokerTest, ALargeAnswerToASlowClientCostsTheBusItsWindow) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* server = AddServer(bus, "a");
  server->answers_at_once = false;
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const uint64_t id = Ask(client, "x", {.budget = seconds(60), .window_bytes = 128 * 1024});
  net.Run(milliseconds(10));
  client->line->deaf = true;
  const std::string part(50'000, 'p');
  const uint64_t call = server->calls.at(0);
  int sent = 0;
  const auto pour = [&] {
    while (sent < 1000 && server->server->Send(call, BytesOf(part))) ++sent;
  };
  for (int i = 0; i < 100; ++i, net.Run(milliseconds(10))) pour();
  EXPECT_EQ(sent, 2);
  EXPECT_LE(bus->broker->held_bytes(), 128u * 1024);
  client->line->deaf = false;
  while (sent < 1000) {
    pour();
    net.Run(milliseconds(2));
    ASSERT_LE(bus->broker->held_bytes(), 256u * 1024);
  }
  while (!server->server->Finish(call, BytesOf("."))) net.Run(milliseconds(2));
  net.Run(milliseconds(20));
  EXPECT_EQ(client->answers[id].size(), 50'000'001u);
}

TEST_F(BrokerTest, OneWhoDoesNotKeepUpWithASharedAnswerDoesNotHoldUpTheOther) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* server = AddServer(bus, "a");
  server->answers_at_once = false;
  TestClient* fast = AddClient(bus, "fast");
  TestClient* slow = AddClient(bus, "slow");
  net.Run(milliseconds(10));
  const uint64_t slow_id =
      slow->client->Ask({.service = "echo", .body = "x", .key = "k", .owner_takes = true}, net.now);
  const uint64_t fast_id = Ask(fast, "x", {.key = "k"});
  net.Run(milliseconds(10));
  const std::string part(50'000, 'p');
  for (int i = 0; i < 100; ++i) {
    while (!server->server->Send(server->calls.at(0), BytesOf(part))) net.Run(milliseconds(1));
  }
  server->server->Finish(server->calls.at(0), BytesOf("."));
  net.Run(milliseconds(20));
  EXPECT_EQ(fast->answers[fast_id].size(), 5'000'001u);
  // The other gets it anew, by itself.
  EXPECT_EQ(slow->outcome.count(slow_id), 0u);
  ASSERT_EQ(server->calls.size(), 2u);
  server->server->Finish(server->calls.at(1), BytesOf("short"));
  net.Run(milliseconds(20));
  EXPECT_EQ(slow->answers[slow_id], "short");
  EXPECT_EQ(slow->restarts, 1);
  EXPECT_EQ(bus->broker->held_bytes(), 0u);
}

TEST_F(BrokerTest, AnIdempotentRequestOutlivesTheConnectionToTheBus) {
  BusNet::Node* bus = AddBus("branch");
  TestServer* server = AddServer(bus, "a");
  server->answers_at_once = false;
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const uint64_t once = Ask(client, "once");
  const uint64_t often = Ask(client, "often", {.idempotent = true});
  net.Run(milliseconds(10));
  server->answers_at_once = true;
  client->line->Break("cut");
  net.Run(milliseconds(300));
  EXPECT_EQ(client->outcome[once], "server lost");
  EXPECT_EQ(client->answers[often], "a:often");
}

TEST_F(BrokerTest, ABodyThatIsTooLargeIsRefusedBeforeItIsSent) {
  BusNet::Node* bus = AddBus("branch");
  TestClient* client = AddClient(bus);
  const uint64_t id = Ask(client, std::string(100 << 20, 'x'));
  net.Run(milliseconds(50));
  EXPECT_EQ(client->outcome[id], "too large");
}

TEST_F(BrokerTest, AClientsRequestsAreBoundedInBytesAndWhatIsOverMakesRoom) {
  BusNet::Node* bus = AddBus("branch", nullptr, {.max_asked_bytes = 100});
  TestServer* server = AddServer(bus, "a");
  server->answers_at_once = false;
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(10));
  const std::string body(60, 'x');
  const uint64_t first = Ask(client, body);
  const uint64_t second = Ask(client, body);
  net.Run(milliseconds(10));
  EXPECT_EQ(client->outcome[second], "busy");
  server->server->Finish(server->calls[0], BytesOf("done"));
  net.Run(milliseconds(10));
  EXPECT_EQ(client->outcome[first], "answer");
  const uint64_t third = Ask(client, body);
  net.Run(milliseconds(10));
  EXPECT_EQ(client->outcome.count(third), 0u);
  EXPECT_EQ(server->calls.size(), 2u);
}

TEST_F(BrokerTest, TheStatusOfABusIsAServiceOfItsOwn) {
  BusNet::Node* hq = AddBus("hq");
  BusNet::Node* branch = AddBus("branch", hq);
  AddServer(hq, "a");
  TestClient* client = AddClient(branch);
  net.Run(milliseconds(50));
  const uint64_t here = Ask(client, "", {.service = "bus.status"});
  const uint64_t above = Ask(client, "+", {.service = "bus.status"});
  const uint64_t beyond = Ask(client, "++", {.service = "bus.status"});
  net.Run(milliseconds(50));
  EXPECT_NE(client->answers[here].find("bus branch members=1"), std::string::npos);
  EXPECT_NE(client->answers[here].find("service echo servers=0 above=1"), std::string::npos);
  EXPECT_NE(client->answers[above].find("server a in_hand=0 capacity=4 served=0"),
            std::string::npos);
  EXPECT_EQ(client->outcome[beyond], "no server");
}

// What a bus sent, to whom.
class SentLinks final : public wire::Links {
 public:
  wire::SendResult Send(std::string_view address, const wire::Message& message) override {
    sent[std::string(address)] = message;
    return wire::SendResult::kSent;
  }
  template <class M>
  M Newest(const std::string& address) {
    EXPECT_EQ(decoder_.Decode(sent[address].bytes(), &any_), wire::DecodeError::kNone);
    EXPECT_TRUE(std::holds_alternative<M>(any_));
    return std::get<M>(any_);
  }
  std::map<std::string, wire::Message> sent;

 private:
  Decoder decoder_;
  AnyMessage any_;
};

TEST(PassingOnTest, ARequestAndItsAnswerGoOnAsTheMessagesThatCame) {
  SentLinks links;
  BrokerObserver observer;
  const MonotonicTime now{seconds(1000)};
  Broker broker({.name = "branch", .node = {1}}, &links, &observer);
  const auto receive = [&](const char* from, wire::Message message) {
    const std::byte* place = message.bytes().data();
    broker.Receive(from, std::move(message), now);
    broker.Turn(now);
    return place;
  };
  wire::TextListBuilder services;
  services.Add("echo");
  receive("server", Encode(Join{.name = "a", .node = {2}, .role = Role::kServer}));
  receive("server", Encode(Offer{.services = services.list()}));
  receive("client", Encode(Join{.name = "b", .node = {3}}));

  const std::byte* asked =
      receive("client",
              Encode(Request{
                  .id = 77, .service = "echo", .budget_ns = 1'000'000, .body = BytesOf("hello")}));
  EXPECT_EQ(links.sent["server"].bytes().data(), asked);
  const auto call = links.Newest<Request>("server");
  EXPECT_NE(call.id, 77u);
  EXPECT_EQ(TextOf(call.body), "hello");

  const std::byte* told =
      receive("server", Encode(Answer{.id = call.id, .body = BytesOf("at once")}));
  EXPECT_EQ(links.sent["client"].bytes().data(), told);
  const auto answer = links.Newest<Answer>("client");
  EXPECT_EQ(answer.id, 77u);
  EXPECT_EQ(TextOf(answer.body), "at once");
}

}  // namespace
}  // namespace fantail::bus
