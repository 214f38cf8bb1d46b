// How much a session may have on its way, for links of several speeds in virtual time.
#include "fantail/feed/pace.h"

#include <gtest/gtest.h>

#include <deque>

namespace fantail::feed {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kMost = 1 << 20;

// A sender that always has more, and a link that carries so much and takes so long.
class Link {
 public:
  Link(uint64_t bytes_per_second, Nanos delay) : rate_(bytes_per_second), delay_(delay) {}

  void SetRate(uint64_t bytes_per_second) { rate_ = bytes_per_second; }

  void Run(Nanos span) {
    for (const MonotonicTime until = now_ + span; now_ < until; now_ += milliseconds(1)) {
      while (!acks_.empty() && acks_.front().first <= now_) {
        acked_ = acks_.front().second;
        acks_.pop_front();
        pace_.Acked(acked_, now_);
      }
      while (sent_ + kMessage - acked_ <= pace_.window() || sent_ == acked_) {
        sent_ += kMessage;
        pace_.Sent(sent_, acked_, now_);
        free_at_ = std::max(free_at_, now_) + seconds(1) * kMessage / rate_;
        acks_.emplace_back(free_at_ + 2 * delay_, sent_);
      }
      pace_.Full();
    }
  }

  size_t window() const { return pace_.window(); }
  uint64_t acked() const { return acked_; }
  // How long something new waits for the link.
  Nanos queue() const { return free_at_ - now_; }

 private:
  static constexpr size_t kMessage = 4096;

  uint64_t rate_;
  Nanos delay_;
  Pace pace_{64 * 1024, kMost};
  MonotonicTime now_{seconds(100)};
  MonotonicTime free_at_;
  uint64_t sent_ = 0;
  uint64_t acked_ = 0;
  std::deque<std::pair<MonotonicTime, uint64_t>> acks_;
};

TEST(PaceTest, IsSoonTheWholeWindowOnALan) {
  Link link(100'000'000, milliseconds(1));
  link.Run(milliseconds(200));
  EXPECT_EQ(link.window(), kMost);
}

TEST(PaceTest, FillsAWanThatIsFarAway) {
  Link link(1'250'000, milliseconds(200));
  link.Run(seconds(10));
  const uint64_t before = link.acked();
  link.Run(seconds(10));
  EXPECT_GT(link.acked() - before, 12'000'000u);
}

TEST(PaceTest, LeavesLessThanASecondInTheQueueOfAThinLink) {
  Link link(125'000, milliseconds(20));
  link.Run(seconds(2));
  for (int i = 0; i < 100; ++i) {
    link.Run(milliseconds(100));
    EXPECT_LT(link.queue(), milliseconds(1100)) << i;
  }
  const uint64_t before = link.acked();
  link.Run(seconds(10));
  EXPECT_GT(link.acked() - before, 1'200'000u) << "the link was idle";
}

TEST(PaceTest, FollowsALinkThatBecomesThinAndBecomesFastAgain) {
  Link link(100'000'000, milliseconds(1));
  link.Run(seconds(1));
  link.SetRate(125'000);
  link.Run(seconds(30));
  EXPECT_LT(link.queue(), milliseconds(1100));
  link.SetRate(100'000'000);
  link.Run(seconds(3));
  EXPECT_EQ(link.window(), kMost);
}

TEST(PaceTest, IsNotMisledByAcksOfLittleThatComeLate) {
  Pace pace(64 * 1024, kMost);
  MonotonicTime now{seconds(100)};
  uint64_t sent = 0;
  for (int i = 0; i < 20; ++i) {
    pace.Sent(sent + 200, sent, now);
    sent += 200;
    pace.Acked(sent, now += seconds(1));
  }
  EXPECT_EQ(pace.window(), 64u * 1024);
}

TEST(PaceTest, NeverExceedsAWindowThatIsSmallerThanItsFirst) {
  EXPECT_EQ(Pace(64 * 1024, 8 * 1024).window(), 8u * 1024);
}

}  // namespace
}  // namespace fantail::feed
