// Opening a source by its name, and what is said about a name that is none.
#include "fantail/source/source_factory.h"

#include <gtest/gtest.h>

#include <string>

#include "fantail/text/csv.h"
#include "tests/support/temp_file.h"

namespace fantail::source {
namespace {

std::string ErrorOf(std::string_view spec) {
  const auto source = OpenSource(spec);
  return source.ok() ? "none" : std::string(source.status().message());
}

TEST(OpenSourceTest, OpensACsvFile) {
  const testing::TempFile file(std::string(text::kCsvHeader) + "\n1,A,trade,5,10,,,,,P\n");
  auto source = OpenSource("csv:" + file.path());
  ASSERT_TRUE(source.ok()) << source.status();
  text::Row row;
  EXPECT_EQ((*source)->Next(&row), Source::Result::kRow);
  EXPECT_EQ((*source)->Next(&row), Source::Result::kEnd);
}

TEST(OpenSourceTest, OpensTheSyntheticMarketWithAndWithoutKeys) {
  for (const char* spec : {"synthetic", "synthetic:", "synthetic:symbols=10,rate=100"}) {
    auto source = OpenSource(spec);
    ASSERT_TRUE(source.ok()) << source.status();
    text::Row row;
    EXPECT_EQ((*source)->Next(&row), Source::Result::kRow);
  }
}

TEST(OpenSourceTest, NamesTheSchemesThatItKnows) {
  const std::string forms =
      "write csv:FILE, ndjson:FILE (- is standard input), tape:TAPE, iex:FILE, itch:FILE, "
      "synthetic:KEY=VALUE,..., files:FOLDER or stream:TOPIC:FILE";
  EXPECT_EQ(ErrorOf("pcap:x"), "source \"pcap:x\": unknown scheme \"pcap\"; " + forms);
  EXPECT_EQ(ErrorOf("ticks.csv"), "source \"ticks.csv\": no scheme; " + forms);
}

TEST(OpenSourceTest, SaysWhyAFileCannotBeOpened) {
  EXPECT_EQ(ErrorOf("csv:/no/such.csv"), "cannot open \"/no/such.csv\": No such file or directory");
  EXPECT_EQ(ErrorOf("csv:"), "source \"csv:\": no file; write csv:FILE or csv:-");
  EXPECT_EQ(ErrorOf("ndjson:"), "source \"ndjson:\": no file; write ndjson:FILE or ndjson:-");
}

TEST(OpenSourceTest, PassesOnWhatIsWrongWithAKey) {
  EXPECT_EQ(ErrorOf("synthetic:rate=0"),
            "source \"synthetic\": rate \"0\" is not a whole number from 1 to 50000000");
}

}  // namespace
}  // namespace fantail::source
