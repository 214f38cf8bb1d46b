#include "fantail/feed/session.h"

#include <variant>

#include "fantail/base/check.h"
#include "fantail/feed/splice.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"

namespace fantail::feed {

Session::Session() = default;
Session::~Session() = default;

void WantChange::AddReason(std::string_view why) {
  if (reason.find(why) != std::string::npos) return;
  const size_t room = wire::kMaxReasonBytes - std::min(reason.size(), wire::kMaxReasonBytes);
  if (!reason.empty() && why.size() + 2 > room) return;
  reason.append(reason.empty() ? "" : "; ").append(why.substr(0, wire::kMaxReasonBytes));
}

std::vector<wire::Message> EncodeNames(std::span<const TopicId> topics, wire::TextList topic_texts,
                                       std::span<const VenueId> venues,
                                       wire::TextList venue_texts) {
  // Half of the bound: an id of 4 bytes stands beside each text of at least 2.
  constexpr size_t kMostBytes = wire::kMaxTextListBytes / 2;
  std::vector<wire::Message> messages;
  wire::TextListBuilder texts;
  if (!venues.empty()) {
    size_t first = 0;
    size_t count = 0;
    for (const std::string_view text : venue_texts) {
      texts.Add(text);
      ++count;
      if (texts.size_bytes() < kMostBytes && first + count < venues.size()) continue;
      messages.push_back(wire::Encode(
          wire::Names{.venues = venues.subspan(first, count), .venue_texts = texts.list()}));
      first += std::exchange(count, 0);
      texts.Clear();
    }
  }
  size_t first = 0;
  size_t count = 0;
  for (const std::string_view text : topic_texts) {
    texts.Add(text);
    ++count;
    if (texts.size_bytes() + 4 * count < kMostBytes && first + count < topics.size()) continue;
    messages.push_back(wire::Encode(
        wire::Names{.topics = topics.subspan(first, count), .topic_texts = texts.list()}));
    first += std::exchange(count, 0);
    texts.Clear();
  }
  return messages;
}

std::vector<wire::Message> EncodeGap(const GapNotice& gap) {
  std::vector<wire::Message> messages;
  wire::TextListBuilder texts;
  const auto flush = [&] {
    messages.push_back(wire::Encode(wire::Gap{.from = gap.from,
                                              .to = gap.to,
                                              .patterns = texts.list(),
                                              .reason = static_cast<uint8_t>(gap.reason),
                                              .backfill = gap.backfill}));
    texts.Clear();
  };
  for (const Pattern& pattern : gap.patterns) {
    texts.Add(pattern.text());
    if (texts.size_bytes() >= wire::kMaxTextListBytes / 2) flush();
  }
  if (!texts.empty()) flush();
  return messages;
}

GapNotice DecodeGap(const wire::Message& message) {
  wire::Decoder decoder;
  wire::AnyMessage any;
  FANTAIL_CHECK(decoder.Decode(message.bytes(), &any) == wire::DecodeError::kNone);
  const auto& gap = std::get<wire::Gap>(any);
  GapNotice notice{
      .from = gap.from, .to = gap.to, .patterns = {}, .reason = static_cast<GapReason>(gap.reason)};
  for (const std::string_view text : gap.patterns) notice.patterns.emplace_back(text);
  return notice;
}

namespace {

std::vector<wire::Message> EncodeParts(const HaveNotice& have, bool last) {
  std::vector<wire::Message> messages;
  wire::TextListBuilder refused;
  const auto flush = [&](bool more) {
    messages.push_back(wire::Encode(wire::Have{.version = have.version,
                                               .at = have.at,
                                               .refused = refused.list(),
                                               .reason = have.reason,
                                               .more = more}));
    refused.Clear();
  };
  for (const Pattern& pattern : have.refused) {
    refused.Add(pattern.text());
    if (refused.size_bytes() >= wire::kMaxTextListBytes / 2) flush(true);
  }
  if (last || !refused.empty()) flush(!last);
  return messages;
}

}  // namespace

std::vector<wire::Message> EncodeHave(const HaveNotice& have) {
  return EncodeParts(have, /*last=*/true);
}

std::vector<wire::Message> EncodeRefused(const HaveNotice& have) {
  return EncodeParts(have, /*last=*/false);
}

}  // namespace fantail::feed
