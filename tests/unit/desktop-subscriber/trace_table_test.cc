// What --trace prints, as a person reads it.
#include "desktop-subscriber/trace_table.h"

#include <gtest/gtest.h>

namespace fantail::desk {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

const std::vector<feed::Hop> kPath = {{.node = {2}, .name = "branch"},
                                      {.node = {1}, .name = "hq", .role = feed::Role::kPublisher}};

feed::Trace ATrace(Nanos wan) {
  return {{{.node = {1}, .held = microseconds(40)},
           {.node = {2}, .way = {{wan, microseconds(300)}}, .held = microseconds(7)},
           {.node = {3}, .way = {{microseconds(80), microseconds(60)}}}}};
}

TEST(TraceTableTest, HasARowForEachHopAndEachWay) {
  TraceTable table;
  for (int i = 0; i < 99; ++i) table.Add(ATrace(milliseconds(20)));
  table.Add(ATrace(milliseconds(1400)));
  const std::vector<std::string> lines = table.Lines(kPath);
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0],
            "trace: where 100 ticks spent their time              p50       p99      most");
  EXPECT_EQ(lines[1],
            "  at hq                                            40 us     40 us     40 us");
  EXPECT_EQ(lines[2],
            "    on the way to branch (+-300 us)              20.0 ms   20.0 ms     1.4 s");
  EXPECT_EQ(lines[3],
            "  at branch                                         7 us      7 us      7 us");
  EXPECT_EQ(lines[4],
            "    on the way to here (+-60 us)                   80 us     80 us     80 us");
  EXPECT_EQ(lines[5],
            "  in all                                         20.1 ms   20.1 ms     1.4 s");
}

TEST(TraceTableTest, SaysItInOneLineToo) {
  TraceTable table;
  EXPECT_EQ(table.OneLine(kPath), "");
  table.Add(ATrace(milliseconds(20)));
  EXPECT_EQ(table.OneLine(kPath),
            "20.1 ms in all: hq 40 us, 20.0 ms (+-300 us) to branch 7 us, 80 us (+-60 us) to here");
}

TEST(TraceTableTest, AddsUpNothingAsLongAsClocksHaveNotBeenCompared) {
  TraceTable table;
  feed::Trace trace = ATrace(milliseconds(20));
  trace.hops[1].way.reset();
  table.Add(trace);
  EXPECT_EQ(table.OneLine(kPath).substr(0, 13), "not known yet");
  EXPECT_EQ(table.Lines(kPath)[2],
            "    on the way to branch (clocks not compared yet)         -         -         -");
}

TEST(TraceTableTest, BeginsAnewOnAnotherPath) {
  TraceTable table;
  table.Add(ATrace(milliseconds(20)));
  feed::Trace other = ATrace(milliseconds(5));
  other.hops[1].node = {9};
  table.Add(other);
  EXPECT_EQ(table.traces(), 1u);
  EXPECT_EQ(table.Lines(kPath)[3].substr(0, 24), "  at a hop that has gone");
}

TEST(TraceTableTest, SaysWhyThereIsNothing) {
  EXPECT_EQ(TraceTable().Lines(kPath).size(), 1u);
}

}  // namespace
}  // namespace fantail::desk
