// A tree of real gateways that is wired anew while ticks flow.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <random>

#include "tests/system/lab.h"

namespace fantail::testing {
namespace {

constexpr int kGateways = 20;
constexpr int kDeepest = 12;  // a path has at most 16 hops
constexpr int kRewirings = 16;

class TreeTest : public Lab {
 protected:
  struct Node {
    std::string listen;
    int above;  // -1: the publisher
    Program* program;
  };

  bool IsBelow(int node, int top) const {
    while (node >= 0 && node != top) node = nodes_[static_cast<size_t>(node)].above;
    return node == top;
  }
  int Depth(int node) const {
    int depth = 0;
    for (; node >= 0; node = nodes_[static_cast<size_t>(node)].above) ++depth;
    return depth;
  }
  int Height(int top) const {
    int deepest = 0;
    for (int i = 0; i < kGateways; ++i) {
      if (IsBelow(i, top)) deepest = std::max(deepest, Depth(i) - Depth(top) + 1);
    }
    return deepest;
  }
  int Draw(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

  std::string EndpointOf(int node) const {
    return node < 0 ? publisher_->endpoint() : nodes_[static_cast<size_t>(node)].listen;
  }
  // Starts it again where it listened, below another node.
  Program& Restart(int which, int above) {
    Node& node = nodes_[static_cast<size_t>(which)];
    node.program->Signal(Draw(3) == 0 ? SIGKILL : SIGTERM);
    node.program->Wait();
    node.program = &GatewayAt(node.listen, EndpointOf(above));
    return *node.program;
  }
  // Any; one at or below `which` a third of the time.
  int DrawAbove(int which) {
    const bool circle = Draw(3) == 0;
    int above = Draw(kGateways + 1) - 1;
    while (circle && !IsBelow(above, which)) above = Draw(kGateways);
    return above;
  }

  const unsigned seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  Program* publisher_ = nullptr;
  std::vector<Node> nodes_;
};

TEST_F(TreeTest, TwentyGatewaysWiredAnewAtRandomLoseNothingAndRefuseEveryCircle) {
  std::printf("seed %u\n", seed_);
  SCOPED_TRACE("seed " + std::to_string(seed_));
  publisher_ =
      &Publisher("synthetic:symbols=300,rate=1500,seed=11,duration=25s", {"--wait-for", "*"});
  for (int i = 0; i < kGateways; ++i) {
    int above = i == 0 || Draw(5) == 0 ? -1 : Draw(i);
    if (Depth(above) + 1 > kDeepest) above = -1;
    Program& gateway = GatewayVia(EndpointOf(above));
    nodes_.push_back({gateway.endpoint(), above, &gateway});
  }
  std::vector<Program*> desks;
  for (int i = 0; i < kGateways; ++i) {
    desks.push_back(
        &LiveDesk(*nodes_[static_cast<size_t>(i)].program, EveryLetter({"--until-end"})));
  }
  Program& direct = LiveDesk(*publisher_, {"--until-end", "*"});
  int circles = 0;
  for (int n = 0; n < kRewirings; ++n) {
    const size_t before = direct.out_size();
    ASSERT_TRUE(Eventually([&] { return direct.out_size() > before + 20'000; })) << direct.err();
    const int which = Draw(kGateways);
    const int above = DrawAbove(which);
    int& place = nodes_[static_cast<size_t>(which)].above;
    if (IsBelow(above, which)) {
      ++circles;
      Program& gateway = Restart(which, above);
      EXPECT_TRUE(gateway.Said("a loop: ")) << gateway.err();
      Restart(which, place);
    } else if (Depth(above) + Height(which) <= kDeepest) {
      place = above;
      Restart(which, above);
    }
  }
  EXPECT_EQ(direct.Wait(Seconds{60}), 0) << direct.err();
  const std::string all = direct.out();
  const auto wanted = BySymbol(all);
  for (Program* desk : desks) {
    EXPECT_EQ(desk->Wait(Seconds{60}), 0) << desk->err();
    const std::string got = desk->out();
    EXPECT_TRUE(BySymbol(got) == wanted) << desk->err();
    EXPECT_EQ(desk->err().find("gap:"), std::string::npos) << desk->err();
  }
  std::printf("%d rewirings, %d of them circles\n", kRewirings, circles);
}

}  // namespace
}  // namespace fantail::testing
