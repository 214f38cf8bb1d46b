// Between FlatBuffers and the plain structs of messages: what every encoder and decoder needs. Only
// for files that encode or decode.
#ifndef FANTAIL_WIRE_FLAT_H_
#define FANTAIL_WIRE_FLAT_H_

#include <cstring>
#include <span>
#include <string_view>

#include "fantail/base/check.h"
#include "fantail/wire/frame.h"
#include "fantail/wire/limits.h"
#include "fantail/wire/message.h"
#include "fantail/wire/text_list.h"
#include "flatbuffers/flatbuffers.h"

namespace fantail::wire::flat {

using Builder = flatbuffers::FlatBufferBuilder;
using Bytes = flatbuffers::Offset<flatbuffers::Vector<uint8_t>>;

// The identifier in a FlatBuffer repeats the kind inside the checksum's reach, so that a message
// cannot be read as another kind.
struct Identifier {
  char text[5];
};

// Adds header and checksum to a finished table.
template <class Table>
Message Finish(Builder& builder, uint8_t kind, Identifier identifier,
               flatbuffers::Offset<Table> root) {
  builder.Finish(root, identifier.text);
  Message message = Message::WithSize(kHeaderBytes + builder.GetSize());
  const std::span<std::byte> bytes = message.Fill();
  FANTAIL_CHECK(bytes.size() <= kMaxMessageBytes, int{kind}, bytes.size());
  bytes[0] = std::byte{kind};
  bytes[1] = std::byte{kProtocolVersion};
  bytes[2] = bytes[3] = std::byte{0};
  std::memcpy(bytes.data() + kHeaderBytes, builder.GetBufferPointer(), builder.GetSize());
  const uint32_t checksum = MessageChecksum(bytes);
  std::memcpy(bytes.data() + 4, &checksum, sizeof checksum);
  return message;
}

inline flatbuffers::Offset<flatbuffers::String> Text(Builder& builder, std::string_view text) {
  return builder.CreateString(text.data(), text.size());
}

inline Bytes Texts(Builder& builder, TextList list) {
  return builder.CreateVector(reinterpret_cast<const uint8_t*>(list.bytes().data()),
                              list.bytes().size());
}

// Each reading function fills its part of a message from a verified table and returns nullptr, or
// says what makes no sense. Strings and vectors that a table leaves out are empty ones.
using Problem = const char*;

inline std::string_view View(const flatbuffers::String* text) {
  return text == nullptr ? std::string_view() : std::string_view(text->c_str(), text->size());
}

// The items of a vector of structs or numbers, as ours. Empty if they are not aligned: the vector
// says where it lies, and the Verifier does not check it.
template <class Mine, class Vector>
bool Items(const Vector* vector, std::span<const Mine>* out) {
  *out = {};
  if (vector == nullptr || vector->size() == 0) return true;
  if (reinterpret_cast<uintptr_t>(vector->Data()) % alignof(Mine) != 0) return false;
  *out = {reinterpret_cast<const Mine*>(vector->Data()), vector->size()};
  return true;
}

inline Problem ReadTexts(const flatbuffers::Vector<uint8_t>* bytes, TextList* out) {
  *out = TextList();
  if (bytes == nullptr || bytes->size() == 0) return nullptr;
  if (bytes->size() > kMaxTextListBytes) return "a list of texts is too long";
  const std::string_view view(reinterpret_cast<const char*>(bytes->Data()), bytes->size());
  if (view.back() != '\0') return "a list of texts does not end with a NUL";
  *out = TextList(view);
  return nullptr;
}

inline Problem ReadName(const flatbuffers::String* text, std::string_view* out) {
  *out = View(text);
  return out->size() > kMaxNameBytes ? "a name is too long" : nullptr;
}

inline Problem ReadReason(const flatbuffers::String* text, std::string_view* out) {
  *out = View(text);
  return out->size() > kMaxReasonBytes ? "a reason is too long" : nullptr;
}

// Verifies and reads a body as `Table` into `*mine`, with a Read(table, mine) that is found by its
// arguments or passed as `read`.
template <class Table, class Mine, class Read>
DecodeError ReadBody(std::span<const std::byte> body, Identifier identifier,
                     flatbuffers::uoffset_t max_tables, Mine* mine, Read read,
                     const char** detail) {
  const auto* data = reinterpret_cast<const uint8_t*>(body.data());
  flatbuffers::Verifier verifier(data, body.size(), /*max_depth=*/4, max_tables);
  if (!verifier.VerifyBuffer<Table>(identifier.text)) {
    *detail = "not a well-formed message of its kind";
    return DecodeError::kMalformed;
  }
  if (Problem problem = read(*flatbuffers::GetRoot<Table>(data), mine)) {
    *detail = problem;
    return DecodeError::kNonsense;
  }
  return DecodeError::kNone;
}

}  // namespace fantail::wire::flat

#endif  // FANTAIL_WIRE_FLAT_H_
