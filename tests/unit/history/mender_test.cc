// A gateway's holes are filled from the history, and who resumes there finds what was missing.
#include "fantail/history/mender.h"

#include "tests/unit/history/past_fixture.h"

namespace fantail::history {
namespace {

constexpr Epoch kEpoch{3};

// Nobody is connected below.
class NoLinks final : public wire::Links {
 public:
  wire::SendResult Send(std::string_view, const wire::Message&) override {
    return wire::SendResult::kPeerGone;
  }
};

class MenderTest : public ::testing::Test {
 protected:
  MenderTest() {
    mender_.set_client(&client_);
    bus_ = net_.AddNode({.name = "branch"});
    net_.Connect(&client_, bus_);
    gateway_.Turn(net_.now);
    gateway_.BeginEpoch(kEpoch, /*paced=*/false, /*covers_everything=*/true);
    for (uint32_t id = 0; id < 4; ++id) gateway_.AddTopic({id}, Published::Name({id}));
  }
  PastServer* AddServer() {
    servers_.push_back(std::make_unique<PastServer>(&published_, "history"));
    net_.Connect(servers_.back()->server(), bus_);
    return servers_.back().get();
  }
  void Run(Nanos span) {
    for (const MonotonicTime end = net_.now + span; net_.now < end;) {
      net_.Step();
      gateway_.Turn(net_.now);
      mender_.Turn(net_.now);
    }
  }
  // So many are published, and come here or are missing.
  void Publish(uint64_t count, bool missing = false) {
    const Position from = published_.head(kEpoch);
    for (uint64_t i = 0; i < count; ++i) {
      const wire::Record& record = published_.Add(kEpoch, static_cast<uint32_t>(i % 4));
      if (!missing) gateway_.AddRecords({&record, 1});
    }
    if (!missing) return;
    const Position to = published_.head(kEpoch);
    gateway_.AdvanceHead(to);
    gateway_.AddGap({.from = from, .to = to, .patterns = {Pattern("*")}});
  }
  Position CompleteFrom(const char* pattern = "*") const {
    return *gateway_.state()->coverage().CompleteFrom(Pattern(pattern));
  }
  std::vector<uint64_t> Held() const {
    std::vector<uint64_t> held;
    gateway_.state()->ring().Scan({}, [&](const wire::Record& record) {
      const auto& truth = published_.records.at(kEpoch)[record.position.value - 1];
      EXPECT_EQ(record, truth);
      held.push_back(record.position.value);
      return true;
    });
    return held;
  }

  BusNet net_;
  BusNet::Node* bus_ = nullptr;
  Published published_;
  std::vector<std::unique_ptr<PastServer>> servers_;
  NoLinks links_;
  feed::ServerObserver observer_;
  feed::FeedServer gateway_{{.name = "branch", .node = {2}}, &links_, &observer_};
  Mender mender_{{.feed = "ticks"}, &gateway_};
  bus::Client client_{{.name = "branch", .node = {5}}, mender_.client_events()};
};

TEST_F(MenderTest, WhatWasMissingIsInTheRingAndWhatLiesBeforeItIsHeldAgain) {
  AddServer();
  Publish(1000);
  Publish(9000, /*missing=*/true);
  Publish(500);
  EXPECT_EQ(CompleteFrom(), Position{10'000});
  Run(seconds(2));
  EXPECT_EQ(CompleteFrom(), Position{});
  EXPECT_EQ(Held().size(), 10'500u);
  EXPECT_EQ(mender_.counters().mended, 1u);
  EXPECT_EQ(mender_.fetch_counters().records, 9000u);
}

TEST_F(MenderTest, SeveralHolesAreFilledOneAfterTheOther) {
  AddServer();
  for (int i = 0; i < 5; ++i) {
    Publish(100);
    Publish(100, /*missing=*/true);
  }
  Run(seconds(2));
  EXPECT_EQ(CompleteFrom(), Position{});
  EXPECT_EQ(Held().size(), 1000u);
  EXPECT_EQ(mender_.counters().mended, 5u);
}

TEST_F(MenderTest, WhatIsLostForGoodStaysAHole) {
  PastServer* server = AddServer();
  server->begin[kEpoch] = {150};
  Publish(100);
  Publish(100, /*missing=*/true);
  Publish(100);
  Run(seconds(2));
  EXPECT_EQ(CompleteFrom(), Position{150});
}

TEST_F(MenderTest, WhatIsNotToBeHadNowIsTriedAgainAndLiveGoesOn) {
  Publish(100);
  Publish(100, /*missing=*/true);
  Run(seconds(20));
  EXPECT_GE(mender_.counters().failed, 1u);
  EXPECT_EQ(mender_.problem().substr(0, 9), "no server") << mender_.problem();
  EXPECT_EQ(CompleteFrom(), Position{200});
  Publish(100);
  AddServer();
  Run(seconds(20));
  EXPECT_EQ(CompleteFrom(), Position{});
  EXPECT_EQ(Held().size(), 300u);
}

TEST_F(MenderTest, ANewEpochEndsTheMendingOfTheOneBefore) {
  Publish(100);
  Publish(100, /*missing=*/true);
  Run(seconds(1));
  gateway_.BeginEpoch({4}, /*paced=*/false, /*covers_everything=*/true);
  AddServer();
  Run(seconds(20));
  EXPECT_EQ(mender_.fetch_counters().records, 0u);
  EXPECT_EQ(gateway_.state()->topics().size(), 0u);
}

TEST_F(MenderTest, AHistoryThatNamesATopicOtherwiseIsNotBelieved) {
  AddServer();
  Publish(100);
  gateway_.AddTopic({9}, "A10");
  published_.Add(kEpoch, 9);
  gateway_.AdvanceHead({101});
  gateway_.AddGap({.from = {100}, .to = {101}, .patterns = {Pattern("*")}});
  Run(seconds(2));
  EXPECT_EQ(CompleteFrom(), Position{101});
  EXPECT_EQ(mender_.counters().failed, 1u);
}

}  // namespace
}  // namespace fantail::history
