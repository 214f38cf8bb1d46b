#include "tests/simulation/bus_cast.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace fantail::simulation {
namespace {

using bus::Body;
using bus::BytesOf;
using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

// -------------------------------------------------------------------------------------------------

std::string Errand::Body() const {
  char text[96];
  std::snprintf(text, sizeof text, "%llu %u %u %d", static_cast<unsigned long long>(nonce), parts,
                size, fails ? 1 : 0);
  return text;
}

Errand Errand::Of(std::string_view body) {
  Errand errand;
  unsigned long long nonce = 0;
  int fails = 0;
  const std::string text(body);
  std::sscanf(text.c_str(), "%llu %u %u %d", &nonce, &errand.parts, &errand.size, &fails);
  errand.nonce = nonce;
  errand.fails = fails != 0;
  return errand;
}

std::string Errand::Part(uint32_t i) const {
  std::string part = std::to_string(nonce) + "/" + std::to_string(i) + ";";
  part.resize(size, static_cast<char>('a' + (nonce + i) % 26));
  return part;
}

// -------------------------------------------------------------------------------------------------

SimServer::SimServer(BusWorld* world, std::string name, testing::BusNet::Node* node,
                     std::vector<std::string> services, uint32_t capacity)
    : world_(world), name_(std::move(name)) {
  server_ =
      std::make_unique<bus::Server>(bus::MemberOptions{.name = name_, .node = {world->next_node++}},
                                    std::move(services), capacity, this);
  line_ = world->net.Connect(server_.get(), node);
}

// As kill -9 does.
SimServer::~SimServer() {
  world_->net.Remove(line_);
}

void SimServer::OnCall(const bus::Call& call) {
  const Errand errand = Errand::Of(bus::TextOf(call.body));
  const auto once = world_->done.find(errand.nonce);
  if (once != world_->done.end() && ++once->second > 1) {
    world_->Violate(name_ + " is to do " + std::to_string(errand.nonce) + " a second time");
  }
  const Nanos delay = milliseconds(world_->random.OneIn(20) ? world_->random.Below(3000)
                                                            : world_->random.Below(30));
  work_[call.id] = {.errand = errand, .begin = world_->net.now + delay};
}

void SimServer::Turn() {
  for (auto it = work_.begin(); it != work_.end();) {
    const uint64_t id = it->first;
    Work& work = (it++)->second;
    if (world_->net.now < work.begin) continue;
    if (work.errand.fails && work.next == work.errand.parts / 2) {
      server_->Fail(id, "it cannot be done");
      work_.erase(id);
      continue;
    }
    // A part or two at a time.
    bool more = true;
    for (int i = 0; i < 2 && more; ++i) {
      const std::string part = work.errand.Part(work.next);
      const bool last = work.next + 1 == work.errand.parts;
      const bool sent =
          last ? server_->Finish(id, BytesOf(part)) : server_->Send(id, BytesOf(part));
      if (sent) ++work.next;
      more = sent && !last;
      if (sent && last) work_.erase(id);
    }
  }
}

// -------------------------------------------------------------------------------------------------

SimRogue::SimRogue(BusWorld* world, testing::BusNet::Node* node)
    : Member({.name = "rogue", .node = {world->next_node++}}, bus::Role::kServer), world_(world) {
  world->net.Connect(this, node);
}

void SimRogue::OnJoined(const bus::Joined&) {
  wire::TextListBuilder services;
  services.Add("nobody-asks");
  Send(bus::Offer{.services = services.list(), .capacity = 1});
}

void SimRogue::Lie() {
  if (!joined()) return;
  for (int i = 0; i < 20; ++i) {
    Send(bus::Answer{.id = world_->random.Below(400), .body = BytesOf("a lie")});
  }
}

// -------------------------------------------------------------------------------------------------

SimClient::SimClient(BusWorld* world, std::string name, testing::BusNet::Node* node)
    : world_(world), name_(std::move(name)) {
  client_ = std::make_unique<bus::Client>(
      bus::MemberOptions{.name = name_, .node = {world->next_node++}}, this);
  line_ = world->net.Connect(client_.get(), node);
}

uint64_t SimClient::Ask(Errand errand, bus::Question question, bool must) {
  question.body = errand.Body();
  const bool idempotent = question.idempotent || !question.key.empty();
  if (!idempotent) world_->done[errand.nonce] = 0;
  Asked asked{.errand = errand,
              .deadline = world_->net.now + question.budget,
              .idempotent = idempotent,
              .must = must,
              .owner_takes = question.owner_takes,
              .window = question.window_bytes,
              .room = question.window_bytes};
  const std::string what = question.service + " " + question.body + (idempotent ? " idem" : "") +
                           (question.key.empty() ? "" : " key " + question.key);
  const uint64_t id = client_->Ask(std::move(question), world_->net.now);
  world_->Trace(name_ + " asks " + std::to_string(id) + ": " + what);
  asked_[id] = std::move(asked);
  return id;
}

void SimClient::Ask() {
  Random& random = world_->random;
  static const char* const kServices[] = {"echo", "stream", "rare", "unknown"};
  bus::Question question{.service = kServices[random.OneIn(30) ? 3 : random.Below(3)]};
  Errand errand{.nonce = world_->next_nonce++};
  const bool stream = question.service == "stream";
  if (stream) errand.parts = 1 + static_cast<uint32_t>(random.Below(12));
  errand.size = 20 + static_cast<uint32_t>(random.Below(stream ? 40'000 : 400));
  errand.fails = random.OneIn(25);
  question.idempotent = random.OneIn(2);
  question.budget = random.OneIn(4) ? milliseconds(50 + random.Below(1000)) : seconds(20);
  question.window_bytes = random.OneIn(2) ? bus::kMinWindowBytes : 256 * 1024;
  question.owner_takes = stream && random.OneIn(3);
  if (random.OneIn(4)) {
    // One of a few that others ask as well: everything about it follows from its nonce.
    const uint64_t n = 1'000'000 + random.Below(10) +
                       10 * static_cast<uint64_t>(world_->net.now.time_since_epoch() / seconds(2));
    errand = {.nonce = n, .parts = 1 + static_cast<uint32_t>(n % 9), .size = 30'000};
    question.service = "stream";
    question.key = "block " + std::to_string(n);
  }
  const bool must = world_->calm && question.service != "unknown" &&
                    (question.idempotent || !question.key.empty()) && !errand.fails &&
                    question.budget >= seconds(10) && !question.owner_takes;
  const uint64_t id = Ask(errand, std::move(question), must);
  if (random.OneIn(20)) {
    client_->Cancel(id);
    asked_.erase(id);
  }
}

void SimClient::AskLast(const std::string& service) {
  Ask({.nonce = world_->next_nonce++}, {.service = service, .budget = seconds(8)}, /*must=*/true);
}

void SimClient::Take() {
  for (auto& [id, asked] : asked_) {
    if (asked.untaken == 0 || !world_->random.OneIn(3)) continue;
    asked.room += asked.untaken;
    client_->Took(id, std::exchange(asked.untaken, 0));
  }
}

void SimClient::OnAnswer(uint64_t id, Body part, bool last) {
  const auto it = asked_.find(id);
  if (it == asked_.end()) return world_->Violate(name_ + ": an answer to what is over");
  Asked& asked = it->second;
  asked.answer += bus::TextOf(part);
  world_->Hash(id * 31 + part.size());
  if (part.size() > asked.room)
    world_->Violate(name_ + ": more of an answer than there is room for");
  asked.room -= std::min(part.size(), asked.room);
  if (asked.owner_takes) {
    asked.untaken += part.size();
  } else {
    asked.room += part.size();
  }
  if (!last) return;
  std::string expected;
  for (uint32_t i = 0; i < asked.errand.parts; ++i) expected += asked.errand.Part(i);
  if (asked.answer != expected) {
    world_->Violate(name_ + ": a wrong answer to " + std::to_string(id) + ": " +
                    std::to_string(asked.answer.size()) + " bytes that begin with " +
                    asked.answer.substr(0, 20));
  }
  world_->Trace(name_ + ": " + std::to_string(id) + " is answered");
  ++world_->answered;
  asked_.erase(it);
}

void SimClient::OnRestart(uint64_t id) {
  const auto it = asked_.find(id);
  if (it == asked_.end()) return world_->Violate(name_ + ": a new beginning of what is over");
  it->second.answer.clear();
  it->second.room = it->second.window;
  it->second.untaken = 0;
}

void SimClient::OnFailure(uint64_t id, bus::FailureCode code, std::string_view reason) {
  const std::string what = std::string(bus::FailureCodeName(code)) + ": " + std::string(reason);
  const auto it = asked_.find(id);
  if (it == asked_.end()) return world_->Violate(name_ + ": a failure of what is over: " + what);
  const Asked& asked = it->second;
  world_->Trace(name_ + ": " + std::to_string(id) + " fails, " + what);
  world_->Hash(id * 37 + static_cast<uint64_t>(code));
  if (asked.must) world_->Violate(name_ + ": what must succeed fails: " + what);
  if (code == bus::FailureCode::kServerLost && asked.idempotent) {
    world_->Violate(name_ + ": what may be done again is given up: " + what);
  }
  if (code == bus::FailureCode::kServerError && !asked.errand.fails) {
    world_->Violate(name_ + ": an error that no server made: " + what);
  }
  if (code == bus::FailureCode::kDeadline && world_->net.now < asked.deadline - milliseconds(100)) {
    world_->Violate(name_ + ": its time is said to be up too early");
  }
  ++world_->failed;
  asked_.erase(it);
}

void SimClient::CheckOverdue() {
  for (const auto& [id, asked] : asked_) {
    if (world_->net.now < asked.deadline + milliseconds(50)) continue;
    world_->Violate(name_ + ": no outcome of " + std::to_string(id) + " in its time");
  }
}

// -------------------------------------------------------------------------------------------------

std::string BusWorld::Clock() const {
  char text[32];
  const Nanos since = net.now.time_since_epoch() - seconds(1000);
  std::snprintf(text, sizeof text, "%.3f s ", std::chrono::duration<double>(since).count());
  return text;
}

void BusWorld::Trace(const std::string& what) {
  if (log_) std::fprintf(stderr, "%s%s\n", Clock().c_str(), what.c_str());
}

void BusWorld::Violate(const std::string& what) {
  Trace("VIOLATION: " + what);
  if (violations_.size() < 20) violations_.push_back(Clock() + what);
}

}  // namespace fantail::simulation
