// The entry of the open feed: subscriptions from anybody, and a feed from the node above.
#include <algorithm>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "fantail/base/check.h"
#include "fantail/feed/open_feed.h"
#include "fantail/feed/open_interest.h"
#include "fantail/text/row_fields.h"
#include "fantail/wire/limits.h"
#include "open_generated.h"
#include "tests/fuzz/entries.h"

namespace fantail::fuzz {
namespace {

using std::chrono::milliseconds;

// Aborts at what the generated code of a client would refuse.
class Verified final : public feed::OpenSink {
 public:
  void Publish(std::string_view topic, const wire::Message& message) override {
    FANTAIL_CHECK(topic.ends_with('\0'), topic.size());
    FANTAIL_CHECK(message.size() <= wire::kMaxMessageBytes, message.size());
    const auto* data = reinterpret_cast<const uint8_t*>(message.bytes().data());
    flatbuffers::Verifier verifier(data, message.size());
    const std::string_view name = topic.substr(0, topic.size() - 1);
    if (name == "$fantail/state") {
      FANTAIL_CHECK(verifier.VerifyBuffer<open::State>("FTO1"));
    } else if (name == "$fantail/gap") {
      FANTAIL_CHECK(verifier.VerifyBuffer<open::Gap>("FTO1"));
    } else {
      FANTAIL_CHECK(verifier.VerifyBuffer<open::Batch>("FTO1"));
      FANTAIL_CHECK(flatbuffers::GetRoot<open::Batch>(data)->topic()->str() == name);
    }
  }
};

class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  uint8_t Byte() {
    if (left_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(left_.front());
    left_ = left_.subspan(1);
    return byte;
  }
  // With its length before it.
  std::string_view Text() {
    const size_t length = Byte();
    const auto taken = left_.first(std::min(length, left_.size()));
    left_ = left_.subspan(taken.size());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  std::span<const std::byte> left_;
};

class OpenFeedRun {
 public:
  explicit OpenFeedRun(std::span<const std::byte> bytes) : bytes_(bytes) {
    feed_.BeginTurn(now_);
    feed_.OnNewEpoch({7}, false);
  }
  void Run() {
    while (!bytes_.empty()) Step();
    feed_.EndTurn({}, false);
    feed_.Close("done");
  }

 private:
  static constexpr size_t kMostPatterns = 6;

  void Step() {
    const uint8_t what = bytes_.Byte();
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
        // The third connection ends now and then: what it had is cancelled by nobody.
        interest_.Receive(what % 8 == 2 ? nullptr : peers_[what % 8], bytes_.Text(), now_);
        return;
      case 3:
        now_ += milliseconds(what);
        return Take();
      case 4:
        return AddName(what);
      case 5:
        return AddRecord();
      case 6:
        return AddGap();
      default:
        feed_.EndTurn({.state = static_cast<feed::State>(1 + bytes_.Byte() % 6),
                       .cause = std::string(bytes_.Text()),
                       .hop = {},
                       .hops = {},
                       .age = milliseconds(what)},
                      what > 128);
        feed_.BeginTurn(now_ += milliseconds(1));
    }
  }
  void Take() {
    const auto patterns = interest_.Take(now_);
    if (!patterns) return;
    FANTAIL_CHECK(std::is_sorted(patterns->begin(), patterns->end()));
    // Those wanted, those that linger, and all.
    FANTAIL_CHECK(patterns->size() <= 2 * kMostPatterns + 1, patterns->size());
    for (const Pattern& pattern : *patterns) {
      FANTAIL_CHECK(PatternProblem(pattern.text()) == nullptr, pattern.text());
    }
    if (!interest_.beyond()) return;
    FANTAIL_CHECK(std::find(patterns->begin(), patterns->end(), Pattern("*")) != patterns->end());
  }
  // A client knows each id and each name once.
  void AddName(uint8_t what) {
    const std::string_view text = bytes_.Text();
    if (what > 128) {
      if (!text.empty() && text.size() <= text::kMaxVenueBytes && venues_ < 100) {
        feed_.OnVenue({++venues_}, text);
      }
      return;
    }
    if (TopicProblem(text) != nullptr || !names_.emplace(text).second) return;
    feed_.OnTopic({static_cast<uint32_t>(names_.size() - 1)}, text);
  }
  void AddRecord() {
    wire::Tick tick{};
    const std::string_view text = bytes_.Text();
    std::memcpy(&tick, text.data(), std::min(sizeof tick, text.size()));
    if (names_.empty()) return;
    tick.topic = {tick.topic.value % static_cast<uint32_t>(names_.size())};
    const wire::Record record{++position_, tick};
    feed_.OnRecords({&record, 1});
  }
  void AddGap() {
    const std::string_view text = bytes_.Text();
    if (PatternProblem(text) != nullptr) return;
    feed_.OnGap({.from = position_, .to = position_ + 9, .patterns = {Pattern(text)}});
  }

  Bytes bytes_;
  Verified sink_;
  feed::OpenFeed feed_{"ticks", &sink_};
  feed::OpenInterest interest_{
      {.linger = milliseconds(100), .max_patterns = kMostPatterns, .max_holders = 8}};
  const feed::OpenPeer peers_[2] = {std::make_shared<int>(1), std::make_shared<int>(2)};
  MonotonicTime now_{std::chrono::seconds(100)};
  std::set<std::string, std::less<>> names_;
  uint16_t venues_ = 0;
  Position position_;
};

}  // namespace

void FuzzOpenFeed(std::span<const std::byte> bytes) {
  OpenFeedRun(bytes).Run();
}

}  // namespace fantail::fuzz
