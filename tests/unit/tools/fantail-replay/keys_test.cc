// What keys mean.
#include "tools/fantail-replay/keys.h"

#include <gtest/gtest.h>

namespace fantail::replay {
namespace {

using Kind = Command::Kind;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<Command> Read(std::string_view bytes) {
  return KeyReader().Read(bytes);
}
Command By(Nanos by) {
  return {.kind = Kind::kSeekBy, .by = by};
}

TEST(KeysTest, CharactersAreCommands) {
  const std::vector<Command> wanted = {{Kind::kTogglePause}, {Kind::kStep},   {Kind::kStep},
                                       {Kind::kFaster},      {Kind::kFaster}, {Kind::kSlower},
                                       {Kind::kHelp},        {Kind::kQuit}};
  EXPECT_EQ(Read(" .s+=-?q"), wanted);
}

TEST(KeysTest, DigitsAreTenthsOfTheTape) {
  EXPECT_EQ(Read("05"), (std::vector<Command>{{.kind = Kind::kSeekShare, .share = 0.0},
                                              {.kind = Kind::kSeekShare, .share = 0.5}}));
}

TEST(KeysTest, ArrowsSeek) {
  EXPECT_EQ(Read("\x1b[C\x1b[D"), (std::vector{By(seconds(10)), By(-seconds(10))}));
  EXPECT_EQ(Read("\x1bOC\x1bOD"), (std::vector{By(seconds(10)), By(-seconds(10))}));
  EXPECT_EQ(Read("\x1b[1;2C\x1b[1;2D"), (std::vector{By(minutes(1)), By(-minutes(1))}));
  EXPECT_EQ(Read("\x1b[A\x1b[B"), (std::vector{By(minutes(1)), By(-minutes(1))}));
}

TEST(KeysTest, ASequenceMayComeInPieces) {
  KeyReader keys;
  EXPECT_TRUE(keys.Read("\x1b").empty());
  EXPECT_TRUE(keys.Read("[1;").empty());
  EXPECT_EQ(keys.Read("2C"), std::vector{By(minutes(1))});
}

TEST(KeysTest, WhatMeansNothingIsSkipped) {
  EXPECT_TRUE(Read("xyz\n\x1b[5~\x1b[H\x7f\x1b\x1b").empty());
  EXPECT_EQ(Read("\x1b[5~q"), std::vector{Command{Kind::kQuit}});
  EXPECT_EQ(Read("\x1bq"), std::vector{Command{Kind::kQuit}});
}

}  // namespace
}  // namespace fantail::replay
