// A branch with an honest desk, and somebody who means harm.
//
// Thread: one owner, the test's.
#ifndef FANTAIL_TESTS_SYSTEM_HOSTILE_LAB_H_
#define FANTAIL_TESTS_SYSTEM_HOSTILE_LAB_H_

#include <csignal>
#include <string>
#include <vector>

#include "tests/system/lab.h"
#include "tests/system/made_up_ticks.h"

namespace fantail::testing {

// A live replay through a gateway to an honest desk; what is done to both nodes must not show in
// what the desk prints.
class HostileLab : public Lab {
 protected:
  void SetUp() override { SetUp(1500); }

  // `rows` rows take as many milliseconds.
  void SetUp(size_t rows) {
    input_ = MadeUpTicks(rows, 12);
    WriteFile(folder() / "ticks.csv", input_);
    publisher_ = &Publisher("csv:" + (folder() / "ticks.csv"), {"--wait-for", "*"});
    gateway_ = &Gateway(*publisher_);
    desk_ = &LiveDesk(*gateway_, {"--until-end"});
    EXPECT_TRUE(Eventually([this] { return desk_->out_size() > 10'000; }));
  }

  // Every test ends with it: nobody has noticed.
  void ExpectUndisturbed() {
    EXPECT_EQ(desk_->Wait(), 0) << desk_->err();
    EXPECT_TRUE(SameText(desk_->out(), input_));
    EXPECT_EQ(desk_->err().find("stale"), std::string::npos) << desk_->err();
    EXPECT_EQ(publisher_->Wait(), 0) << publisher_->err();
    gateway_->Signal(SIGTERM);
    EXPECT_EQ(gateway_->Wait(), 0) << gateway_->err();
  }

  std::vector<Program*> nodes() { return {publisher_, gateway_}; }

  std::string input_;
  Program* publisher_ = nullptr;
  Program* gateway_ = nullptr;
  Program* desk_ = nullptr;
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_HOSTILE_LAB_H_
