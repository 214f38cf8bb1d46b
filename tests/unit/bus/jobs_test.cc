// When jobs are due, against a sorted list of them.
#include "fantail/bus/jobs.h"

#include <gtest/gtest.h>

#include <map>

#include "fantail/base/random.h"

namespace fantail::bus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanos kLate = milliseconds(3);

TEST(DeadlinesTest, EveryJobIsDueOnceAndInItsTime) {
  Random random(1);
  Jobs jobs;
  Deadlines deadlines;
  std::map<Job*, MonotonicTime> due;
  MonotonicTime now{seconds(1000)};
  EXPECT_EQ(deadlines.Next(now), nullptr);
  size_t told = 0;
  for (int step = 0; step < 20'000; ++step) {
    now += Nanos(random.OneIn(1000) ? 3'000'000'000 : random.Below(2'000'000));
    const auto set = [&](Job* job) {
      due[job] = now + Nanos(random.Below(random.OneIn(2) ? 20'000'000 : 4'000'000'000));
      deadlines.Set(job, due[job]);
    };
    while (Job* job = deadlines.Next(now)) {
      ++told;
      ASSERT_TRUE(due.contains(job));
      ASSERT_LE(due[job], now);
      due.erase(job);
      // As when an asker with more time is left, or the job is over.
      random.OneIn(3) ? set(job) : jobs.Remove(job);
      if (random.OneIn(4) && !due.empty()) {
        Job* other = due.begin()->first;
        deadlines.Clear(other);
        due.erase(other);
        jobs.Remove(other);
      }
    }
    for (const auto& [job, at] : due) ASSERT_GT(at, now - kLate);
    for (uint64_t n = random.Below(3); n > 0 && due.size() < 200; --n) set(jobs.Add());
    if (!due.empty() && random.OneIn(3)) set(std::prev(due.end())->first);
    ASSERT_EQ(jobs.size(), due.size());
  }
  EXPECT_GT(told, 5'000u);
}

TEST(DeadlinesTest, AYearIsNotOver) {
  Jobs jobs;
  Deadlines deadlines;
  MonotonicTime now{seconds(1000)};
  deadlines.Set(jobs.Add(), now + std::chrono::hours(24 * 365));
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(deadlines.Next(now += milliseconds(1)), nullptr);
}

TEST(JobsTest, AJobThatIsOverIsUsedAgainAndItsReferencesKnow) {
  Jobs jobs;
  Job* first = jobs.Add();
  first->body = "what was";
  const JobReference reference{first, first->number};
  EXPECT_EQ(reference.get(), first);
  jobs.Remove(first);
  EXPECT_EQ(reference.get(), nullptr);
  Job* second = jobs.Add();
  EXPECT_EQ(second, first);
  EXPECT_EQ(reference.get(), nullptr);
  EXPECT_EQ(second->body, "");
  EXPECT_EQ(jobs.size(), 1u);
}

}  // namespace
}  // namespace fantail::bus
