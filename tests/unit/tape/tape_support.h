// What the tests of tapes share: a made-up feed, and what a reader gave, with its names.
//
// Thread: one owner.
#ifndef FANTAIL_TESTS_UNIT_TAPE_TAPE_SUPPORT_H_
#define FANTAIL_TESTS_UNIT_TAPE_TAPE_SUPPORT_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/feed/feed_events.h"
#include "fantail/tape/tape_reader.h"

namespace fantail::tape {

// A folder that is gone at the end of the test.
class TempFolder {
 public:
  TempFolder() : path_(::testing::TempDir() + "fantail_tape_XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr) << path_;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string FileBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

inline void WriteBytes(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// What a FeedContent is told.
class Told : public feed::FeedContent {
 public:
  void OnNewEpoch(Epoch epoch, bool) override {
    epochs.push_back(epoch);
    topics.clear();
  }
  void OnTopic(TopicId id, std::string_view name) override { topics[id] = name; }
  void OnVenue(VenueId id, std::string_view name) override { venues[id] = name; }
  void OnImage(const feed::TopicImage& image) override { images.push_back(image); }
  void OnRecords(std::span<const wire::Record> more) override {
    for (const wire::Record& record : more) {
      records.push_back(record);
      names.push_back(topics.count(record.tick.topic) ? topics[record.tick.topic] : "?");
    }
  }
  void OnThrough(Position at) override { through = at; }
  void OnGap(const feed::GapNotice& gap) override { gaps.push_back(gap); }
  void OnEnd(Position at) override { ended = at; }

  std::vector<Epoch> epochs;
  std::map<TopicId, std::string> topics;
  std::map<VenueId, std::string> venues;
  std::vector<feed::TopicImage> images;
  std::vector<wire::Record> records;
  std::vector<std::string> names;  // of the records
  std::vector<feed::GapNotice> gaps;
  Position through;
  std::optional<Position> ended;
};

// Trades and quotes of `topics` topics, one after another.
class MadeUpFeed {
 public:
  explicit MadeUpFeed(uint64_t seed, uint32_t topics = 20) : random_(seed), sequences_(topics) {}

  static std::string Name(TopicId id) { return "SYM" + std::to_string(id.value); }

  void TellNames(feed::FeedContent* to) const {
    for (uint32_t i = 0; i < sequences_.size(); ++i) to->OnTopic({i}, Name({i}));
    to->OnVenue({1}, "XNAS");
    to->OnVenue({2}, "ARCX");
  }
  std::vector<wire::Record> Next(size_t count) {
    std::vector<wire::Record> records;
    for (size_t i = 0; i < count; ++i) {
      wire::Tick tick{};
      tick.topic = {static_cast<uint32_t>(random_.Below(sequences_.size()))};
      tick.sequence = {++sequences_[tick.topic.value]};
      tick.kind = random_.OneIn(3) ? wire::TickKind::kTrade : wire::TickKind::kQuote;
      time_ns_ += static_cast<int64_t>(random_.Below(3)) * 1'000'000;
      tick.time_ns = time_ns_;
      tick.price = 10'000 + random_.Between(-50, 50);
      tick.price_exponent = -2;
      tick.size = 100 * (1 + random_.Below(9));
      tick.venue = {static_cast<uint16_t>(1 + random_.Below(2))};
      if (tick.kind == wire::TickKind::kQuote) {
        tick.ask_price = tick.price + 1;
        tick.ask_size = 100;
      }
      records.push_back({++position_, tick});
    }
    return records;
  }

 private:
  Random random_;
  std::vector<uint32_t> sequences_;
  Position position_;
  int64_t time_ns_ = 1'381'239'000'000'000'000;
};

struct ReadAll {
  Told told;
  std::vector<Damage> damage;
};
inline ReadAll Read(TapeReader* reader) {
  ReadAll all;
  while (true) {
    const TapeReader::Result result = reader->Next(&all.told);
    if (result == TapeReader::Result::kEnd) return all;
    if (result == TapeReader::Result::kDamage) all.damage.push_back(reader->damage());
    if (result == TapeReader::Result::kFailed) {
      ADD_FAILURE() << reader->problem();
      return all;
    }
  }
}
inline ReadAll Read(const std::string& path) {
  auto reader = TapeReader::Open(path);
  if (!reader.ok()) {
    ADD_FAILURE() << reader.status();
    return {};
  }
  return Read(reader->get());
}

}  // namespace fantail::tape

#endif  // FANTAIL_TESTS_UNIT_TAPE_TAPE_SUPPORT_H_
