// The progress line.
#include "tools/fantail-replay/progress.h"

#include <gtest/gtest.h>

namespace fantail::replay {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const absl::TimeZone kEast = absl::FixedTimeZone(3600);

Progress Some() {
  return {.tape_time_ns = (11 * 3600 + 4 * 60 + 11) * 1'000'000'000LL + 250'000'000,
          .speed = 4,
          .records_per_second = 1'240'000,
          .share = 0.379,
          .left = Nanos(seconds(41))};
}

TEST(ProgressTest, SaysWhereItIsHowFastAndHowLongItTakes) {
  EXPECT_EQ(ProgressLine(Some(), kEast), "12:04:11.250 x4.0 1.2 M/s 37% ETA 00:41");
}

TEST(ProgressTest, SaysThatItIsPausedWaitsOrHasEnded) {
  Progress progress = Some();
  progress.paused = true;
  EXPECT_EQ(ProgressLine(progress, kEast), "12:04:11.250 x4.0 1.2 M/s 37% ETA 00:41 paused");
  progress.paused = false;
  progress.waiting = true;
  progress.left.reset();
  EXPECT_EQ(ProgressLine(progress, kEast), "12:04:11.250 x4.0 1.2 M/s 37% waiting for a session");
  progress.ended = true;
  EXPECT_EQ(ProgressLine(progress, kEast), "12:04:11.250 x4.0 1.2 M/s 37% ended");
}

TEST(ProgressTest, NamesTheSpeed) {
  Progress progress = Some();
  progress.speed = 0;
  EXPECT_EQ(ProgressLine(progress, kEast).substr(13, 4), "max ");
  progress.speed = 0.125;
  EXPECT_EQ(ProgressLine(progress, kEast).substr(13, 6), "x0.12 ");
}

TEST(ProgressTest, RoundsWhatIsLeftUp) {
  EXPECT_EQ(FormatLeft(milliseconds(1)), "00:01");
  EXPECT_EQ(FormatLeft(Nanos(0)), "00:00");
  EXPECT_EQ(FormatLeft(hours(1) + minutes(2) + seconds(3)), "1:02:03");
}

}  // namespace
}  // namespace fantail::replay
