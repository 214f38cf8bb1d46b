#include "fantail/app/signals.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>

namespace fantail::app {
namespace {

// Each runs in a child of its own: what Signals changes lasts as long as the process.
class SignalsTest : public ::testing::Test {
 protected:
  SignalsTest() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

// These end the child: with 0 if all went as it should, or with the number of the step that did
// not.
[[noreturn]] void ReadOneByOne() {
  Signals signals;
  if (signals.Next()) _exit(1);
  raise(SIGHUP);
  pollfd watched{signals.fd(), POLLIN, 0};
  if (poll(&watched, 1, 0) != 1) _exit(2);
  if (signals.Next() != SIGHUP || signals.stop_signal() != 0) _exit(3);
  raise(SIGTERM);
  if (signals.Next() != SIGTERM || signals.stop_signal() != SIGTERM) _exit(4);
  _exit(signals.Next() ? 5 : 0);
}

[[noreturn]] void StopTwice(int first, int second) {
  Signals signals;
  raise(first);
  signals.Next();
  raise(second);
  _exit(0);
}

[[noreturn]] void BreakAPipe() {
  Signals signals;
  raise(SIGPIPE);
  _exit(0);
}

[[noreturn]] void EndAtOnce(int signal) {
  EndAtOnceOnSignals();
  raise(SIGPIPE);
  raise(signal);
  _exit(0);
}

TEST_F(SignalsTest, EndAProgramAtOnceThatLeavesNothingBehind) {
  EXPECT_EXIT(EndAtOnce(SIGINT), ::testing::ExitedWithCode(130), "");
  EXPECT_EXIT(EndAtOnce(SIGTERM), ::testing::ExitedWithCode(143), "");
}

TEST_F(SignalsTest, AreReadFromTheDescriptorOneByOne) {
  EXPECT_EXIT(ReadOneByOne(), ::testing::ExitedWithCode(0), "");
}

TEST_F(SignalsTest, EndTheProcessAtOnceTheSecondTime) {
  EXPECT_EXIT(StopTwice(SIGINT, SIGINT), ::testing::ExitedWithCode(130), "");
  EXPECT_EXIT(StopTwice(SIGINT, SIGTERM), ::testing::ExitedWithCode(143), "");
}

TEST_F(SignalsTest, IgnoreABrokenPipe) {
  EXPECT_EXIT(BreakAPipe(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace fantail::app
