// A publisher, a gateway and a desk with a fault relay on each link.
//
//   publisher --- wan relay --- gateway --- lan relay --- desk
#ifndef FANTAIL_TESTS_SYSTEM_FAULT_LAB_H_
#define FANTAIL_TESTS_SYSTEM_FAULT_LAB_H_

#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"
#include "tools/fantail-fault-relay/fault_relay.h"

namespace fantail::testing {

using fault::FaultRelay;
using fault::Way;

class FaultLab : public Lab {
 protected:
  // `rows` rows take as many milliseconds. The publisher starts with the desk; `tap` sees all that
  // passes between gateway and desk.
  void StartLine(size_t rows, fault::Tap tap = {}, const Arguments& publisher = {}) {
    input_ = MadeUpTicks(rows, 13);
    WriteFile(folder() / "ticks.csv", input_);
    Arguments options = {"--wait-for", "*"};
    options.insert(options.end(), publisher.begin(), publisher.end());
    publisher_ = &Publisher("csv:" + (folder() / "ticks.csv"), options);
    wan_ = std::make_unique<FaultRelay>(fault::RelayOptions{.target = publisher_->endpoint()});
    gateway_ = &GatewayVia(wan_->endpoint(), {"--summary", folder() / "gateway"});
    lan_ = std::make_unique<FaultRelay>(fault::RelayOptions{.target = gateway_->endpoint()});
    lan_->SetTap(std::move(tap));
    desk_ = &DeskVia(lan_->endpoint(), {"--until-end", "*"});
    ASSERT_TRUE(desk_->AwaitReady());
    ASSERT_TRUE(AwaitRows(200));
  }

  bool AwaitRows(size_t more) {
    const size_t enough = desk_->out_size() + more * 30;
    return Eventually([&] { return desk_->out_size() > enough; });
  }
  static void Pass(Seconds time) {
    Eventually([] { return false; }, time);
  }

  // What the desk has said about its state.
  ptrdiff_t Newest(const std::string& state) const {
    return static_cast<ptrdiff_t>(desk_->err().rfind("fantail-desk: " + state));
  }
  bool AwaitStale() {
    return Eventually([&] { return Newest("stale") > Newest("live"); });
  }
  bool AwaitLive() {
    return Eventually([&] { return Newest("live") > Newest("stale"); });
  }
  // A cut that lasts longer than the silence that a desk bears.
  void CutUntilStale(FaultRelay* link, Seconds least) {
    const double begin = Now();
    link->SetHole(true);
    EXPECT_TRUE(AwaitStale()) << desk_->err();
    const double stale = Now() - begin;
    Pass(Seconds(least.count() - stale));
    link->SetHole(false);
    const double healed = Now();
    EXPECT_TRUE(AwaitLive()) << desk_->err();
    std::printf("stale %.2f s after the cut, live %.2f s after its end\n", stale, Now() - healed);
  }

  // Every test ends with it: every row came once and in order, and no gap was needed.
  void ExpectEverything() {
    EXPECT_EQ(desk_->Wait(Seconds(60)), 0) << desk_->err();
    EXPECT_EQ(publisher_->Wait(), 0) << publisher_->err();
    const std::string got = desk_->out();
    EXPECT_EQ(got.size(), input_.size());
    EXPECT_TRUE(BySymbol(got) == BySymbol(input_)) << "a hole or a double; " << desk_->err();
    EXPECT_EQ(desk_->err().find("gap:"), std::string::npos) << desk_->err();
  }

  // How many messages the gateway has refused, from above and from below; ends it.
  int BadMessages() {
    gateway_->Signal(SIGTERM);
    EXPECT_EQ(gateway_->Wait(), 0) << gateway_->err();
    const std::string summary = ReadFile(folder() / "gateway");
    const size_t at = summary.find("bad_messages ");
    return at == std::string::npos ? -1 : std::stoi(summary.substr(at + 13));
  }

  std::string input_;
  Program* publisher_ = nullptr;
  Program* gateway_ = nullptr;
  Program* desk_ = nullptr;
  std::unique_ptr<FaultRelay> wan_;
  std::unique_ptr<FaultRelay> lan_;
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_FAULT_LAB_H_
