#include "fantail/bus/layout.h"

#include <bit>
#include <cstddef>
#include <cstring>

#include "fantail/base/check.h"
#include "fantail/wire/limits.h"

namespace fantail::bus::layout {
namespace {

static_assert(std::endian::native == std::endian::little, "FlatBuffers are little-endian");

// Offsets are relative to where they stand, but those of the vtable to the table.
struct Head {
  uint8_t kind = 0;
  uint8_t version = wire::kProtocolVersion;
  uint16_t reserved = 0;
  uint32_t checksum = 0;
  uint32_t root = 28;
  char identifier[4];
  uint16_t vtable_bytes;
  uint16_t table_bytes;
};

// What comes before the text of the service. After it: its NUL, the key, the body.
struct RequestHead {
  Head head{.kind = static_cast<uint8_t>(Kind::kRequest),
            .identifier = {'F', 'B', '0', 'f'},
            .vtable_bytes = 20,
            .table_bytes = 40};
  uint16_t fields[8] = {4, 24, 12, 20, 28, 36, 37, 32};
  uint32_t vtable = 20;  // the table begins here
  uint64_t id = 0;
  uint64_t budget_ns = 0;
  uint32_t window_bytes = 0;
  uint32_t service = 16;
  uint32_t key = 0;
  uint32_t body = 0;
  uint8_t idempotent = 0;
  uint8_t hops = 0;
  uint16_t zero = 0;
  uint32_t service_bytes = 0;
};
static_assert(sizeof(RequestHead) == 80 && offsetof(RequestHead, vtable) == 36);

// What comes before the body.
struct AnswerHead {
  Head head{.kind = static_cast<uint8_t>(Kind::kAnswer),
            .identifier = {'F', 'B', '0', 'g'},
            .vtable_bytes = 14,
            .table_bytes = 28};
  uint16_t fields[5] = {4, 12, 16, 24, 20};
  uint16_t zeros[3] = {};
  uint32_t vtable = 20;  // the table begins here
  uint64_t id = 0;
  uint32_t attempt = 0;
  uint32_t part = 0;
  uint32_t body = 12;
  uint32_t last = 0;
  uint32_t zero = 0;
  uint32_t body_bytes = 0;
};
static_assert(sizeof(AnswerHead) == 72 && offsetof(AnswerHead, vtable) == 36);

// Where a request's texts are, by their lengths.
struct Places {
  Places(size_t service_bytes, size_t key_bytes)
      : key(AfterText(sizeof(RequestHead), service_bytes)), body(AfterText(key + 4, key_bytes)) {}
  static size_t AfterText(size_t at, size_t bytes) { return (at + bytes + 1 + 3) / 4 * 4; }
  size_t key;   // its length, and the text
  size_t body;  // its length, and the bytes
};

void PutLength(std::byte* at, size_t length) {
  const auto value = static_cast<uint32_t>(length);
  std::memcpy(at, &value, sizeof value);
}

size_t GetLength(const std::byte* at) {
  uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Up to and with the NUL, and what fills the rest.
void PutText(std::byte* at, std::string_view text) {
  std::memset(at + text.size() / 4 * 4, 0, 4);
  text.copy(reinterpret_cast<char*>(at), text.size());
}

void Seal(std::span<std::byte> bytes) {
  const uint32_t checksum = wire::MessageChecksum(bytes);
  std::memcpy(bytes.data() + offsetof(Head, checksum), &checksum, sizeof checksum);
}

RequestHead HeadOf(const Request& request) {
  const Places places(request.service.size(), request.key.size());
  RequestHead head;
  head.id = request.id;
  head.budget_ns = request.budget_ns;
  head.window_bytes = request.window_bytes;
  head.key = static_cast<uint32_t>(places.key - offsetof(RequestHead, key));
  head.body = static_cast<uint32_t>(places.body - offsetof(RequestHead, body));
  head.idempotent = request.idempotent ? 1 : 0;
  head.hops = request.hops;
  head.service_bytes = static_cast<uint32_t>(request.service.size());
  return head;
}

AnswerHead HeadOf(const Answer& answer) {
  AnswerHead head;
  head.id = answer.id;
  head.attempt = answer.attempt;
  head.part = answer.part;
  head.last = answer.last ? 1 : 0;
  head.body_bytes = static_cast<uint32_t>(answer.body.size());
  return head;
}

constexpr RequestHead kRequestModel;
constexpr AnswerHead kAnswerModel;

// Whether kind, version, identifier and vtable are those of the layout.
template <class H>
bool Begins(std::span<const std::byte> bytes, const H& model) {
  constexpr size_t kFrom = offsetof(Head, root);
  constexpr size_t kTo = offsetof(H, id);
  const auto* wanted = reinterpret_cast<const std::byte*>(&model);
  return std::memcmp(bytes.data(), wanted, offsetof(Head, checksum)) == 0 &&
         std::memcmp(bytes.data() + kFrom, wanted + kFrom, kTo - kFrom) == 0;
}

template <class T>
void Put(std::span<std::byte> bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <class H>
void WriteHead(H head, std::span<std::byte> bytes) {
  std::memcpy(bytes.data(), &head, sizeof head);
  Seal(bytes);
}

}  // namespace

wire::Message Encode(const Request& request) {
  const Places places(request.service.size(), request.key.size());
  wire::Message message = wire::Message::WithSize(places.body + 4 + request.body.size());
  const std::span<std::byte> bytes = message.Fill();
  FANTAIL_CHECK(bytes.size() <= wire::kMaxMessageBytes, bytes.size());
  PutText(bytes.data() + sizeof(RequestHead), request.service);
  PutLength(bytes.data() + places.key, request.key.size());
  PutText(bytes.data() + places.key + 4, request.key);
  PutLength(bytes.data() + places.body, request.body.size());
  if (!request.body.empty()) {
    std::memcpy(bytes.data() + places.body + 4, request.body.data(), request.body.size());
  }
  WriteHead(HeadOf(request), bytes);
  return message;
}

wire::Message Encode(const Answer& answer) {
  wire::Message message = wire::Message::WithSize(sizeof(AnswerHead) + answer.body.size());
  const std::span<std::byte> bytes = message.Fill();
  FANTAIL_CHECK(bytes.size() <= wire::kMaxMessageBytes, bytes.size());
  if (!answer.body.empty()) {
    std::memcpy(bytes.data() + sizeof(AnswerHead), answer.body.data(), answer.body.size());
  }
  WriteHead(HeadOf(answer), bytes);
  return message;
}

bool Read(std::span<const std::byte> bytes, Request* request) {
  RequestHead head;
  if (bytes.size() < sizeof head) return false;
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.service_bytes == 0 || head.service_bytes > kMaxServiceBytes) return false;
  const size_t key_at = Places(head.service_bytes, 0).key;
  if (bytes.size() < key_at + 4) return false;
  const size_t key_bytes = GetLength(bytes.data() + key_at);
  if (key_bytes > kMaxKeyBytes) return false;
  const Places places(head.service_bytes, key_bytes);
  if (bytes.size() < places.body + 4) return false;
  const size_t body_bytes = GetLength(bytes.data() + places.body);
  if (body_bytes > kMaxBodyBytes || bytes.size() != places.body + 4 + body_bytes) return false;
  const std::string_view text = TextOf(bytes);
  *request = {.id = head.id,
              .service = text.substr(sizeof head, head.service_bytes),
              .budget_ns = head.budget_ns,
              .window_bytes = head.window_bytes,
              .key = text.substr(key_at + 4, key_bytes),
              .idempotent = head.idempotent != 0,
              .hops = head.hops,
              .body = bytes.subspan(places.body + 4)};
  return text[sizeof head + head.service_bytes] == '\0' && text[key_at + 4 + key_bytes] == '\0' &&
         Begins(bytes, kRequestModel) && head.service == kRequestModel.service &&
         offsetof(RequestHead, key) + head.key == places.key &&
         offsetof(RequestHead, body) + head.body == places.body && head.idempotent <= 1 &&
         head.zero == 0;
}

bool Read(std::span<const std::byte> bytes, Answer* answer) {
  AnswerHead head;
  if (bytes.size() < sizeof head || bytes.size() - sizeof head > kMaxBodyBytes) return false;
  std::memcpy(&head, bytes.data(), sizeof head);
  *answer = {.id = head.id,
             .attempt = head.attempt,
             .part = head.part,
             .last = head.last != 0,
             .body = bytes.subspan(sizeof head)};
  return Begins(bytes, kAnswerModel) && head.body == kAnswerModel.body && head.last <= 1 &&
         head.zero == 0 && head.body_bytes == answer->body.size();
}

void Write(const Request& request, std::span<std::byte> bytes) {
  Put(bytes, offsetof(RequestHead, id), request.id);
  Put(bytes, offsetof(RequestHead, budget_ns), request.budget_ns);
  Put(bytes, offsetof(RequestHead, window_bytes), request.window_bytes);
  Put(bytes, offsetof(RequestHead, idempotent), uint8_t{request.idempotent});
  Put(bytes, offsetof(RequestHead, hops), request.hops);
  Seal(bytes);
}

void Write(const Answer& answer, std::span<std::byte> bytes) {
  Put(bytes, offsetof(AnswerHead, id), answer.id);
  Put(bytes, offsetof(AnswerHead, attempt), answer.attempt);
  Put(bytes, offsetof(AnswerHead, part), answer.part);
  Put(bytes, offsetof(AnswerHead, last), uint32_t{answer.last});
  Seal(bytes);
}

}  // namespace fantail::bus::layout
