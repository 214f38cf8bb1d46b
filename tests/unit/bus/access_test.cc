// Buses and the rights of their users: who may ask and serve, and what an answer may be about.
#include "tests/unit/bus/bus_fixture.h"

namespace fantail::bus {
namespace {

class BusAccessTest : public BusFixture {
 protected:
  static std::shared_ptr<const Access> AllMay(std::map<std::string, std::vector<Pattern>> see) {
    Access access;
    for (auto& [user, patterns] : see) {
      access.users.emplace(
          user, Rights{.see = std::move(patterns), .ask = {Pattern("*")}, .serve = {Pattern("*")}});
    }
    return std::make_shared<const Access>(std::move(access));
  }
  TestClient* AddUser(BusNet::Node* bus, const std::string& user) {
    TestClient* client = AddClient(bus, user);
    client->line->user = user;
    return client;
  }
};

TEST_F(BusAccessTest, AServerIsToldWhatWhoAsksMaySee) {
  BusNet::Node* bus = AddBus("bus");
  bus->broker->SetAccess(
      AllMay({{"", {}}, {"desk7", {Pattern("A*"), Pattern("MSFT")}}, {"desk8", {}}}));
  TestServer* server = AddServer(bus, "a");
  TestClient* desk7 = AddUser(bus, "desk7");
  TestClient* desk8 = AddUser(bus, "desk8");
  net.Run(milliseconds(50));
  Ask(desk7, "1");
  net.Run(milliseconds(50));
  Ask(desk8, "2");
  net.Run(milliseconds(50));
  EXPECT_EQ(server->may_see, (std::vector<std::string>{"A* MSFT", ""}));
}

TEST_F(BusAccessTest, WithoutRightsNothingIsSaidOfWhatMayBeSeen) {
  BusNet::Node* bus = AddBus("bus");
  TestServer* server = AddServer(bus, "a");
  TestClient* client = AddClient(bus);
  net.Run(milliseconds(50));
  Ask(client, "1");
  net.Run(milliseconds(50));
  EXPECT_EQ(server->may_see, (std::vector<std::string>{"anything"}));
}

TEST_F(BusAccessTest, WhatMayBeSeenNarrowsFromBusToBusAndNeverWidens) {
  BusNet::Node* hq = AddBus("hq");
  hq->broker->SetAccess(AllMay({{"", {}}, {"branch", {Pattern("A*"), Pattern("B*")}}}));
  BusNet::Node* branch = AddBus("branch", hq);
  uplinks["branch"]->user = "branch";
  branch->broker->SetAccess(AllMay({{"desk", {Pattern("AA*"), Pattern("C*"), Pattern("*Z")}}}));
  TestServer* server = AddServer(hq, "a");
  TestClient* desk = AddUser(branch, "desk");
  net.Run(milliseconds(50));
  Ask(desk, "1");
  net.Run(milliseconds(50));
  EXPECT_EQ(server->may_see, (std::vector<std::string>{"AA*"}));
}

TEST_F(BusAccessTest, EqualQuestionsOfThoseWhoMaySeeOtherThingsShareNoAnswer) {
  BusNet::Node* bus = AddBus("bus");
  const std::vector<Pattern> some = {Pattern("A*")};
  bus->broker->SetAccess(AllMay({{"", {}}, {"a", some}, {"b", some}, {"c", {Pattern("C*")}}}));
  TestServer* server = AddServer(bus, "s");
  std::vector<TestClient*> all;
  for (const char* user : {"a", "b", "c"}) all.push_back(AddUser(bus, user));
  net.Run(milliseconds(50));
  for (TestClient* client : all) Ask(client, "block 7", {.key = "block 7"});
  net.Run(milliseconds(50));
  for (TestClient* client : all) EXPECT_EQ(client->answers[1], "s:block 7");
  EXPECT_EQ(server->may_see, (std::vector<std::string>{"A*", "C*"}));
}

TEST_F(BusAccessTest, ARightThatIsTakenAwayEndsWhatIsUnderWay) {
  BusNet::Node* bus = AddBus("bus");
  bus->broker->SetAccess(AllMay({{"", {}}, {"desk", {Pattern("*")}}}));
  TestServer* server = AddServer(bus, "a");
  server->answers_at_once = false;
  TestClient* desk = AddUser(bus, "desk");
  net.Run(milliseconds(50));
  Ask(desk, "1", {.idempotent = true});
  net.Run(milliseconds(50));
  bus->broker->SetAccess(AllMay({{"", {}}, {"desk", {Pattern("A*")}}}));
  net.Run(milliseconds(50));
  EXPECT_EQ(server->cancelled.size(), 1u);
  server->answers_at_once = true;
  net.Run(seconds(8));
  EXPECT_EQ(desk->answers[1], "a:1");
  EXPECT_EQ(server->may_see, (std::vector<std::string>{"*", "A*"}));
}

TEST_F(BusAccessTest, AUserHasNoMoreMembersThanItMay) {
  Access access;
  access.users["desk"] = {.ask = {Pattern("*")}, .sessions = 1};
  BusNet::Node* bus = AddBus("bus");
  bus->broker->SetAccess(std::make_shared<const Access>(access));
  AddUser(bus, "desk");
  net.Run(milliseconds(50));
  TestClient* second = AddUser(bus, "desk");
  net.Run(milliseconds(50));
  EXPECT_EQ(bus->broker->members(), 1u);
  EXPECT_FALSE(second->client->joined());
}

TEST_F(BusAccessTest, WhileABusIsShortOfMemoryItRefusesWhoComes) {
  BusNet::Node* bus = AddBus("bus");
  AddServer(bus, "a");
  TestClient* client = AddClient(bus, "first");
  net.Run(milliseconds(50));
  bus->broker->RefuseMore("no memory");
  TestClient* late = AddClient(bus, "late");
  net.Run(milliseconds(50));
  EXPECT_FALSE(late->client->joined());
  Ask(client, "1");
  net.Run(milliseconds(50));
  EXPECT_EQ(client->answers[1], "a:1");
  bus->broker->RefuseMore("");
  net.Run(seconds(8));
  EXPECT_TRUE(late->client->joined());
}

}  // namespace
}  // namespace fantail::bus
