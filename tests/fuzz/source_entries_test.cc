// The entries that read files over a seeded corpus: good captures and lines, damaged.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fantail/base/random.h"
#include "tests/fuzz/entries.h"
#include "tests/support/capture_bytes.h"

namespace fantail::fuzz {
namespace {

namespace iex = fantail::testing::iex;
namespace itch = fantail::testing::itch;
namespace pcap = fantail::testing::pcap;

// A few changes of a byte, and now and then a shorter text.
std::string Damaged(Random* random, std::string bytes) {
  for (uint64_t n = random->Below(6); n > 0; --n) {
    bytes[random->Below(bytes.size())] =
        static_cast<char>(random->OneIn(2) ? random->Next() : random->Between(-2, 2));
  }
  if (random->OneIn(3)) bytes.resize(random->Below(bytes.size()));
  return bytes;
}

template <class Entry>
void TryDamaged(const std::string& good, Entry entry) {
  SCOPED_TRACE("seed 1");
  Random random(1);
  for (int i = 0; i < 3000; ++i) {
    const std::string bytes = Damaged(&random, good);
    entry(std::as_bytes(std::span(bytes.data(), bytes.size())));
  }
}

std::string IexSegment(uint16_t protocol) {
  return iex::Wrap(
      {.protocol = protocol, .first = 1},
      {iex::QuoteUpdate(1000, "A", {1, 10000, 10100, 2}), iex::Trade(1001, "A", 10000, 1),
       iex::TradingStatus(1002, "A", "H"), iex::OperationalHalt(1003, "B", "O"),
       iex::SystemEvent(1004, "R"), iex::Level("8", 1005, "A", 10000, 5),
       iex::Level("5", 1006, "A", 10100, 5, false), iex::Trade(1007, "A", 10000, 1, "B")});
}

TEST(FuzzEntriesTest, IexSurvivesDamagedCaptures) {
  for (const uint16_t protocol : {iex::kTops, iex::kDeep}) {
    const std::string segment = IexSegment(protocol);
    const std::string next =
        iex::Wrap({.protocol = protocol, .first = 9}, {segment.substr(42, 42)});
    TryDamaged(pcap::Header() + pcap::Packet(segment) + pcap::Packet(next), FuzzIex);
    TryDamaged(segment, FuzzIex);
  }
}

TEST(FuzzEntriesTest, ItchSurvivesDamagedFiles) {
  TryDamaged(
      itch::File({itch::Directory(1, 1, "A"), itch::AddOrder(1, 2, 100, "B", 300, "A", 10000),
                  itch::AddOrder(1, 3, 101, "S", 300, "A", 10100, "MPID"),
                  itch::Executed(1, 4, 100, 10), itch::ExecutedAt(1, 5, 101, 10, "Y", 10050),
                  itch::Cancel(1, 6, 100, 10), itch::Replace(1, 7, 100, 102, 50, 9900),
                  itch::Delete(1, 8, 102), itch::HiddenTrade(1, 9, 5, "A", 10000),
                  itch::Cross(1, 10, 500, "A", 10000), itch::TradingAction(1, 11, "A", "H"),
                  itch::OperationalHalt(1, 12, "A", "Q", "H"), itch::SystemEvent(13, "Q"),
                  itch::Broken(1, 14)}),
      FuzzItch);
}

TEST(FuzzEntriesTest, NdjsonSurvivesDamagedLines) {
  TryDamaged(
      "{\"type\":\"quote\",\"ts_ns\":1,\"symbol\":\"A\\u0042\",\"bid\":\"1.5\",\"bid_size\":1,"
      "\"ask\":null,\"venue\":\"\\udcff\",\"x\":{\"y\":[1,true,\"\\\\\"]}}\n"
      "{\"type\":\"trade\",\"ts\":\"2013-10-08T13:30:00.5Z\",\"symbol\":\"A\",\"price\":-1.25e3,"
      "\"size\":7}\n{\"type\":\"status\",\"symbol\":\"A\",\"status\":\"halt\"}\n"
      "{\"type\":\"gap\",\"from\":1,\"to\":2}\n",
      FuzzNdjson);
}

}  // namespace
}  // namespace fantail::fuzz
