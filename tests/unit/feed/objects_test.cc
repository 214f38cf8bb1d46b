// Objects in a FeedServer: parts with what they carry, and what who comes later gets.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "fantail/wire/part.h"
#include "tests/unit/feed/server_fixture.h"

namespace fantail::feed {
namespace {

class ObjectsTest : public ServerFixture {
 protected:
  // The next part of the topic with id 0 or 1.
  void Part(uint32_t topic, std::string_view bytes, bool first = false) {
    const char* const names[] = {"film", "song"};
    server->AddTopic({topic}, names[topic]);
    wire::Tick tick = wire::TickOf({.first = first});
    tick.topic = {topic};
    tick.sequence = {++last_[topic]};
    server->AddPayload(++head, std::as_bytes(std::span(bytes)));
    const wire::Record record{head, tick};
    server->AddRecords({&record, 1});
  }
  // What a session was sent of parts, in order.
  std::string Got(const std::string& address) {
    std::string all;
    for (const wire::Batch& batch : To(address).All<wire::Batch>()) {
      EXPECT_LE(batch.ticks.size(), 1u);
      if (!all.empty()) all += " ";
      all.append(reinterpret_cast<const char*>(batch.payload.data()), batch.payload.size());
    }
    return all;
  }

 private:
  uint32_t last_[2] = {};
};

TEST_F(ObjectsTest, EachPartGoesWithItsPayloadInAMessageOfItsOwn) {
  Start();
  Join("a", {"*"});
  Part(0, "one", true);
  Part(0, "two");
  Turn();
  EXPECT_EQ(Got("a"), "one two");
}

TEST_F(ObjectsTest, WhoComesLaterGetsTheObjectThatIsOnItsWayFromItsBeginning) {
  Start();
  Part(0, "old", true);
  Part(0, "one", true);
  Part(1, "la", true);
  Part(0, "two");
  Join("late", {"*"});
  Part(0, "three");
  Turn();
  EXPECT_EQ(Got("late"), "one la two three");
  // The film goes on behind its first record; nothing stands before the song.
  ASSERT_EQ(To("late").Count<wire::Image>(), 1u);
  EXPECT_EQ(To("late").Last<wire::Image>().heads.size(), 1u);
  EXPECT_EQ(To("late").Last<wire::Image>().heads[0].sequence, Sequence{1});
}

TEST_F(ObjectsTest, AnObjectThatIsNoLongerHeldBeginsForWhoComesLaterWithTheNext) {
  Start();
  const std::string large(wire::kMaxPartBytes, 'x');
  Part(0, "first", true);
  for (size_t i = 0; i < Payloads::kLeastBytes / large.size() + 8192; ++i) {
    Part(1, large, true);
    if (i % 16 == 0) Turn();
    if (server->state()->ring().dropped_through().value > 0 && i > 600) break;
  }
  options.ring_bytes = 0;
  Join("late", {"film"});
  Part(0, "middle");
  Part(0, "next", true);
  Turn();
  EXPECT_EQ(Got("late"), "middle next");
}

TEST_F(ObjectsTest, WhoResumesGetsThePartsThatItLacks) {
  Start();
  Part(0, "one", true);
  Part(0, "two");
  Part(0, "three");
  Hello("back");
  Want("back", {"film"}, {.after = {1}, .kind = wire::StartKind::kResume});
  Turn();
  EXPECT_EQ(Got("back"), "two three");
}

TEST(PayloadsTest, DropsTheOldestBeyondItsBytesAndSaysHowFar) {
  Payloads payloads(0);
  const std::vector<std::byte> half(Payloads::kLeastBytes / 2);
  EXPECT_EQ(payloads.Add({1}, half), Position{});
  EXPECT_EQ(payloads.Add({2}, half), Position{});
  EXPECT_EQ(payloads.Add({2}, half), Position{});  // from another line
  EXPECT_EQ(payloads.Add({3}, half), Position{1});
  EXPECT_EQ(payloads.Of({1}).size(), 0u);
  EXPECT_EQ(payloads.Of({3}).size(), half.size());
  EXPECT_EQ(payloads.size_bytes(), Payloads::kLeastBytes);
}

}  // namespace
}  // namespace fantail::feed
