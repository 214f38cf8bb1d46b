// What a history server is asked and answers comes back as it was, and no damage gets through.
#include "fantail/history/messages.h"

#include <gtest/gtest.h>

#include "fantail/base/random.h"

namespace fantail::history {
namespace {

wire::Record ARecord(uint64_t position, uint32_t topic, uint32_t sequence) {
  wire::Record record{.position = {position}, .tick = {}};
  record.tick.topic = {topic};
  record.tick.sequence = {sequence};
  record.tick.time_ns = static_cast<int64_t>(1'381'239'000'000'000'000 + position * 1000);
  record.tick.price = static_cast<int64_t>(10'000 + position % 97);
  record.tick.price_exponent = -2;
  record.tick.size = 100;
  record.tick.kind = wire::TickKind::kTrade;
  record.tick.flags = wire::kNoAskPrice | wire::kNoAskSize;
  record.tick.venue = {1};
  return record;
}

// The parts of an answer of `count` records over `topics` topics.
std::vector<std::string> AnAnswer(uint64_t count, uint32_t topics) {
  PartWriter writer;
  std::vector<std::string> parts;
  std::vector<uint32_t> sequences(topics);
  writer.BeginEpoch({7}, false, {0});
  for (uint64_t position = 1; position <= count; ++position) {
    const uint32_t topic = static_cast<uint32_t>(position * 7919 % topics);
    if (!writer.Knows(TopicId{topic})) writer.AddTopic({topic}, "T" + std::to_string(topic));
    if (!writer.Knows(VenueId{1})) writer.AddVenue({1}, "XNYS");
    writer.Add(ARecord(position, topic, ++sequences[topic]));
    if (writer.full()) parts.push_back(writer.Finish(writer.through()));
  }
  parts.push_back(writer.Finish({count + 5}));
  return parts;
}

TEST(HistoryMessagesTest, AQuestionComesBackAsItWas) {
  const Question asked{.epoch = {9},
                       .after = {4096},
                       .through = {8192},
                       .from = "09:30",
                       .to = "10:00",
                       .zone = "America/New_York",
                       .patterns = {Pattern("AA*"), Pattern("MSFT")}};
  Question got;
  ASSERT_EQ(Decode(bus::BytesOf(Encode(asked)), &got), nullptr);
  EXPECT_EQ(got.epoch, asked.epoch);
  EXPECT_EQ(got.after, asked.after);
  EXPECT_EQ(got.through, asked.through);
  EXPECT_EQ(got.from, asked.from);
  EXPECT_EQ(got.to, asked.to);
  EXPECT_EQ(got.zone, asked.zone);
  EXPECT_EQ(got.patterns, asked.patterns);
}

TEST(HistoryMessagesTest, AQuestionThatMakesNoSenseIsRefusedWithItsReason) {
  Question got;
  EXPECT_STREQ(Decode(bus::BytesOf(Encode(Question{.epoch = {1}})), &got), "no pattern");
  EXPECT_STREQ(Decode(bus::BytesOf(Encode(Question{
                          .epoch = {1}, .after = {9}, .through = {8}, .patterns = {Pattern("*")}})),
                      &got),
               "it ends before it begins");
  EXPECT_STREQ(Decode(bus::BytesOf("no question"), &got), "not a well-formed message of its kind");
  EXPECT_STREQ(Decode({}, &got), "not a well-formed message of its kind");
}

TEST(HistoryMessagesTest, AnAnswerOfManyPartsComesBackRecordByRecord) {
  const std::vector<std::string> parts = AnAnswer(50'000, 300);
  EXPECT_GT(parts.size(), 3u);
  PartReader reader;
  Part part;
  uint64_t position = 0;
  size_t names = 0;
  std::vector<uint32_t> sequences(300);
  for (const std::string& body : parts) {
    ASSERT_LE(body.size(), bus::kMaxBodyBytes);
    ASSERT_EQ(reader.Decode(bus::BytesOf(body), &part), nullptr);
    names += part.topics.size();
    for (const wire::Record& record : part.records) {
      const uint32_t topic = record.tick.topic.value;
      ++position;
      ASSERT_EQ(record, ARecord(position, topic, ++sequences[topic]));
    }
  }
  EXPECT_EQ(position, 50'000u);
  EXPECT_EQ(part.through, Position{50'005});
  EXPECT_EQ(names, 300u);
}

TEST(HistoryMessagesTest, WhatIsLostIsToldBeforeTheRecordsBehindIt) {
  PartWriter writer;
  writer.BeginEpoch({7}, true, {100});
  writer.AddLost({.from = {100}, .to = {150}, .patterns = {Pattern("A*")}});
  EXPECT_TRUE(writer.full());
  const std::string lost = writer.Finish(writer.through());
  PartReader reader;
  Part part;
  ASSERT_EQ(reader.Decode(bus::BytesOf(lost), &part), nullptr);
  EXPECT_TRUE(part.paced);
  ASSERT_TRUE(part.lost);
  EXPECT_EQ(part.lost->from, Position{100});
  EXPECT_EQ(part.lost->to, Position{150});
  EXPECT_EQ(part.lost->patterns, std::vector{Pattern("A*")});
  EXPECT_EQ(part.through, Position{150});
}

TEST(HistoryMessagesTest, PatternsThatNoTapeHasAreLostInEveryPart) {
  PartWriter writer;
  writer.SetUnknown({Pattern("X*")});
  writer.BeginEpoch({7}, false, {0});
  writer.AddTopic({0}, "AAPL");
  writer.AddVenue({1}, "XNYS");
  writer.Add(ARecord(3, 0, 1));
  PartReader reader;
  Part part;
  ASSERT_EQ(reader.Decode(bus::BytesOf(writer.Finish({10})), &part), nullptr);
  ASSERT_TRUE(part.lost);
  EXPECT_EQ(part.lost->to, Position{10});
  EXPECT_EQ(part.lost->patterns, std::vector{Pattern("X*")});
  EXPECT_EQ(part.records.size(), 1u);
}

TEST(HistoryMessagesTest, NamesThatAreAllAsLongAsTheyMayBeFitTheirParts) {
  PartWriter writer;
  writer.BeginEpoch({7}, false, {0});
  uint64_t parts = 0;
  for (uint32_t i = 1; i < 5000; ++i) {
    std::string name = std::to_string(i * 2654435761u);
    Random random(i);
    while (name.size() < kMaxTopicBytes) {
      name.push_back(static_cast<char>('!' + 2 + random.Next() % 90));
    }
    name.back() = 'x';  // no prefix
    writer.AddTopic({i}, name);
    if (!writer.Knows(VenueId{1})) writer.AddVenue({1}, "XNYS");
    writer.Add(ARecord(i, i, 1));
    if (!writer.full()) continue;
    EXPECT_LE(writer.Finish(writer.through()).size(), bus::kMaxBodyBytes);
    ++parts;
  }
  EXPECT_GT(parts, 5u);
}

TEST(HistoryMessagesTest, APartThatDoesNotJoinOnIsRefused) {
  const std::vector<std::string> parts = AnAnswer(50'000, 10);
  ASSERT_GT(parts.size(), 2u);
  PartReader reader;
  Part part;
  ASSERT_EQ(reader.Decode(bus::BytesOf(parts[0]), &part), nullptr);
  EXPECT_STREQ(reader.Decode(bus::BytesOf(parts[2]), &part),
               "a part that does not join on to the one before");
}

TEST(HistoryMessagesTest, DamageNeverStopsTheReader) {
  const std::vector<std::string> parts = AnAnswer(3000, 20);
  const Question question{.from = "09:30", .patterns = {Pattern("*")}};
  const uint64_t seed = 20261123;
  Random random(seed);
  for (int i = 0; i < 3000; ++i) {
    for (std::string body : {parts.front(), Encode(question)}) {
      for (uint64_t n = 1 + random.Next() % 4; n > 0; --n) {
        body[random.Next() % body.size()] = static_cast<char>(random.Next());
      }
      if (random.Next() % 4 == 0) body.resize(random.Next() % body.size());
      PartReader reader;
      Part part;
      Question got;
      std::vector<DirectoryEntry> entries;
      std::vector<Pattern> patterns;
      (void)reader.Decode(bus::BytesOf(body), &part);
      (void)Decode(bus::BytesOf(body), &got);
      (void)DecodeDirectoryQuestion(bus::BytesOf(body), &patterns);
      (void)DecodeDirectoryPart(bus::BytesOf(body), &entries);
    }
  }
}

TEST(HistoryMessagesTest, ADirectoryComesBackAsItWasEpochByEpoch) {
  std::vector<DirectoryEntry> entries;
  for (uint64_t epoch : {5, 6}) {
    for (int i = 0; i < 2000; ++i) {
      entries.push_back({.epoch = {epoch},
                         .topic = "TOPIC" + std::to_string(10'000 + i),
                         .first = {1},
                         .last = {static_cast<uint64_t>(i) + 1},
                         .first_time_ns = 17,
                         .last_time_ns = 18 + i});
    }
  }
  std::vector<DirectoryEntry> got;
  int parts = 0;
  for (size_t next = 0; next < entries.size(); ++parts) {
    const std::string body = EncodeDirectoryPart(entries, &next);
    ASSERT_LE(body.size(), bus::kMaxBodyBytes);
    ASSERT_EQ(DecodeDirectoryPart(bus::BytesOf(body), &got), nullptr);
  }
  EXPECT_GT(parts, 2);
  ASSERT_EQ(got.size(), entries.size());
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].epoch, entries[i].epoch);
    EXPECT_EQ(got[i].topic, entries[i].topic);
    EXPECT_EQ(got[i].last, entries[i].last);
    EXPECT_EQ(got[i].last_time_ns, entries[i].last_time_ns);
  }
}

}  // namespace
}  // namespace fantail::history
