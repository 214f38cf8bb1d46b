#include "fantail/app/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fantail/app/options.h"

namespace fantail::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(LimitTest, AreALineEachWithTabsBetween) {
  const Limits limits = {{.name = "doors",
                          .value = WithCommas(1000),
                          .changed = "--doors",
                          .beyond = "closed",
                          .metric = "fantail_doors",
                          .why = "a house has no more walls"},
                         {.name = "walls", .value = "4", .beyond = "it falls", .why = "corners"}};
  EXPECT_EQ(LimitLines(limits),
            "doors\t1,000\t--doors\tclosed\tfantail_doors\ta house has no more walls\n"
            "walls\t4\t\tit falls\t\tcorners\n");
}

TEST(LimitTest, HaveTheirNumbersAsPeopleWriteThem) {
  EXPECT_EQ(WithCommas(0), "0");
  EXPECT_EQ(WithCommas(999), "999");
  EXPECT_EQ(WithCommas(65'536), "65,536");
  EXPECT_EQ(WithCommas(1'000'000), "1,000,000");
}

TEST(ListingTest, IsPrintedInsteadOfAllElseAndHelpSaysNothingOfIt) {
  CommandLine line("fantail-house", "keeps doors");
  std::string name;
  line.Option("--door NAME", &name, "which one");
  line.Require("--door");
  line.Listing("--list-doors", "front\nback\n");
  const auto read = [&](const std::string& argument) {
    return line.Read({argument}, [](const char*) { return nullptr; });
  };
  EXPECT_EQ(read("--list-doors").exit_code, 0);
  EXPECT_EQ(read("--list-doors").out, "front\nback\n");
  EXPECT_THAT(line.Help(), Not(HasSubstr("list-doors")));
  EXPECT_THAT(read("--list-options").out, Not(HasSubstr("list-doors")));
  EXPECT_THAT(read("--list-door").err, HasSubstr("the nearest is --door"));
}

}  // namespace
}  // namespace fantail::app
