#include "desktop-subscriber/object_output.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "fantail/base/crc32c.h"

namespace fantail::desk {
namespace {

class ObjectOutputTest : public ::testing::Test {
 protected:
  ObjectOutputTest() {
    std::string folder = ::testing::TempDir() + "objects_XXXXXX";
    folder_ = mkdtemp(folder.data());
    output_.emplace(folder_, &queue_, [this](const std::string& line) { said_.push_back(line); });
    output_->Topic({0}, "clips/one.mp4");
    output_->Venue({1}, "video/mp4");
  }
  ~ObjectOutputTest() override { std::filesystem::remove_all(folder_); }

  void Part(std::string_view bytes, wire::Part part) {
    const wire::Record record = Make(part);
    if (!bytes.empty()) output_->Payload(record.position, std::as_bytes(std::span(bytes)));
    output_->Take({&record, 1});
  }
  wire::Record Make(const wire::Part& part) {
    wire::Record record{{++position_}, wire::TickOf(part)};
    record.tick.topic = {0};
    record.tick.venue = {1};
    return record;
  }
  std::string File(const std::string& name) const {
    std::ifstream in(folder_ + "/" + name, std::ios::binary);
    if (!in) return "no such file";
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static uint32_t SumOf(std::string_view text) { return Crc32c(std::as_bytes(std::span(text))); }

  std::string folder_;
  OutputQueue queue_;
  std::optional<ObjectOutput> output_;
  std::vector<std::string> said_;
  uint64_t position_ = 0;
};

TEST_F(ObjectOutputTest, AFileAppearsWhenAllOfItHasCome) {
  Part("abc", {.offset = 0, .size = 6, .first = true});
  EXPECT_EQ(File("clips/one.mp4"), "no such file");
  EXPECT_EQ(File("clips/.one.mp4.part"), "abc");
  Part("def", {.offset = 3, .size = 6, .last = true, .checksum = SumOf("abcdef")});
  EXPECT_EQ(File("clips/one.mp4"), "abcdef");
  EXPECT_EQ(File("clips/.one.mp4.part"), "no such file");
  EXPECT_EQ(said_, std::vector<std::string>{"\"clips/one.mp4\": 6 bytes, video/mp4"});
  EXPECT_EQ(output_->objects(), 1u);
}

TEST_F(ObjectOutputTest, ANewObjectTakesThePlaceOfTheOneBefore) {
  Part("old", {.size = 3, .first = true, .last = true, .checksum = SumOf("old")});
  Part("newer", {.size = 5, .first = true, .last = true, .checksum = SumOf("newer")});
  EXPECT_EQ(File("clips/one.mp4"), "newer");
}

TEST_F(ObjectOutputTest, WhatIsEmptyIsAFileToo) {
  Part("", {.size = 0, .first = true, .last = true, .checksum = 0});
  EXPECT_EQ(File("clips/one.mp4"), "");
}

TEST_F(ObjectOutputTest, WhatDoesNotBeginOrHasAHoleIsNoFile) {
  Part("def", {.offset = 3, .size = 6, .last = true, .checksum = SumOf("abcdef")});
  Part("abc", {.offset = 0, .size = 9, .first = true});
  Part("ghi", {.offset = 6, .size = 9, .last = true, .checksum = SumOf("abcdefghi")});
  EXPECT_EQ(File("clips/one.mp4"), "no such file");
  EXPECT_EQ(said_,
            std::vector<std::string>{"\"clips/one.mp4\": the rest of the object is missing"});
}

TEST_F(ObjectOutputTest, WhatIsNotWhatWasPublishedIsNoFile) {
  Part("abX", {.size = 3, .first = true, .last = true, .checksum = SumOf("abc")});
  EXPECT_EQ(File("clips/one.mp4"), "no such file");
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("checksum or size differs"), std::string::npos);
}

TEST_F(ObjectOutputTest, APlayerGetsWhatThereIs) {
  ObjectOutput player("-", &queue_, [](const std::string&) {});
  player.Topic({0}, "news.ts");
  const wire::Record record = Make({.offset = 900});
  player.Payload(record.position, std::as_bytes(std::span(std::string_view("middle"))));
  player.Take({&record, 1});
  Chunk chunk;
  ASSERT_TRUE(queue_.TryPop(&chunk));
  EXPECT_EQ(chunk.bytes, "middle");
}

TEST_F(ObjectOutputTest, AFolderThatCannotBeWrittenIsAProblem) {
  ObjectOutput output("/proc/no", &queue_, [](const std::string&) {});
  output.Topic({0}, "a");
  const wire::Record record = Make({.size = 0, .first = true, .last = true});
  output.Take({&record, 1});
  EXPECT_NE(output.problem().find("--output"), std::string::npos);
}

TEST(FileNameTest, StaysInItsFolder) {
  EXPECT_EQ(FileNameOf("clips/one.mp4"), "clips/one.mp4");
  EXPECT_EQ(FileNameOf("a b"), "a b");
  EXPECT_EQ(FileNameOf("../x"), "%2E%2E/x");
  EXPECT_EQ(FileNameOf("a/../../x"), "a/%2E%2E/%2E%2E/x");
  EXPECT_EQ(FileNameOf("/etc/passwd"), "%2Fetc/passwd");
  EXPECT_EQ(FileNameOf("a//b/"), "a%2F/b%2F");
  EXPECT_EQ(FileNameOf(".hidden"), "%2Ehidden");
  EXPECT_EQ(FileNameOf("a\n%"), "a%0A%25");
  EXPECT_EQ(FileNameOf("..."), "%2E.%2E");
}

}  // namespace
}  // namespace fantail::desk
