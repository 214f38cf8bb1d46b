// Buses, clients and servers in virtual time, and what they were told.
#ifndef FANTAIL_TESTS_UNIT_BUS_BUS_FIXTURE_H_
#define FANTAIL_TESTS_UNIT_BUS_BUS_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fantail/bus/client.h"
#include "fantail/bus/server.h"
#include "tests/support/bus_net.h"

namespace fantail::bus {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::BusNet;

class BusFixture : public ::testing::Test {
 protected:
  struct TestClient : ClientEvents {
    void OnAnswer(uint64_t id, Body part, bool last) override {
      answers[id] += TextOf(part);
      if (!last) return;
      done.push_back(id);
      outcome[id] += "answer";
    }
    void OnRestart(uint64_t id) override {
      answers[id].clear();
      ++restarts;
    }
    void OnFailure(uint64_t id, FailureCode code, std::string_view) override {
      done.push_back(id);
      outcome[id] += FailureCodeName(code);
    }
    std::map<uint64_t, std::string> answers;
    std::map<uint64_t, std::string> outcome;  // two would be written one after the other
    std::vector<uint64_t> done;
    int restarts = 0;
    std::unique_ptr<Client> client;
    BusNet::Line* line = nullptr;
  };
  struct TestServer : ServerEvents {
    void OnCall(const Call& call) override {
      calls.push_back(call.id);
      bodies[call.id] = TextOf(call.body);
      deadlines[call.id] = call.deadline;
      std::string patterns;
      for (const std::string_view pattern : call.may_see.value_or(wire::TextList())) {
        patterns.append(patterns.empty() ? "" : " ").append(pattern);
      }
      may_see.push_back(call.may_see ? patterns : "anything");
      if (answers_at_once) server->Finish(call.id, BytesOf(name + ":" + bodies[call.id]));
    }
    void OnCancel(uint64_t id) override { cancelled.push_back(id); }
    void OnRoom(uint64_t id) override { room.push_back(id); }
    std::string name;
    bool answers_at_once = true;
    std::vector<uint64_t> calls;
    std::map<uint64_t, std::string> bodies;
    std::map<uint64_t, MonotonicTime> deadlines;
    std::vector<std::string> may_see;  // of each call
    std::vector<uint64_t> cancelled;
    std::vector<uint64_t> room;
    std::unique_ptr<Server> server;
    BusNet::Line* line = nullptr;
  };

  BusNet::Node* AddBus(const std::string& name, BusNet::Node* above = nullptr,
                       BrokerOptions options = {}) {
    options.name = name;
    options.has_upstream = above != nullptr;
    BusNet::Node* node = net.AddNode(options);
    if (above != nullptr) uplinks[name] = net.Connect(node->broker->upstream(), above);
    return node;
  }
  TestClient* AddClient(BusNet::Node* bus, const std::string& name = "client") {
    auto& one = clients.emplace_back(std::make_unique<TestClient>());
    one->client =
        std::make_unique<Client>(MemberOptions{.name = name, .node = {++next_node}}, one.get());
    one->line = net.Connect(one->client.get(), bus);
    return one.get();
  }
  TestServer* AddServer(BusNet::Node* bus, const std::string& name,
                        std::vector<std::string> services = {"echo"}, uint32_t capacity = 4) {
    auto& one = servers.emplace_back(std::make_unique<TestServer>());
    one->name = name;
    one->server = std::make_unique<Server>(MemberOptions{.name = name, .node = {++next_node}},
                                           std::move(services), capacity, one.get());
    one->line = net.Connect(one->server.get(), bus);
    return one.get();
  }
  // As kill -9 would.
  void KillServer(TestServer* server) { net.Remove(server->line); }
  uint64_t Ask(TestClient* from, const std::string& body, Question question = {}) {
    if (question.service.empty()) question.service = "echo";
    question.body = body;
    return from->client->Ask(std::move(question), net.now);
  }

  BusNet net;
  uint64_t next_node = 0;
  std::vector<std::unique_ptr<TestClient>> clients;
  std::vector<std::unique_ptr<TestServer>> servers;
  std::map<std::string, BusNet::Line*> uplinks;
};

}  // namespace fantail::bus

#endif  // FANTAIL_TESTS_UNIT_BUS_BUS_FIXTURE_H_
