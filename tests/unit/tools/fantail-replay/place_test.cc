// Places on a tape as people write them.
#include "tools/fantail-replay/place.h"

#include <gtest/gtest.h>

namespace fantail::replay {
namespace {

const absl::TimeZone kUtc = absl::UTCTimeZone();

absl::TimeZone NewYork() {
  return *ParseZone("America/New_York");
}
int64_t Ns(const char* time, absl::TimeZone zone = kUtc) {
  return ParsePlace(time, zone)->time_ns;
}

TEST(PlaceTest, ReadsTimesOfDay) {
  EXPECT_EQ(ParsePlace("09:30", kUtc)->time_of_day, std::chrono::minutes(570));
  EXPECT_EQ(ParsePlace("09:30:00.5", kUtc)->time_of_day,
            std::chrono::minutes(570) + std::chrono::milliseconds(500));
  EXPECT_EQ(ParsePlace("23:59:59", kUtc)->kind, Place::Kind::kTimeOfDay);
}

TEST(PlaceTest, ReadsDatesAndTimesInTheZone) {
  EXPECT_EQ(Ns("2013-10-08 13:30"), 1'381'239'000'000'000'000);
  EXPECT_EQ(Ns("2013-10-08T13:30:00.25"), 1'381'239'000'250'000'000);
  EXPECT_EQ(Ns("2013-10-08 09:30", NewYork()), 1'381'239'000'000'000'000);
  EXPECT_EQ(Ns("2013-10-08T15:30:00+02:00", NewYork()), 1'381'239'000'000'000'000);
}

TEST(PlaceTest, ReadsPositionsAndShares) {
  EXPECT_EQ(ParsePlace("#12345", kUtc)->position, Position{12345});
  EXPECT_EQ(ParsePlace("25%", kUtc)->share, 0.25);
  EXPECT_EQ(ParsePlace("0.5%", kUtc)->share, 0.005);
}

TEST(PlaceTest, SaysWhatToWriteInstead) {
  for (const char* text : {"", "noon", "25:00", "9", "2013-10-08", "1:2:3:4"}) {
    const auto place = ParsePlace(text, kUtc);
    ASSERT_FALSE(place.ok()) << text;
    EXPECT_NE(place.status().message().find("write a time of day"), absl::string_view::npos);
  }
  for (const char* text : {"#", "#0", "#-1", "#1x", "101%", "-1%", "nan%", "%"}) {
    EXPECT_FALSE(ParsePlace(text, kUtc).ok()) << text;
  }
  EXPECT_FALSE(ParseZone("Mars/Olympus").ok());
}

TEST(PlaceTest, ATimeOfDayIsTheFirstOneOnTheTape) {
  const int64_t begin = Ns("2013-10-08 22:00");
  const int64_t end = Ns("2013-10-09 05:00");
  const auto resolve = [&](const char* text) {
    return ResolveTimeOfDay(ParsePlace(text, kUtc)->time_of_day, begin, begin, end, kUtc);
  };
  EXPECT_EQ(resolve("23:00"), Ns("2013-10-08 23:00"));
  EXPECT_EQ(resolve("02:00"), Ns("2013-10-09 02:00"));
  // Before the tape begins, and not within its night: on its own day.
  EXPECT_EQ(resolve("21:00"), Ns("2013-10-08 21:00"));
}

TEST(PlaceTest, ATimeOfDayIsTheZonesOnTheDayTheClocksChange) {
  const int64_t begin = Ns("2013-11-03 00:00", NewYork());
  const int64_t end = begin + 86'400'000'000'000;
  EXPECT_EQ(ResolveTimeOfDay(std::chrono::minutes(570), begin, begin, end, NewYork()),
            Ns("2013-11-03 09:30", NewYork()));
}

}  // namespace
}  // namespace fantail::replay
