// A player in virtual time, over tapes that a test writes in a few words.
#ifndef FANTAIL_TESTS_UNIT_TOOLS_FANTAIL_REPLAY_PLAYER_FIXTURE_H_
#define FANTAIL_TESTS_UNIT_TOOLS_FANTAIL_REPLAY_PLAYER_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fantail/tape/sealed_writer.h"
#include "tests/unit/tape/tape_support.h"
#include "tools/fantail-replay/player.h"

namespace fantail::replay {

using std::chrono::milliseconds;
using std::chrono::seconds;

// 2013-10-08 13:30:00 UTC, which is 09:30 in New York.
inline constexpr int64_t kOpen = 1'381'239'000'000'000'000;
inline constexpr int64_t kMs = 1'000'000;

// A tape in the making. Topics get ids by their first use; sequences follow unless they are set.
class TapeText {
 public:
  explicit TapeText(const std::string& path, Epoch epoch = {5}) : writer_(path, {}, 42) {
    writer_.OnNewEpoch(epoch, /*paced=*/false);
    writer_.OnVenue({1}, "XNAS");
  }
  ~TapeText() { EXPECT_TRUE(writer_.Finish().ok()); }

  // A trade, so many milliseconds after the opening.
  TapeText& Tick(const std::string& topic, int64_t ms) {
    wire::Tick tick{};
    tick.topic = Id(topic);
    tick.sequence = ++sequences_[tick.topic.value];
    tick.time_ns = kOpen + ms * kMs;
    tick.price = 100 + static_cast<int64_t>(tick.sequence.value);
    tick.size = 1;
    tick.venue = {1};
    tick.kind = wire::TickKind::kTrade;
    const wire::Record record{++position_, tick};
    writer_.OnRecords({&record, 1});
    return *this;
  }
  // So many of a topic's ticks are not on the tape, and nothing says so.
  TapeText& Skip(const std::string& topic, uint32_t ticks) {
    sequences_[Id(topic).value] = sequences_[Id(topic).value] + ticks;
    position_ = position_ + ticks;
    return *this;
  }
  // The same, and it is said.
  TapeText& Gap(const std::string& topic, uint32_t ticks) {
    const Position from = position_;
    Skip(topic, ticks);
    writer_.OnGap({.from = from, .to = position_, .patterns = {Pattern(topic)}});
    return *this;
  }
  TapeText& Image(const std::string& topic) {
    wire::Tick trade{};
    trade.topic = Id(topic);
    trade.sequence = sequences_[trade.topic.value];
    trade.kind = wire::TickKind::kTrade;
    trade.price = 7777;
    writer_.OnImage({.topic = trade.topic, .sequence = trade.sequence, .trade = trade});
    return *this;
  }

 private:
  TopicId Id(const std::string& topic) {
    const auto [place, is_new] =
        ids_.emplace(topic, TopicId{static_cast<uint32_t>(ids_.size() + first_id_)});
    if (is_new) writer_.OnTopic(place->second, topic);
    return place->second;
  }

  static constexpr size_t kFirstId = 3;  // not 0: what is the tape's own shows
  const size_t first_id_ = kFirstId;
  tape::SealedWriter writer_;
  std::map<std::string, TopicId> ids_;
  std::map<uint32_t, Sequence> sequences_;
  Position position_;
};

class PlayerTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name = "a.tape") const { return folder / name; }
  TapeText Tape(const std::string& name = "a.tape") { return TapeText(Path(name)); }

  // Opens and releases; options and topics may be changed before.
  void Start(const std::vector<std::string>& names = {"a.tape"}) {
    const absl::Status status = TryStart(names);
    ASSERT_TRUE(status.ok()) << status;
    player->Release(now);
  }
  absl::Status TryStart(const std::vector<std::string>& names = {"a.tape"}) {
    Player::Tracks tracks;
    for (const std::string& name : names) {
      auto track = Track::Open(Path(name), topics);
      if (!track.ok()) return track.status();
      tracks.push_back(*std::move(track));
    }
    player = std::make_unique<Player>(options, std::move(tracks), sink,
                                      [](Epoch before) { return Epoch{before.value + 1}; });
    return player->Start(now);
  }
  // Lets the time pass and everything due be told.
  void Pass(Nanos span, bool drained = true) {
    const MonotonicTime until = now + span;
    while (true) {
      while (player->Turn(now, drained)) {
      }
      const auto due = player->next_due();
      if (!due || *due > until) break;
      now = std::max(now, *due);
    }
    now = until;
    player->Turn(now, drained);
  }
  void PlayAll() {
    for (int i = 0; i < 1'000'000 && player->state() == Player::State::kPlaying; ++i) {
      if (player->Turn(now, true)) continue;
      if (player->next_due()) now = std::max(now, *player->next_due());
    }
  }
  // `A1 B1 A2`: topics and sequences of all that was told, in order.
  std::string Ticks() const {
    std::string text;
    for (size_t i = 0; i < told.records.size(); ++i) {
      text += text.empty() ? "" : " ";
      text += told.names[i] + std::to_string(told.records[i].tick.sequence.value);
    }
    return text;
  }
  std::string Positions() const {
    std::string text;
    for (const wire::Record& record : told.records) {
      text += text.empty() ? "" : " ";
      text += std::to_string(record.position.value);
    }
    return text;
  }
  void Forget() {
    told.records.clear();
    told.names.clear();
    told.images.clear();
    told.gaps.clear();
  }

  tape::TempFolder folder;
  Player::Options options{.zone = absl::UTCTimeZone()};
  std::vector<Pattern> topics;
  tape::Told told;
  feed::FeedContent* sink = &told;
  MonotonicTime now{seconds(100)};
  std::unique_ptr<Player> player;
};

}  // namespace fantail::replay

#endif  // FANTAIL_TESTS_UNIT_TOOLS_FANTAIL_REPLAY_PLAYER_FIXTURE_H_
