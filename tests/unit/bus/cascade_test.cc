// Buses below buses.
#include "tests/unit/bus/bus_fixture.h"

namespace fantail::bus {
namespace {

using CascadeTest = BusFixture;

TEST_F(CascadeTest, ABusWithoutAServerAsksTheOneAbove) {
  BusNet::Node* hq = AddBus("hq");
  BusNet::Node* region = AddBus("region", hq);
  BusNet::Node* branch = AddBus("branch", region);
  AddServer(hq, "a");
  TestClient* client = AddClient(branch);
  net.Run(milliseconds(50));
  const uint64_t id = Ask(client, "hello");
  const uint64_t unknown = Ask(client, "hello", {.service = "nothing"});
  net.Run(milliseconds(20));
  EXPECT_EQ(client->answers[id], "a:hello");
  EXPECT_EQ(client->outcome[unknown], "no server");
  EXPECT_EQ(hq->broker->counters().requests, 1u);
}

TEST_F(CascadeTest, AServerNearbyTakesOver) {
  BusNet::Node* hq = AddBus("hq");
  BusNet::Node* branch = AddBus("branch", hq);
  AddServer(hq, "far");
  TestClient* client = AddClient(branch);
  net.Run(milliseconds(50));
  TestServer* near = AddServer(branch, "near");
  net.Run(milliseconds(50));
  const uint64_t first = Ask(client, "1");
  net.Run(milliseconds(20));
  EXPECT_EQ(client->answers[first], "near:1");
  KillServer(near);
  net.Run(seconds(1));
  const uint64_t second = Ask(client, "2");
  net.Run(milliseconds(20));
  EXPECT_EQ(client->answers[second], "far:2");
}

TEST_F(CascadeTest, FiftyEqualRequestsCrossTheLinkOnce) {
  BusNet::Node* hq = AddBus("hq");
  BusNet::Node* branch = AddBus("branch", hq);
  TestServer* server = AddServer(hq, "a");
  std::vector<TestClient*> many;
  for (int i = 0; i < 50; ++i) many.push_back(AddClient(branch, "c" + std::to_string(i)));
  net.Run(milliseconds(50));
  for (TestClient* client : many) Ask(client, "block 7", {.key = "block 7"});
  net.Run(milliseconds(50));
  for (TestClient* client : many) EXPECT_EQ(client->answers[1], "a:block 7");
  EXPECT_EQ(server->calls.size(), 1u);
  EXPECT_EQ(hq->broker->counters().requests, 1u);
}

TEST_F(CascadeTest, TheLinkMayBreakWithARequestOnTheOtherSide) {
  BusNet::Node* hq = AddBus("hq");
  BusNet::Node* branch = AddBus("branch", hq);
  TestServer* server = AddServer(hq, "a");
  server->answers_at_once = false;
  TestClient* client = AddClient(branch);
  net.Run(milliseconds(50));
  const uint64_t once = Ask(client, "once");
  const uint64_t often = Ask(client, "often", {.idempotent = true});
  net.Run(milliseconds(20));
  server->answers_at_once = true;
  uplinks["branch"]->Break("cut");
  net.Run(milliseconds(50));
  EXPECT_EQ(client->outcome[once], "server lost");
  const uint64_t now_nobody = Ask(client, "x");
  net.Run(milliseconds(20));
  EXPECT_EQ(client->outcome[now_nobody], "no server");
  net.Run(milliseconds(300));
  EXPECT_EQ(client->answers[often], "a:often");
  EXPECT_EQ(server->cancelled.size(), 2u);
}

TEST_F(CascadeTest, ALoopIsRefusedWithAReason) {
  BusNet::Node* a = AddBus("a");
  BusNet::Node* b = AddBus("b", a);
  BusNet::Node* c = AddBus("c", b);
  net.Run(milliseconds(100));
  EXPECT_TRUE(c->broker->upstream()->joined());
  // Now b goes on below c, which is below b.
  uplinks["b"]->Retarget(c);
  uplinks["b"]->Break("moved");
  net.Run(milliseconds(500));
  EXPECT_FALSE(b->broker->upstream()->joined());
  TestClient* client = AddClient(c);
  net.Run(milliseconds(50));
  const uint64_t id = Ask(client, "x");
  net.Run(milliseconds(50));
  EXPECT_EQ(client->outcome[id], "no server");
}

TEST_F(CascadeTest, AnAnswerMayBeginAnewBeyondTheLink) {
  BusNet::Node* hq = AddBus("hq");
  BusNet::Node* branch = AddBus("branch", hq);
  TestServer* dies = AddServer(hq, "a");
  dies->answers_at_once = false;
  TestClient* client = AddClient(branch);
  net.Run(milliseconds(50));
  const uint64_t id = Ask(client, "x", {.key = "x"});
  net.Run(milliseconds(20));
  dies->server->Send(dies->calls.at(0), BytesOf("half "));
  net.Run(milliseconds(20));
  KillServer(dies);
  AddServer(hq, "b");
  net.Run(seconds(1));
  EXPECT_EQ(client->answers[id], "b:x");
  EXPECT_EQ(client->restarts, 1);
}

}  // namespace
}  // namespace fantail::bus
