// A cable that carries half of what the feed brings: what a desk shows is late or has gaps, but
// never old and called live.
//
// FANTAIL_THIN_SECONDS says for how long; 15 in the suite.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/system/wan_lab.h"

namespace fantail::testing {
namespace {

// What may pass between a promise of 3 s and the moment at which the test reads the desk's output.
constexpr double kLiveNoOlderThan = 3.5;

double WallNow() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// What a desk has printed so far as NDJSON, in a file that grows.
class Shown {
 public:
  explicit Shown(const std::string& path) : file_(path, std::ios::binary) {}

  // Takes what has been added; a line that is not whole waits for its rest.
  void Update() {
    file_.clear();
    char piece[1 << 16];
    while (file_.read(piece, sizeof piece), file_.gcount() > 0) {
      text_.append(piece, static_cast<size_t>(file_.gcount()));
    }
    size_t at = 0;
    for (size_t end; (end = text_.find('\n', at)) != std::string::npos; at = end + 1) {
      TakeLine(std::string_view(text_).substr(at, end - at));
    }
    text_.erase(0, at);
  }
  bool live() const { return live_; }
  double newest() const { return newest_; }  // seconds since 1970, as it was published
  size_t rows() const { return rows_; }
  size_t gaps() const { return gaps_; }

 private:
  void TakeLine(std::string_view line) {
    if (line.starts_with("{\"type\":\"state\"")) {
      live_ = line.find("\"state\":\"live\"") != std::string_view::npos;
    } else if (line.starts_with("{\"type\":\"gap\"")) {
      ++gaps_;
    } else if (line.starts_with("{\"type\":\"trade\"") || line.starts_with("{\"type\":\"quote\"") ||
               line.starts_with("{\"type\":\"image\"") ||
               line.starts_with("{\"type\":\"update\"")) {
      ++rows_;
      for (size_t at = 0; (at = line.find("\"ts_ns\":", at)) != std::string_view::npos;) {
        at += 8;
        newest_ = std::max(newest_, static_cast<double>(std::atoll(line.data() + at)) / 1e9);
      }
    }
  }

  std::ifstream file_;
  std::string text_;
  bool live_ = false;
  double newest_ = 0;
  size_t rows_ = 0;
  size_t gaps_ = 0;
};

class ThinWanTest : public WanLab {
 protected:
  // Both ways; what does not fit into 200 ms is dropped, as a router does.
  void MakeThin() {
    for (const auto& [ns, port] : {std::pair(hq_, hq_port_), std::pair(branch_, branch_port_)}) {
      Program& tc = Run({"tc", "-n", ns, "qdisc", "add", "dev", port, "root", "tbf", "rate",
                         "1mbit", "burst", "4kb", "latency", "200ms"});
      if (tc.Wait() != 0) GTEST_SKIP() << "this kernel has no token bucket: " << tc.err();
    }
  }
};

TEST_F(ThinWanTest, NothingOldIsCalledLiveAndNewValuesKeepComing) {
  const char* asked = std::getenv("FANTAIL_THIN_SECONDS");
  const double span = asked == nullptr ? 15 : std::atof(asked);
  // 4,464 ticks of 56 bytes a second are 2 Mbit/s.
  Program& publisher =
      StartPublisher("hq", "synthetic:symbols=500,rate=4464,seed=3", {"--stamp-now"});
  Program& gateway = StartGateway("branch", publisher);
  Program& desk = In(branch_, "desk",
                     {DeskPath(), "--connect", gateway.endpoint(), "--format", "ndjson",
                      "--with-images", "--plaintext", "*"});
  Shown shown(folder() / "desk.out");
  ASSERT_TRUE(Eventually([&] {
    shown.Update();
    return shown.live() && shown.rows() > 1000;
  })) << desk.err();
  ASSERT_NO_FATAL_FAILURE(MakeThin());
  if (IsSkipped()) return;

  double oldest_live = 0;
  double longest_silence = 0;
  double live = 0;
  double last = Now();
  double came_at = last;
  size_t rows = shown.rows();
  const double begin = last;
  Eventually(
      [&] {
        shown.Update();
        const double now = Now();
        if (shown.rows() > rows) came_at = now;
        rows = shown.rows();
        longest_silence = std::max(longest_silence, now - came_at);
        if (shown.live()) {
          live += now - last;
          oldest_live = std::max(oldest_live, WallNow() - shown.newest());
        }
        last = now;
        return now - begin > span;
      },
      Seconds(span + 10));
  std::printf(
      "live %.0f %% of %.0f s, %zu gaps; newest value while live at most %.2f s old; "
      "%.2f s without a new one\n",
      100 * live / (last - begin), last - begin, shown.gaps(), oldest_live, longest_silence);
  EXPECT_LT(oldest_live, kLiveNoOlderThan);
  EXPECT_LT(longest_silence, 3.0);
  EXPECT_GT(shown.gaps(), 0u) << "the cable was not thin";
}

}  // namespace
}  // namespace fantail::testing
