// A desk of one's own: prints the price of each trade, and what is wrong with the feed.
//
//   example-desk tcp://127.0.0.1:5556 AAPL 'B*'
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "fantail/net/desk_client.h"

namespace {

using fantail::wire::Record;
using fantail::wire::TickKind;

class Prices final : public fantail::feed::FeedEvents {
 public:
  bool ended = false;

 private:
  // Topics have numbers in an epoch; a new epoch numbers anew.
  void OnNewEpoch(fantail::Epoch, bool) override { names_.clear(); }
  void OnTopic(fantail::TopicId id, std::string_view name) override { names_[id.value] = name; }
  void OnVenue(fantail::VenueId, std::string_view) override {}
  void OnRecords(std::span<const Record> records) override {
    for (const Record& record : records) {
      const auto& tick = record.tick;
      if (tick.kind != TickKind::kTrade) continue;
      const double price = static_cast<double>(tick.price) * std::pow(10, tick.price_exponent);
      std::printf("%s %.10g\n", names_[tick.topic.value].c_str(), price);
    }
  }
  void OnImage(const fantail::feed::TopicImage&) override {}  // the newest of a topic, at first
  void OnThrough(fantail::Position) override {}
  void OnGap(const fantail::feed::GapNotice&) override { std::fputs("some are missing\n", stderr); }
  void OnHave(const fantail::feed::HaveNotice&) override {}
  void OnState(const fantail::feed::FeedState& state) override {
    std::fprintf(stderr, "%s %s\n", fantail::feed::StateName(state.state), state.cause.c_str());
  }
  void OnEnd(fantail::Position) override { ended = true; }

  std::map<uint32_t, std::string> names_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: example-desk tcp://HOST:PORT PATTERN...\n", stderr);
    return 64;
  }
  Prices prices;
  fantail::net::DeskClient desk({.endpoints = {argv[1]}, .name = "example-desk"}, &prices);
  desk.SetInterest(std::vector<fantail::Pattern>(argv + 2, argv + argc));
  while (!prices.ended) desk.Turn(std::chrono::milliseconds(50));
}
