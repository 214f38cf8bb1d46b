#include "fantail/source/iex_source.h"

#include <absl/status/status.h>

#include <utility>

#include "fantail/source/file_spec.h"
#include "fantail/text/csv.h"

namespace fantail::source {
namespace {

// IEX-TP: version u8, reserved u8, protocol u16, channel u32, session u32, payload length u16,
// messages u16, stream offset i64, number of the first message i64, send time i64; then each
// message behind its length u16. Little-endian.
constexpr size_t kSegmentHeader = 40;
constexpr uint8_t kTransportVersion = 1;
constexpr uint16_t kTops16 = 0x8003;
constexpr uint16_t kDeep10 = 0x8004;

// Far more than a session has, and far from where 64 bits end.
constexpr int64_t kMostMessages = int64_t{1} << 62;

constexpr uint32_t kIexGroups = 0xe9d71500;  // 233.215.21.0/24
constexpr uint32_t kGroupMask = 0xffffff00;

std::string Hex(uint16_t number) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x0000";
  for (int i = 5; i > 1; --i, number = static_cast<uint16_t>(number >> 4)) {
    text[static_cast<size_t>(i)] = kDigits[number & 15];
  }
  return text;
}

absl::StatusOr<IexOptions> ParseOptions(const FileSpec& spec) {
  IexOptions options;
  if (!spec.Value("status").empty()) {
    const absl::StatusOr<bool> status = spec.YesOrNo("status", false);
    if (!status.ok()) return status.status();
    options.status = *status;
  }
  const std::string_view order = spec.Value("order");
  if (!order.empty() && order != "time" && order != "feed") {
    return absl::InvalidArgumentError("source \"iex\": order " + text::Printable(order) +
                                      " is neither time nor feed");
  }
  options.by_time = order != "feed";
  options.venue = spec.Value("venue");
  if (options.venue.size() > text::kMaxVenueBytes) {
    return absl::InvalidArgumentError("source \"iex\": venue is " +
                                      std::to_string(options.venue.size()) + " bytes long; " +
                                      std::to_string(text::kMaxVenueBytes) + " at most");
  }
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<IexSource>> IexSource::Open(std::string_view text) {
  static constexpr std::string_view kKeys[] = {"status", "order", "venue"};
  const absl::StatusOr<FileSpec> spec = ParseFileSpec("iex", text, kKeys);
  if (!spec.ok()) return spec.status();
  absl::StatusOr<IexOptions> options = ParseOptions(*spec);
  if (!options.ok()) return options.status();
  absl::StatusOr<std::unique_ptr<PcapReader>> reader = PcapReader::Open(spec->file);
  if (!reader.ok()) return reader.status();
  return std::make_unique<IexSource>(*std::move(options), *std::move(reader));
}

IexSource::IexSource(IexOptions options, std::unique_ptr<PcapReader> reader)
    : CaptureSource(options.by_time ? IexOptions::kReorderWindow : Nanos{0}, options.venue),
      options_(std::move(options)),
      reader_(std::move(reader)),
      messages_(&queue()) {}

void IexSource::Read() {
  Datagram datagram;
  switch (reader_->Next(&datagram)) {
    case PcapReader::Result::kDatagram:
      return TakeDatagram(datagram);
    case PcapReader::Result::kBad:
      return queue().AddProblem(reader_->problem());
    case PcapReader::Result::kEnd:
      if (protocol_) return End();
      return End(reader_->path() + ": no IEX TOPS 1.6 or DEEP 1.0 is in this capture");
    case PcapReader::Result::kFailed:
      return End(reader_->problem());
  }
}

void IexSource::TakeDatagram(const Datagram& datagram) {
  const ByteSpan bytes = datagram.payload;
  if (bytes.size() < kSegmentHeader || LittleEndian<uint8_t>(bytes, 0) != kTransportVersion) return;
  const Segment segment{.protocol = LittleEndian<uint16_t>(bytes, 2),
                        .channel = LittleEndian<uint32_t>(bytes, 4),
                        .session = LittleEndian<uint32_t>(bytes, 8),
                        .messages = LittleEndian<uint16_t>(bytes, 14),
                        .first = LittleEndian<int64_t>(bytes, 24),
                        .sent_ns = LittleEndian<int64_t>(bytes, 32)};
  if (!Accept(segment, datagram)) return;
  const size_t length = LittleEndian<uint16_t>(bytes, 12);
  if (length > bytes.size() - kSegmentHeader) {
    return Problem("the IEX-TP payload is said to have " + std::to_string(length) + " bytes; " +
                   std::to_string(bytes.size() - kSegmentHeader) + " are there");
  }
  if (segment.first < 1 || segment.first > kMostMessages) {
    return Problem("an IEX-TP segment that begins with message " + std::to_string(segment.first));
  }
  TakeMessages(segment, Advance(segment), bytes.subspan(kSegmentHeader, length));
}

bool IexSource::Accept(const Segment& segment, const Datagram& datagram) {
  const bool known = segment.protocol == kTops16 || segment.protocol == kDeep10;
  if (known && !protocol_) {
    protocol_ = segment.protocol;
    messages_.set_status(options_.status.value_or(segment.protocol == kDeep10));
    const bool of_iex = (datagram.to_address & kGroupMask) == kIexGroups;
    if (venue().empty()) set_venue(of_iex ? "IEX" : "IEXTEST");
  }
  if (known && segment.protocol == protocol_) return true;
  // Only what looks like a feed of IEX's is told: a capture may have other traffic.
  constexpr uint16_t kIexProtocols = 0x8000;
  if ((segment.protocol & 0xfff0) != kIexProtocols) return false;
  if (!refused_.insert(segment.protocol).second) return false;
  Problem(known ? "a second feed, protocol " + Hex(segment.protocol) +
                      ", is in this capture; only the first is read"
                : "protocol " + Hex(segment.protocol) + " is passed over; TOPS 1.6 is " +
                      Hex(kTops16) + " and DEEP 1.0 is " + Hex(kDeep10));
  return false;
}

int64_t IexSource::Advance(const Segment& segment) {
  const auto [found, is_new] =
      streams_.try_emplace(segment.channel, Stream{segment.session, /*next=*/1});
  Stream& stream = found->second;
  if (stream.session != segment.session) {  // another day
    stream = {segment.session, /*next=*/1};
    messages_.ForgetBooks(segment.sent_ns);
  }
  if (segment.first > stream.next) {
    const int64_t missing = segment.first - stream.next;
    Problem(std::to_string(missing) + (missing == 1 ? " message is" : " messages are") +
            " missing before this packet: " + std::to_string(stream.next) + " to " +
            std::to_string(segment.first - 1) + " of session " + std::to_string(segment.session));
    messages_.ForgetBooks(segment.sent_ns);
    stream.next = segment.first;
  }
  const int64_t known = stream.next - segment.first;
  if (segment.messages > known) stream.next += segment.messages - known;
  return known;
}

void IexSource::TakeMessages(const Segment& segment, int64_t known, ByteSpan payload) {
  size_t at = 0;
  for (uint16_t i = 0; i < segment.messages; ++i) {
    const auto problem = [&](const std::string& why) {
      Problem("message " + std::to_string(i + 1) + " of " + std::to_string(segment.messages) +
              ", at byte " + std::to_string(at) + " of the payload: " + why);
    };
    if (payload.size() - at < 2) return problem("the payload ends before it");
    const size_t length = LittleEndian<uint16_t>(payload, at);
    if (length > payload.size() - at - 2) {
      return problem("it has " + std::to_string(length) + " bytes, and the payload ends before");
    }
    if (i >= known) {
      if (const char* why = messages_.Take(payload.subspan(at + 2, length))) problem(why);
    }
    at += 2 + length;
  }
}

}  // namespace fantail::source
