// Requests and answers in their one layout, and as others may lay them out.
#include "fantail/bus/layout.h"

#include <gtest/gtest.h>

#include "bus_generated.h"
#include "fantail/base/random.h"
#include "fantail/wire/flat.h"
#include "tests/support/damage.h"

namespace fantail::bus {
namespace {

using wire::DecodeError;

Request ARequest(uint64_t id, std::string_view service, std::string_view key,
                 std::string_view body) {
  return {.id = id,
          .service = service,
          .budget_ns = id * 1000,
          .window_bytes = kMinWindowBytes + static_cast<uint32_t>(id),
          .key = key,
          .idempotent = id % 2 == 0,
          .hops = static_cast<uint8_t>(id % 17),
          .body = BytesOf(body)};
}

void ExpectSame(const Request& a, const Request& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.service, b.service);
  EXPECT_EQ(a.budget_ns, b.budget_ns);
  EXPECT_EQ(a.window_bytes, b.window_bytes);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.idempotent, b.idempotent);
  EXPECT_EQ(a.hops, b.hops);
  EXPECT_EQ(TextOf(a.body), TextOf(b.body));
}

void ExpectSame(const Answer& a, const Answer& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.attempt, b.attempt);
  EXPECT_EQ(a.part, b.part);
  EXPECT_EQ(a.last, b.last);
  EXPECT_EQ(TextOf(a.body), TextOf(b.body));
}

// As anybody builds one with FlatBuffers.
wire::Message Built(const Request& r) {
  flatbuffers::FlatBufferBuilder b;
  const auto service = wire::flat::Text(b, r.service);
  const auto key = wire::flat::Text(b, r.key);
  const auto body = b.CreateVector(reinterpret_cast<const uint8_t*>(r.body.data()), r.body.size());
  return wire::flat::Finish(b, static_cast<uint8_t>(Kind::kRequest), {"FB0f"},
                            fbs::CreateRequest(b, r.id, service, r.budget_ns, r.window_bytes, key,
                                               r.idempotent, r.hops, body));
}

wire::Message Built(const Answer& a) {
  flatbuffers::FlatBufferBuilder b;
  const auto body = b.CreateVector(reinterpret_cast<const uint8_t*>(a.body.data()), a.body.size());
  return wire::flat::Finish(b, static_cast<uint8_t>(Kind::kAnswer), {"FB0g"},
                            fbs::CreateAnswer(b, a.id, a.attempt, a.part, a.last, body));
}

// What FlatBuffers itself makes of the bytes; false if they are not well-formed.
bool Verified(std::span<const std::byte> bytes, Request* out) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data()) + wire::kHeaderBytes;
  flatbuffers::Verifier verifier(data, bytes.size() - wire::kHeaderBytes);
  if (!verifier.VerifyBuffer<fbs::Request>("FB0f")) return false;
  const auto* t = flatbuffers::GetRoot<fbs::Request>(data);
  *out = {.id = t->id(),
          .service = wire::flat::View(t->service()),
          .budget_ns = t->budget_ns(),
          .window_bytes = t->window_bytes(),
          .key = wire::flat::View(t->key()),
          .idempotent = t->idempotent(),
          .hops = t->hops(),
          .body = std::as_bytes(std::span(t->body()->data(), t->body()->size()))};
  return true;
}

bool Verified(std::span<const std::byte> bytes, Answer* out) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data()) + wire::kHeaderBytes;
  flatbuffers::Verifier verifier(data, bytes.size() - wire::kHeaderBytes);
  if (!verifier.VerifyBuffer<fbs::Answer>("FB0g")) return false;
  const auto* t = flatbuffers::GetRoot<fbs::Answer>(data);
  *out = {.id = t->id(),
          .attempt = t->attempt(),
          .part = t->part(),
          .last = t->last(),
          .body = std::as_bytes(std::span(t->body()->data(), t->body()->size()))};
  return true;
}

TEST(LayoutTest, ARequestOfWhoMaySeeOnlySomeIsLaidOutAsAnyMessage) {
  Request in = ARequest(5, "history", "block 7", "what was");
  in.limited = true;
  in.may_see = wire::TextList(std::string_view("A*\0MSFT\0", 8));
  const wire::Message message = Rewrite(Encode(ARequest(5, "history", "block 7", "what was")), in);
  Decoder decoder;
  AnyMessage any;
  ASSERT_EQ(decoder.Decode(message.bytes(), &any), DecodeError::kNone) << decoder.detail();
  const Request& out = std::get<Request>(any);
  ExpectSame(out, in);
  EXPECT_TRUE(out.limited);
  EXPECT_EQ(out.may_see.bytes(), in.may_see.bytes());
}

TEST(LayoutTest, IsAFlatBufferWhateverTheLengths) {
  const std::string text(64, 'x');
  for (size_t n = 0; n <= 64; ++n) {
    const Request request =
        ARequest(n, std::string_view(text).substr(0, 1 + n % 8),
                 std::string_view(text).substr(0, n / 8), std::string_view(text).substr(0, n));
    const wire::Message asked = Encode(request);
    Request read;
    ASSERT_TRUE(Verified(asked.bytes(), &read)) << n;
    ExpectSame(read, request);
    ASSERT_TRUE(layout::Read(asked.bytes(), &read)) << n;
    ExpectSame(read, request);

    const Answer answer{.id = n, .part = 7, .last = n % 2 == 0, .body = request.body};
    const wire::Message told = Encode(answer);
    Answer heard;
    ASSERT_TRUE(Verified(told.bytes(), &heard)) << n;
    ExpectSame(heard, answer);
    ASSERT_TRUE(layout::Read(told.bytes(), &heard)) << n;
    ExpectSame(heard, answer);
  }
}

TEST(LayoutTest, WhatOthersLayOutOtherwiseIsTheSameMessage) {
  Decoder decoder;
  AnyMessage any;
  const Request request = ARequest(5, "history", "block 7", "what was");
  const Answer answer{.id = 5, .attempt = 2, .part = 1, .last = false, .body = request.body};
  ASSERT_EQ(decoder.Decode(Built(request).bytes(), &any), DecodeError::kNone);
  ASSERT_TRUE(std::holds_alternative<Request>(any));
  const wire::Message built = Built(answer);
  ASSERT_EQ(decoder.Decode(built.bytes(), &any), DecodeError::kNone);
  ExpectSame(std::get<Answer>(any), answer);
  Answer heard;
  EXPECT_FALSE(layout::Read(built.bytes(), &heard));
}

// The Verifier is the judge: what passes without it would have passed it too, and says the same.
TEST(LayoutTest, NoDamageIsReadAsAnythingThatTheVerifierDoesNotRead) {
  Random random(1);
  int passed = 0;
  for (int i = 0; i < 200'000; ++i) {
    const size_t n = random.Below(9);
    const std::string text(n, 'a');
    testing::Bytes asked = testing::Copy(Encode(ARequest(i, "s" + text, text, text)));
    testing::Damage(&random, &asked);
    Request read;
    Request judged;
    if (layout::Read(asked, &read)) {
      ++passed;
      ASSERT_TRUE(Verified(asked, &judged)) << i;
      ExpectSame(read, judged);
    }
    testing::Bytes told = testing::Copy(Encode(Answer{.id = 1, .body = BytesOf(text)}));
    testing::Damage(&random, &told);
    Answer heard;
    Answer meant;
    if (layout::Read(told, &heard)) {
      ++passed;
      ASSERT_TRUE(Verified(told, &meant)) << i;
      ExpectSame(heard, meant);
    }
  }
  EXPECT_GT(passed, 10'000);  // in a number, or a text
}

TEST(LayoutTest, AMessageIsRewrittenWhereItIs) {
  wire::Message came = Encode(ARequest(5, "history", "", "what was"));
  const auto* place = came.bytes().data();
  const wire::Message sent =
      Rewrite(std::move(came), ARequest(1'000'000, "history", "", "what was"));
  EXPECT_EQ(sent.bytes().data(), place);
  EXPECT_EQ(testing::Copy(sent),
            testing::Copy(Encode(ARequest(1'000'000, "history", "", "what was"))));
}

TEST(LayoutTest, WhatSomebodyElseHoldsIsNotWrittenOver) {
  const Answer answer{.id = 5, .body = BytesOf("this")};
  const wire::Message held = Encode(answer);
  const testing::Bytes before = testing::Copy(held);
  const wire::Message sent = Rewrite(held, Answer{.id = 6, .body = answer.body});
  EXPECT_EQ(testing::Copy(held), before);
  EXPECT_EQ(testing::Copy(sent), testing::Copy(Encode(Answer{.id = 6, .body = answer.body})));
}

TEST(LayoutTest, WhatIsLaidOutOtherwiseIsMadeAnew) {
  const Answer answer{.id = 5, .body = BytesOf("this")};
  const wire::Message sent = Rewrite(Built(answer), Answer{.id = 6, .body = answer.body});
  EXPECT_EQ(testing::Copy(sent), testing::Copy(Encode(Answer{.id = 6, .body = answer.body})));
  EXPECT_EQ(testing::Copy(Rewrite({}, answer)), testing::Copy(Encode(answer)));
}

}  // namespace
}  // namespace fantail::bus
