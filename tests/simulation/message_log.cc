#include "tests/simulation/message_log.h"

#include "fantail/wire/decode.h"

namespace fantail::simulation {
namespace {

std::string Text(Position position) {
  return std::to_string(position.value);
}

std::string Text(const wire::TextList& texts) {
  std::string all;
  for (const std::string_view text : texts) all.append(all.empty() ? "" : " ").append(text);
  return all;
}

std::string Describe(const wire::Welcome& m) {
  return "welcome to epoch " + std::to_string(m.epoch.value >> 32);
}
std::string Describe(const wire::Refused& m) {
  return "refused: " + std::string(m.reason);
}
std::string Describe(const wire::Want& m) {
  std::string text = "want " + std::to_string(m.version);
  auto start = m.starts.begin();
  for (const std::string_view pattern : m.add) {
    text.append(" +").append(pattern);
    if (start->kind == wire::StartKind::kResume) text += " after " + Text(start->after);
    if (start->kind == wire::StartKind::kBackfill) {
      text += " back to (" + Text(start->after) + ", " + Text(start->through) + "]";
    }
    ++start;
  }
  for (const std::string_view pattern : m.remove) text.append(" -").append(pattern);
  return text;
}
std::string Describe(const wire::Have& m) {
  std::string text = "have " + std::to_string(m.version) + " at " + Text(m.at);
  if (!m.refused.empty()) text += ", not " + Text(m.refused) + ": " + std::string(m.reason);
  return m.more ? text + ", and more follows" : text;
}
std::string Describe(const wire::Gap& m) {
  return std::string(m.backfill ? "shortfall (" : "gap (") + Text(m.from) + ", " + Text(m.to) +
         "] of " + Text(m.patterns) + ", reason " + std::to_string(m.reason);
}
std::string Describe(const wire::Image& m) {
  std::string text = "image of " + std::to_string(m.heads.size()) + " topics at " + Text(m.at);
  for (size_t i = 0; i < std::min<size_t>(m.heads.size(), 8); ++i) {
    text += " " + std::to_string(m.heads[i].topic.value) + "#" +
            std::to_string(m.heads[i].sequence.value);
  }
  return text;
}
std::string Describe(const wire::Batch& m) {
  if (m.replay == wire::Replay::kLive) return "";
  return (m.replay == wire::Replay::kResumed ? "replay (" : "backfill (") + Text(m.after) + ", " +
         Text(m.through) + "] of " + std::to_string(m.ticks.size()) + " records";
}
std::string Describe(const wire::End& m) {
  return "end at " + Text(m.at);
}
std::string Describe(const wire::Goodbye& m) {
  return "goodbye: " + std::string(m.reason);
}
template <class Other>
std::string Describe(const Other&) {
  return "";
}

}  // namespace

std::string DescribeMessage(std::span<const std::byte> bytes) {
  if (static_cast<wire::Kind>(bytes[0]) == wire::Kind::kPacked) return "";
  wire::Decoder decoder;
  wire::AnyMessage message;
  if (decoder.Decode(bytes, &message) != wire::DecodeError::kNone) return "nonsense";
  return std::visit([](const auto& m) { return Describe(m); }, message);
}

}  // namespace fantail::simulation
