// A stretch of the past comes once and in order, whatever happens to its servers.
#include "fantail/history/fetch.h"

#include "tests/unit/history/past_fixture.h"

namespace fantail::history {
namespace {

TEST(BlockTest, BlocksAreAlignedAndTheSameForWhoMissesAboutTheSame) {
  const auto blocks = [](uint64_t from, uint64_t to) {
    std::vector<std::pair<uint64_t, uint64_t>> all;
    for (Position at{from}; at.value < to;) {
      const Block block = BlockAt(at, {to});
      EXPECT_EQ(block.after.value % (block.through - block.after), 0u);
      all.emplace_back(block.after.value, block.through.value);
      at = block.through;
    }
    return all;
  };
  using Blocks = std::vector<std::pair<uint64_t, uint64_t>>;
  EXPECT_EQ(blocks(0, 1), (Blocks{{0, 4096}}));
  EXPECT_EQ(blocks(5000, 5001), (Blocks{{4096, 8192}}));
  EXPECT_EQ(blocks(5000, 30'000), (Blocks{{4096, 8192}, {8192, 16384}, {16384, 32768}}));
  EXPECT_EQ(blocks(262'144, 600'000).front(), std::pair(uint64_t{262'144}, uint64_t{524'288}));
  // Two that differ by some positions share all but the edges.
  EXPECT_EQ(blocks(5000, 30'000), blocks(5100, 29'000));
}

class FetchTest : public ::testing::Test, protected FetchEvents {
 protected:
  FetchTest() : fetch_({.feed = "ticks"}, this), client_({.name = "desk", .node = {5}}, &fetch_) {
    fetch_.set_client(&client_);
    bus_ = net_.AddNode({.name = "branch"});
    net_.Connect(&client_, bus_);
  }
  PastServer* AddServer(const std::string& name) {
    servers_.push_back(std::make_unique<PastServer>(&published_, name));
    lines_[servers_.back().get()] = net_.Connect(servers_.back()->server(), bus_);
    return servers_.back().get();
  }
  void Publish(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) published_.Add({3}, static_cast<uint32_t>(i % 5));
  }
  void Run(Nanos span) {
    for (const MonotonicTime end = net_.now + span; net_.now < end;) {
      net_.Step();
      fetch_.Turn(net_.now);
    }
  }
  void Ask(Position after, Position through) {
    fetch_.Begin({.epoch = {3}, .after = after, .through = through, .patterns = {Pattern("*")}},
                 /*shared=*/true, net_.now);
  }
  bool OnPart(const Part& part) override {
    EXPECT_EQ(part.epoch, Epoch{3});
    EXPECT_GE(part.after, at_);
    at_ = part.through;
    if (part.lost) lost_.emplace_back(part.lost->from.value, part.lost->to.value);
    for (const wire::Record& record : part.records) got_.push_back(record.position.value);
    return true;
  }
  void OnFetched(std::string_view problem) override { ended_ = problem.empty() ? "all" : problem; }
  void ExpectAll(uint64_t after, uint64_t through) const {
    ASSERT_EQ(got_.size(), through - after);
    for (size_t i = 0; i < got_.size(); ++i) ASSERT_EQ(got_[i], after + i + 1);
  }

  BusNet net_;
  Published published_;
  BusNet::Node* bus_;
  std::vector<std::unique_ptr<PastServer>> servers_;
  std::map<PastServer*, BusNet::Line*> lines_;
  Fetch fetch_;
  bus::Client client_;
  Position at_;
  std::vector<uint64_t> got_;
  std::vector<std::pair<uint64_t, uint64_t>> lost_;
  std::string ended_;
};

TEST_F(FetchTest, BringsExactlyWhatWasAskedFor) {
  Publish(20'000);
  AddServer("a");
  Ask({5000}, {17'001});
  Run(seconds(2));
  EXPECT_EQ(ended_, "all");
  ExpectAll(5000, 17'001);
}

TEST_F(FetchTest, GoesOnWithAnotherServerWhenOneDies) {
  Publish(60'000);
  PastServer* dies = AddServer("a");
  Ask({0}, {60'000});
  while (got_.size() < 3000) Run(milliseconds(1));
  AddServer("b");
  Run(milliseconds(20));
  net_.Remove(lines_[dies]);
  Run(seconds(20));
  EXPECT_EQ(ended_, "all");
  ExpectAll(0, 60'000);
}

TEST_F(FetchTest, WaitsForWhatIsNotOnATapeYet) {
  Publish(10'000);
  PastServer* server = AddServer("a");
  server->shorter = {500};
  Ask({1000}, {10'000});
  Run(seconds(1));
  EXPECT_EQ(ended_, "");
  ASSERT_FALSE(got_.empty());
  EXPECT_EQ(got_.back(), 9500u);
  server->shorter = {0};
  Run(seconds(2));
  EXPECT_EQ(ended_, "all");
  ExpectAll(1000, 10'000);
}

TEST_F(FetchTest, GivesUpWhatIsNotToBeHadAndSaysWhy) {
  Publish(10'000);
  AddServer("a")->shorter = {500};
  Ask({9000}, {10'000});
  Run(seconds(8));
  EXPECT_EQ(ended_, "the history ends before");
  ExpectAll(9000, 9500);
  EXPECT_EQ(fetch_.at(), Position{9500});
}

TEST_F(FetchTest, SaysWhenThereIsNoServer) {
  Ask({0}, {100});
  Run(seconds(8));
  EXPECT_NE(ended_.find("no server"), std::string::npos) << ended_;
}

TEST_F(FetchTest, TellsWhatTheTapesHaveLost) {
  Publish(10'000);
  AddServer("a")->begin[{3}] = {4000};
  Ask({1000}, {10'000});
  Run(seconds(2));
  EXPECT_EQ(ended_, "all");
  ASSERT_EQ(lost_.size(), 1u);
  EXPECT_EQ(lost_[0], std::pair(uint64_t{1000}, uint64_t{4000}));
  ExpectAll(4000, 10'000);
}

TEST_F(FetchTest, KeepsToItsRate) {
  Fetch slow({.feed = "ticks", .bytes_per_second = 20'000}, this);
  bus::Client client({.name = "slow", .node = {6}}, &slow);
  slow.set_client(&client);
  net_.Connect(&client, bus_);
  Publish(400'000);
  AddServer("a");
  slow.Begin({.epoch = {3}, .after = {0}, .through = {400'000}, .patterns = {Pattern("*")}},
             /*shared=*/true, net_.now);
  const MonotonicTime begin = net_.now;
  while (ended_.empty() && net_.now - begin < seconds(400)) {
    net_.Step();
    slow.Turn(net_.now);
  }
  EXPECT_EQ(ended_, "all");
  ExpectAll(0, 400'000);
  // But for what a window lets through at once.
  const double took = std::chrono::duration<double>(net_.now - begin).count();
  const double bytes = static_cast<double>(slow.counters().bytes);
  EXPECT_GT(bytes, 1'200'000);
  EXPECT_LT((bytes - 2.0 * bus::kMaxWindowBytes / 4) / took, 20'000);
}

TEST_F(FetchTest, FiftyWhoMissTheSameCostTheServersOneAnswer) {
  Publish(60'000);
  PastServer* server = AddServer("a");
  struct Desk final : FetchEvents {
    bool OnPart(const Part& part) override {
      records += part.records.size();
      return true;
    }
    void OnFetched(std::string_view problem) override { done = problem.empty(); }
    uint64_t records = 0;
    bool done = false;
    std::unique_ptr<Fetch> fetch;
    std::unique_ptr<bus::Client> client;
  };
  std::vector<std::unique_ptr<Desk>> desks;
  for (uint64_t i = 0; i < 50; ++i) {
    desks.push_back(std::make_unique<Desk>());
    Desk& desk = *desks.back();
    desk.fetch = std::make_unique<Fetch>(FetchOptions{.feed = "ticks"}, &desk);
    desk.client = std::make_unique<bus::Client>(
        bus::MemberOptions{.name = "desk", .node = {100 + i}}, desk.fetch.get());
    desk.fetch->set_client(desk.client.get());
    net_.Connect(desk.client.get(), bus_);
  }
  Run(milliseconds(50));
  for (uint64_t i = 0; i < 50; ++i) {
    // Each has missed a little more or less.
    desks[i]->fetch->Begin({.epoch = {3},
                            .after = {1000 + 20 * i},
                            .through = {50'000 + 20 * i},
                            .patterns = {Pattern("*")}},
                           /*shared=*/true, net_.now);
  }
  for (int i = 0; i < 20'000; ++i) {
    net_.Step();
    for (const auto& desk : desks) desk->fetch->Turn(net_.now);
  }
  for (uint64_t i = 0; i < 50; ++i) {
    EXPECT_TRUE(desks[i]->done) << i;
    EXPECT_EQ(desks[i]->records, 49'000u) << i;
  }
  const uint64_t one = desks[0]->fetch->counters().bytes;
  EXPECT_LT(server->bytes, 2 * one);
  EXPECT_EQ(server->questions.size(), desks[0]->fetch->counters().questions);
}

}  // namespace
}  // namespace fantail::history
