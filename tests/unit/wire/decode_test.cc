// What the decoder says of bytes that are no message, before it looks at what they say.
#include "fantail/wire/decode.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"
#include "session_generated.h"
#include "tests/support/damage.h"
#include "tests/support/messages.h"

namespace fantail::wire {
namespace {

using namespace testing;  // NOLINT: samples and damage

DecodeError Decode(std::span<const std::byte> bytes) {
  Decoder decoder;
  AnyMessage out;
  return decoder.Decode(bytes, &out);
}

TEST(ChecksumTest, IsCrc32cAsRfc3720HasIt) {
  // The check value of CRC32C: 0xE3069283 for the nine digits. The four bytes of the checksum
  // itself, here between "1234" and "56789", are left out.
  const char text[] = "1234....56789";
  EXPECT_EQ(MessageChecksum(std::as_bytes(std::span(text, 13))), 0xE3069283u);
}

TEST(ChecksumTest, CoversKindVersionAndEveryByteOfTheBody) {
  const Message message = Encode(ABatch());
  for (size_t i = 0; i < message.size(); ++i) {
    Bytes bytes = Copy(message);
    bytes[i] ^= std::byte{0x10};
    const DecodeError expected = i == 1 ? DecodeError::kVersion : DecodeError::kChecksum;
    ASSERT_EQ(Decode(bytes), expected) << "byte " << i;
  }
}

TEST(DecoderTest, RefusesWhatIsShorterThanAMessage) {
  const Message message = Encode(APing());
  for (size_t size = 0; size < kHeaderBytes + 8; ++size) {
    EXPECT_EQ(Decode(message.bytes().first(size)), DecodeError::kLength) << size;
  }
}

TEST(DecoderTest, RefusesWhatIsLongerThanAMessage) {
  Bytes bytes(kMaxMessageBytes + 1);
  bytes[0] = static_cast<std::byte>(Kind::kBatch);
  bytes[1] = static_cast<std::byte>(kProtocolVersion);
  Seal(&bytes);
  EXPECT_EQ(Decode(bytes), DecodeError::kLength);
}

TEST(DecoderTest, RefusesAnotherVersionBeforeItLooksAtTheChecksumAndNamesIt) {
  Bytes bytes = Copy(Encode(AHello()));
  bytes[1] = std::byte{9};
  bytes[4] ^= std::byte{1};
  Decoder decoder;
  AnyMessage out;
  EXPECT_EQ(decoder.Decode(bytes, &out), DecodeError::kVersion);
  EXPECT_EQ(decoder.version(), 9);
}

TEST(DecoderTest, RefusesEveryKindThatItDoesNotKnow) {
  for (int kind = 0; kind < 256; ++kind) {
    if (kind >= 1 && kind <= 17) continue;
    Bytes bytes = Copy(Encode(APing()));
    bytes[0] = static_cast<std::byte>(kind);
    Seal(&bytes);
    EXPECT_EQ(Decode(bytes), DecodeError::kUnknownKind) << kind;
  }
}

TEST(DecoderTest, ReadsNoMessageAsAnotherKind) {
  const std::vector<Message> messages = EveryMessage();
  for (const Message& message : messages) {
    for (int kind = 1; kind <= 17; ++kind) {
      if (kind == static_cast<int>(Kind::kPacked)) continue;
      Bytes bytes = Copy(message);
      if (bytes[0] == static_cast<std::byte>(kind)) continue;
      bytes[0] = static_cast<std::byte>(kind);
      Seal(&bytes);
      EXPECT_EQ(Decode(bytes), DecodeError::kMalformed) << kind;
    }
  }
}

// The last bytes of some are padding.
TEST(DecoderTest, RefusesAMessageThatIsCutAnywhere) {
  for (const Message& message : EveryMessage()) {
    for (size_t size = kHeaderBytes + 8; size + 8 <= message.size(); ++size) {
      Bytes bytes(message.bytes().begin(), message.bytes().begin() + static_cast<int64_t>(size));
      Seal(&bytes);
      const DecodeError error = Decode(bytes);
      ASSERT_TRUE(error == DecodeError::kMalformed || error == DecodeError::kNonsense)
          << KindName(static_cast<Kind>(bytes[0])) << " of " << message.size() << " cut to "
          << size;
    }
  }
}

TEST(DecoderTest, RefusesZerosThatAreNoFlatBuffer) {
  Bytes bytes(64);
  bytes[0] = static_cast<std::byte>(Kind::kBatch);
  bytes[1] = static_cast<std::byte>(kProtocolVersion);
  Seal(&bytes);
  EXPECT_EQ(Decode(bytes), DecodeError::kMalformed);
}

TEST(DecoderTest, RefusesMoreTablesThanAPongMayHave) {
  Pong pong = APong();
  pong.hops.assign(kMaxHops + 2, pong.hops[0]);
  EXPECT_EQ(Decode(Encode(pong).bytes()), DecodeError::kMalformed);
}

TEST(DecoderTest, ReadsAMessageAtAnyAddress) {
  for (const Message& message : EveryMessage()) {
    for (size_t shift = 0; shift < 8; ++shift) {
      std::vector<uint64_t> aligned(message.size() / 8 + 3);
      auto* place = reinterpret_cast<std::byte*>(aligned.data()) + shift;
      std::memcpy(place, message.bytes().data(), message.size());
      Decoder decoder;
      AnyMessage out;
      EXPECT_EQ(decoder.Decode({place, message.size()}, &out), DecodeError::kNone)
          << KindName(static_cast<Kind>(place[0])) << " at " << shift << ": " << decoder.detail();
    }
  }
}

// The Verifier lets a vector of structs lie at any multiple of 4.
TEST(DecoderTest, RefusesTicksThatTheMessageItselfPutsAtAMisalignedPlace) {
  std::set<DecodeError> seen;
  for (const size_t padding : {0u, 1u}) {
    flatbuffers::FlatBufferBuilder b;
    std::vector<uint32_t> words(14, 1);  // one tick of 56 bytes, as words
    words[13] = 0x10000;                 // kind 1
    words.insert(words.end(), padding, 0);
    const auto as_words = b.CreateVector(words);
    const flatbuffers::Offset<flatbuffers::Vector<const fbs::Tick*>> ticks(as_words.o);
    b.Finish(fbs::CreateBatch(b, 0, 9, 1, 0, ticks, 0), "FT0h");
    Bytes bytes(kHeaderBytes + b.GetSize());
    bytes[0] = static_cast<std::byte>(Kind::kBatch);
    bytes[1] = static_cast<std::byte>(kProtocolVersion);
    std::memcpy(bytes.data() + kHeaderBytes, b.GetBufferPointer(), b.GetSize());
    // The length that counts words becomes one that counts ticks.
    const auto count = static_cast<uint32_t>(words.size());
    for (size_t at = kHeaderBytes; at + 8 <= bytes.size(); at += 4) {
      uint32_t here[2];
      std::memcpy(here, bytes.data() + at, sizeof here);
      if (here[0] != count || here[1] != 1) continue;
      const uint32_t one = 1;
      std::memcpy(bytes.data() + at, &one, sizeof one);
      break;
    }
    Seal(&bytes);
    Decoder decoder;
    AnyMessage out;
    seen.insert(decoder.Decode(bytes, &out));
    if (seen.contains(DecodeError::kNonsense)) {
      EXPECT_STREQ(decoder.detail(), "misaligned ticks");
    }
  }
  EXPECT_TRUE(seen.contains(DecodeError::kNonsense));
}

TEST(DecoderTest, NamesEveryErrorAndEveryKind) {
  std::set<std::string> names;
  for (int i = 0; i <= 6; ++i) names.insert(DecodeErrorName(static_cast<DecodeError>(i)));
  for (int i = 1; i <= 15; ++i) names.insert(KindName(static_cast<Kind>(i)));
  EXPECT_EQ(names.size(), 22u);
}

}  // namespace
}  // namespace fantail::wire
