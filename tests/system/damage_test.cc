// Bits that flip on the way: what is damaged is refused and counted, comes again, and never shows.
#include <csignal>

#include "fantail/base/random.h"
#include "tests/system/fault_lab.h"
#include "tests/system/zmtp_damage.h"

namespace fantail::testing {
namespace {

class DamageTest : public FaultLab {
 protected:
  // Damages frames between gateway and desk, one after the other, and sees the desk recover.
  void DamageFrames(Way way, size_t rows) {
    StartLine(rows, [this](uint64_t connection, Way passing, std::span<char> bytes) {
      damage_.Damage(connection, passing, bytes);
    });
    const std::vector<ZmtpDamage::Plan> plans = {
        {way, FramePart::kFlags, 0, 0},   // more frames follow
        {way, FramePart::kFlags, 0, 1},   // the length has another size
        {way, FramePart::kFlags, 0, 2},   // a command
        {way, FramePart::kLength, 0, 0},  // one byte more or less
        {way, FramePart::kLength, 0, 6},  // 64 of them
        {way, FramePart::kBody, 0, 3},    // the last byte
        {way, FramePart::kBody, 20, 7},   // somewhere before it
    };
    for (const ZmtpDamage::Plan& plan : plans) {
      SCOPED_TRACE(static_cast<int>(plan.part) * 100 + plan.bit);
      damage_.Set(plan);
      EXPECT_TRUE(Eventually([&] { return damage_.done(); }));
      EXPECT_TRUE(AwaitRows(300)) << desk_->err();
      EXPECT_TRUE(AwaitLive()) << desk_->err();
    }
  }

  void TearDown() override { lan_.reset(); }  // it calls damage_

  ZmtpDamage damage_;
};

TEST_F(DamageTest, RepairsWhateverPartOfAFrameIsDamagedOnItsWayDown) {
  DamageFrames(Way::kDown, 10000);
  EXPECT_NE(desk_->err().find("a bad message"), std::string::npos) << desk_->err();
  ExpectEverything();
}

TEST_F(DamageTest, RepairsWhateverPartOfAFrameIsDamagedOnItsWayUp) {
  DamageFrames(Way::kUp, 16000);
  ExpectEverything();
  EXPECT_GE(BadMessages(), 2);
}

TEST_F(DamageTest, DeliversTenMegabytesExactlyAlthoughBitsFlipOnTheWay) {
  constexpr uint64_t kSeed = 31;
  constexpr uint64_t kRate = 4'000'000;  // bytes a second
  std::printf("seed %d\n", static_cast<int>(kSeed));
  Random random(kSeed);
  publisher_ = &Publisher("synthetic:symbols=500,rate=40000,seed=4,duration=6s",
                          {"--speed", "max", "--wait-for", "*", "--keep-open"});
  wan_ = std::make_unique<FaultRelay>(fault::RelayOptions{.target = publisher_->endpoint()});
  gateway_ = &GatewayVia(wan_->endpoint(), {"--summary", folder() / "gateway"});
  lan_ = std::make_unique<FaultRelay>(fault::RelayOptions{.target = gateway_->endpoint()});
  for (FaultRelay* link : {wan_.get(), lan_.get()}) {
    // Paced, so that nobody is ever behind; what is on its way is less than what is between flips.
    link->SetRate(Way::kDown, kRate);
    for (int flip = 0; flip < 4; ++flip) {
      const uint64_t at =
          1'000'000 + static_cast<uint64_t>(flip) * 2'500'000 + random.Below(1'000'000);
      link->FlipBit(Way::kDown, at, static_cast<int>(random.Below(8)));
      std::printf("%s: byte %lu\n", link == wan_.get() ? "wan" : "lan", at);
    }
    link->FlipBit(Way::kUp, 1000 + random.Below(2000), static_cast<int>(random.Below(8)));
  }
  // All of it, in patterns that do not start the publisher.
  Arguments everything = {"--until-end"};
  for (char c = 'A'; c <= 'Z'; ++c) everything.push_back(std::string(1, c) + "*");
  desk_ = &DeskVia(lan_->endpoint(), everything);
  ASSERT_TRUE(desk_->AwaitReady());
  Program& direct = LiveDesk(*publisher_, {"--until-end", "*"});
  EXPECT_EQ(direct.Wait(Seconds(60)), 0) << direct.err();
  EXPECT_EQ(direct.err().find("gap:"), std::string::npos) << direct.err();
  input_ = direct.out();
  EXPECT_EQ(desk_->Wait(Seconds(60)), 0) << desk_->err();
  publisher_->Signal(SIGTERM);
  ExpectEverything();
  for (FaultRelay* link : {wan_.get(), lan_.get()}) {
    EXPECT_GT(link->counters().bytes[1], 10'000'000u);
    EXPECT_EQ(link->counters().flipped, 5u);
    EXPECT_GE(link->counters().connections, 4u);
  }
  EXPECT_GE(BadMessages(), 3);
  EXPECT_NE(desk_->err().find("a bad message"), std::string::npos) << desk_->err();
}

}  // namespace
}  // namespace fantail::testing
