#include "fantail/text/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace fantail::text {
namespace {

TEST(JsonWriterTest, PutsTheCommasBetweenWhatItIsGiven) {
  std::string out;
  JsonWriter json(&out);
  json.Object([&] {
    json.Key("name").Text("desk-7");
    json.Key("patterns").List([&] {
      json.Text("A*");
      json.Text("B");
    });
    json.Key("nothing").List([] {});
    json.Key("hops").List([&] {
      json.Object([&] { json.Key("live").Flag(true); });
      json.Object([] {});
    });
    json.Key("last").Number(1);
  });
  EXPECT_EQ(out, R"({"name":"desk-7","patterns":["A*","B"],"nothing":[],"hops":[{"live":true},{}],)"
                 R"("last":1})");
}

TEST(JsonWriterTest, WritesNumbersThatReadBackAsTheSame) {
  std::string out;
  JsonWriter json(&out);
  json.List([&] {
    json.Number(uint64_t{18446744073709551615u});
    json.Number(-1);
    json.Number(0.1);
  });
  EXPECT_EQ(out, "[18446744073709551615,-1,0.1]");
}

TEST(JsonWriterTest, EscapesWhatWouldEndAText) {
  std::string out;
  JsonWriter(&out).Text("a\"b\\c\n");
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\u000a\"");
}

}  // namespace
}  // namespace fantail::text
