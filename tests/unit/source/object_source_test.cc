// Folders and streams as objects.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "fantail/base/crc32c.h"
#include "fantail/source/source_factory.h"
#include "fantail/wire/part.h"
#include "tests/support/temp_file.h"

namespace fantail::source {
namespace {

class ObjectSourceTest : public ::testing::Test {
 protected:
  ObjectSourceTest() {
    std::string folder = ::testing::TempDir() + "files_XXXXXX";
    folder_ = mkdtemp(folder.data());
  }
  ~ObjectSourceTest() override { std::filesystem::remove_all(folder_); }
  void Make(const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = folder_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  // `topic (type) offset/size bytes flags checksum`, of each part; bad rows as they are said.
  static std::vector<std::string> Read(const std::string& spec, size_t part_bytes) {
    auto source = OpenSource(spec, part_bytes);
    if (!source.ok()) return {std::string(source.status().message())};
    EXPECT_TRUE((*source)->objects());
    std::vector<std::string> all;
    text::Row row;
    while (true) {
      const Source::Result result = (*source)->Next(&row);
      if (result == Source::Result::kWait) continue;
      if (result == Source::Result::kEnd) return all;
      if (result != Source::Result::kRow) {
        all.emplace_back((*source)->problem());
        continue;
      }
      const wire::Part part = wire::PartOf(row.tick);
      std::string line(row.symbol);
      line.append(" (").append(row.venue).append(") ").append(std::to_string(part.offset));
      line.append("/").append(part.size ? std::to_string(*part.size) : "?").append(" ");
      line.append(reinterpret_cast<const char*>(row.payload.data()), row.payload.size());
      if (part.first) line += " first";
      if (part.last) line += " last " + std::to_string(part.checksum);
      all.push_back(line);
    }
  }
  static std::string SumOf(std::string_view text) {
    return std::to_string(Crc32c(std::as_bytes(std::span(text))));
  }

  std::string folder_;
};

using Parts = std::vector<std::string>;

TEST_F(ObjectSourceTest, EveryFileOfAFolderComesInPartsByName) {
  Make("b.txt", "abcdefg");
  Make("a/c.png", "xy");
  Make("empty", "");
  EXPECT_EQ(Read("files:" + folder_, 3),
            (Parts{"a/c.png (image/png) 0/2 xy first last " + SumOf("xy"),
                   "b.txt (text/plain) 0/7 abc first", "b.txt (text/plain) 3/7 def",
                   "b.txt (text/plain) 6/7 g last " + SumOf("abcdefg"),
                   "empty (application/octet-stream) 0/0  first last 0"}));
}

TEST_F(ObjectSourceTest, AFileWhosePathIsNoTopicIsSkippedAndSaid) {
  Make("good", "1");
  Make(std::string(70, 'n'), "2");
  const Parts parts = Read("files:" + folder_, 100);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_NE(parts[1].find("cannot be a topic"), std::string::npos) << parts[1];
}

TEST_F(ObjectSourceTest, AnEmptyFolderIsAnError) {
  EXPECT_NE(Read("files:" + folder_, 100)[0].find("no file is in there"), std::string::npos);
}

TEST_F(ObjectSourceTest, AStreamIsOneObjectThatEndsWithItsSum) {
  const testing::TempFile file("abcde");
  EXPECT_EQ(Read("stream:tv/news.ts:" + file.path(), 3),
            (Parts{"tv/news.ts (video/mp2t) 0/? abc first", "tv/news.ts (video/mp2t) 3/? de",
                   "tv/news.ts (video/mp2t) 5/?  last " + SumOf("abcde")}));
}

TEST_F(ObjectSourceTest, AStreamHasATopicAndAFile) {
  EXPECT_NE(Read("stream:x", 3)[0].find("write stream:TOPIC:FILE"), std::string::npos);
  EXPECT_NE(Read("stream::-", 3)[0].find("cannot be a topic"), std::string::npos);
}

}  // namespace
}  // namespace fantail::source
