// Parts of a tape, as a person writes them.
#include "fantail/tape/range.h"

#include <gtest/gtest.h>

#include "fantail/tape/sealed_writer.h"
#include "tests/unit/tape/tape_support.h"

namespace fantail::tape {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// 2013-10-08 13:30:00 UTC, 09:30 in New York.
constexpr int64_t kOpen = 1'381'239'000 * kSecond;

absl::TimeZone NewYork() {
  return *ParseTimeZone("America/New_York");
}

int64_t TimeOf(std::string_view text, const absl::TimeZone& zone = absl::UTCTimeZone()) {
  const auto place = ParsePlace(text, zone);
  if (!place.ok() || !std::holds_alternative<Place::Time>(place->what)) return -1;
  return std::get<Place::Time>(place->what).ns;
}

TEST(PlaceTest, IsATimeInManyForms) {
  EXPECT_EQ(TimeOf("2013-10-08T13:30:00Z"), kOpen);
  EXPECT_EQ(TimeOf("2013-10-08T13:30:00.25Z"), kOpen + kSecond / 4);
  EXPECT_EQ(TimeOf("2013-10-08 13:30"), kOpen);
  EXPECT_EQ(TimeOf("2013-10-08 09:30", NewYork()), kOpen);
  EXPECT_EQ(TimeOf("2013-10-08T15:30:00+02:00", NewYork()), kOpen);
  EXPECT_EQ(TimeOf("2013-10-08"), kOpen - (13 * 3600 + 30 * 60) * kSecond);
  EXPECT_EQ(TimeOf("1381239000000000000"), kOpen);
}

TEST(PlaceTest, IsATimeOfDay) {
  const auto ns = [](std::string_view text) {
    return std::get<Place::TimeOfDay>(ParsePlace(text, absl::UTCTimeZone())->what).ns;
  };
  EXPECT_EQ(ns("09:30"), (9 * 3600 + 30 * 60) * kSecond);
  EXPECT_EQ(ns("09:30:15.5"), (9 * 3600 + 30 * 60 + 15) * kSecond + kSecond / 2);
}

TEST(PlaceTest, IsAPositionOrAPart) {
  const auto at = [](std::string_view text) {
    return std::get<Place::At>(ParsePlace(text, absl::UTCTimeZone())->what);
  };
  EXPECT_EQ(at("#1234").position, Position{1234});
  EXPECT_EQ(at("#1234").epoch, Epoch{0});
  EXPECT_EQ(at("5253fa0000000000#7").epoch, Epoch{0x5253fa0000000000});
  const auto part = ParsePlace("12.5%", absl::UTCTimeZone());
  EXPECT_DOUBLE_EQ(std::get<Place::Part>(part->what).of_all, 0.125);
}

TEST(PlaceTest, SaysWhatToWriteInPlaceOfNonsense) {
  for (const char* text : {"", "soon", "25:00", "9h", "#", "#0", "#x", "xyz#1", "101%", "-1%", "%",
                           "12345", "2013-13-01", "infinite-future", " 09:30", "09:30 "}) {
    const auto place = ParsePlace(text, absl::UTCTimeZone());
    ASSERT_FALSE(place.ok()) << text;
    EXPECT_NE(place.status().message().find("write 09:30"), std::string_view::npos) << text;
  }
  EXPECT_FALSE(ParseTimeZone("Mars/Olympus").ok());
}

// One record a minute, from kOpen on.
class RangeTest : public ::testing::Test {
 protected:
  static constexpr size_t kRecords = 2000;

  RangeTest() {
    SealedWriter writer(folder_ / "a.tape", {}, 1);
    writer.OnNewEpoch({5}, false);
    writer.OnTopic({0}, "A");
    for (uint32_t i = 0; i < kRecords; ++i) {
      wire::Tick tick{};
      tick.sequence = {i + 1};
      tick.kind = wire::TickKind::kTrade;
      tick.time_ns = kOpen + i * 60 * kSecond;
      const wire::Record record{{i + 1}, tick};
      writer.OnRecords({&record, 1});
    }
    EXPECT_TRUE(writer.Finish().ok());
  }

  // The positions of the first and the last record; 0 and 0 for none.
  std::pair<uint64_t, uint64_t> Read(const char* from, const char* to) {
    Range range{.zone = NewYork()};
    if (*from != '\0') range.from = *ParsePlace(from, range.zone);
    if (*to != '\0') range.to = *ParsePlace(to, range.zone);
    auto reader = *TapeReader::Open(folder_ / "a.tape");
    TapeState state;
    const auto end = EnterRange(range, reader.get(), &state);
    EXPECT_TRUE(end.ok()) << end.status();
    const ReadAll all = tape::Read(reader.get());
    std::pair<uint64_t, uint64_t> read;
    for (const wire::Record& record : all.told.records) {
      if (end->IsReachedBy({5}, record)) break;
      if (read.first == 0) read.first = record.position.value;
      read.second = record.position.value;
    }
    return read;
  }
  using Pair = std::pair<uint64_t, uint64_t>;

  TempFolder folder_;
};

TEST_F(RangeTest, IsTheWholeTapeIfNothingIsSaid) {
  EXPECT_EQ(Read("", ""), Pair(1, kRecords));
}

TEST_F(RangeTest, BeginsAndEndsAtTimesOfTheFirstDay) {
  EXPECT_EQ(Read("09:40", "16:00"), Pair(11, 390));
  EXPECT_EQ(Read("", "09:31"), Pair(1, 1));
  EXPECT_EQ(Read("09:00", ""), Pair(1, kRecords));
  EXPECT_EQ(Read("", "09:00"), Pair(0, 0));
}

TEST_F(RangeTest, EndsOnTheNextDayIfThatIsTheFirstSuchTime) {
  EXPECT_EQ(Read("23:30", "00:30"), Pair(14 * 60 + 1, 15 * 60));
}

TEST_F(RangeTest, TakesPositionsPartsAndMixtures) {
  EXPECT_EQ(Read("#100", "#200"), Pair(100, 199));
  EXPECT_EQ(Read("0000000000000005#100", ""), Pair(100, kRecords));
  EXPECT_EQ(Read("25%", "75%"), Pair(501, 1500));
  EXPECT_EQ(Read("", "100%"), Pair(1, kRecords));
  EXPECT_EQ(Read("#10", "09:50"), Pair(10, 20));
  EXPECT_EQ(Read("50%", "2013-10-09 09:30"), Pair(1001, 1440));
  EXPECT_EQ(Read("", "0%"), Pair(0, 0));
}

TEST_F(RangeTest, IsEmptyBehindTheTape) {
  EXPECT_EQ(Read("#99999", ""), Pair(0, 0));
  EXPECT_EQ(Read("2014-01-01", ""), Pair(0, 0));
  EXPECT_EQ(Read("100%", ""), Pair(0, 0));
}

}  // namespace
}  // namespace fantail::tape
