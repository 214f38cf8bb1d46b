#include "fantail/tape/content.h"

#include <algorithm>
#include <cstring>

#include "fantail/feed/image.h"
#include "fantail/tape/block.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"

namespace fantail::tape {
namespace {

enum class FrameKind : uint32_t { kMessage = 0, kPacked = 1 };
constexpr size_t kFrameHeaderBytes = 8;

void PutFrame(FrameKind kind, std::span<const std::byte> bytes, std::vector<std::byte>* out) {
  const uint32_t head[2] = {static_cast<uint32_t>(bytes.size()), static_cast<uint32_t>(kind)};
  const auto head_bytes = std::as_bytes(std::span(head));
  out->insert(out->end(), head_bytes.begin(), head_bytes.end());
  out->insert(out->end(), bytes.begin(), bytes.end());
  out->resize(PaddedBytes(out->size()));
}

void PutMessage(const wire::Message& message, std::vector<std::byte>* out) {
  PutFrame(FrameKind::kMessage, message.bytes(), out);
}

void PutImages(const std::vector<feed::TopicImage>& images, Position at,
               std::vector<std::byte>* out) {
  feed::ImageChunk chunk;
  for (const feed::TopicImage& image : images) {
    chunk.Add(image);
    if (chunk.full()) PutMessage(wire::Encode(chunk.Take(at)), out);
  }
  if (!chunk.empty()) PutMessage(wire::Encode(chunk.Take(at)), out);
}

// In as many messages as its patterns need.
void PutGap(const feed::GapNotice& gap, std::vector<std::byte>* out) {
  wire::TextListBuilder patterns;
  const auto put = [&] {
    PutMessage(wire::Encode(wire::Gap{.from = gap.from,
                                      .to = gap.to,
                                      .patterns = patterns.list(),
                                      .reason = static_cast<uint8_t>(gap.reason)}),
               out);
    patterns.Clear();
  };
  for (const Pattern& pattern : gap.patterns) {
    if (patterns.size_bytes() + pattern.text().size() >= wire::kMaxTextListBytes) put();
    patterns.Add(pattern.text());
  }
  put();
}

}  // namespace

void Content::AddImage(const feed::TopicImage& image) {
  const bool goes_on = !marks_.empty() && marks_.back().before == records_.size() &&
                       std::holds_alternative<Images>(marks_.back().what);
  if (!goes_on) marks_.push_back({records_.size(), Images()});
  std::get<Images>(marks_.back().what).push_back(image);
  ++images_;
}

void Content::Clear() {
  records_.clear();
  marks_.clear();
  images_ = 0;
  more_topics_.clear();
  more_venues_.clear();
  topics_.clear();
  venues_.clear();
  topic_ids_.clear();
}

// The names of everything here, and topic_ids_.
void Content::CollectNames(const TapeState& state) {
  topics_.clear();
  venues_.clear();
  topic_ids_.clear();
  seen_topics_.resize(std::max(seen_topics_.size(), state.topics().bound()));
  std::vector<VenueId> venues;
  const auto see = [&](TopicId id) {
    if (id.value >= seen_topics_.size()) seen_topics_.resize(id.value + 1);
    if (seen_topics_[id.value]) return;
    seen_topics_[id.value] = true;
    topic_ids_.push_back(id);
  };
  const auto see_venue = [&](VenueId id) {
    const auto place = std::lower_bound(venues.begin(), venues.end(), id);
    if (id.value != 0 && (place == venues.end() || *place != id)) venues.insert(place, id);
  };
  VenueId last_venue;
  for (const wire::Record& record : records_) {
    see(record.tick.topic);
    if (std::exchange(last_venue, record.tick.venue) != record.tick.venue) {
      see_venue(record.tick.venue);
    }
  }
  for (const Mark& mark : marks_) {
    const auto* images = std::get_if<Images>(&mark.what);
    if (images == nullptr) continue;
    for (const feed::TopicImage& image : *images) {
      see(image.topic);
      for (const wire::Tick* tick : {&image.trade, &image.quote, &image.status}) {
        see_venue(tick->venue);
      }
    }
  }
  for (TopicId id : more_topics_) see(id);
  for (VenueId id : more_venues_) see_venue(id);
  std::sort(topic_ids_.begin(), topic_ids_.end());
  for (TopicId id : topic_ids_) {
    seen_topics_[id.value] = false;
    if (state.topics().Has(id)) topics_.emplace_back(id, state.topics().Name(id));
  }
  for (VenueId id : venues) {
    const auto name = state.venues().find(id);
    if (name != state.venues().end()) venues_.emplace_back(id, name->second);
  }
}

void Content::EncodeNames(std::vector<std::byte>* out) const {
  std::vector<TopicId> topics;
  std::vector<VenueId> venues;
  wire::TextListBuilder topic_texts;
  wire::TextListBuilder venue_texts;
  const auto put = [&] {
    PutMessage(wire::Encode(wire::Names{.topics = topics,
                                        .topic_texts = topic_texts.list(),
                                        .venues = venues,
                                        .venue_texts = venue_texts.list()}),
               out);
    topics.clear();
    venues.clear();
    topic_texts.Clear();
    venue_texts.Clear();
  };
  // Ids and texts of both kinds stay within one message.
  constexpr size_t kMostTopics = 512;
  constexpr size_t kMostVenues = 128;
  for (const auto& [id, name] : topics_) {
    topics.push_back(id);
    topic_texts.Add(name);
    if (topics.size() == kMostTopics) put();
  }
  for (const auto& [id, name] : venues_) {
    venues.push_back(id);
    venue_texts.Add(name);
    if (venues.size() == kMostVenues) put();
  }
  if (!topics.empty() || !venues.empty()) put();
}

// Runs of rising positions, each as long as a batch may be.
void Content::EncodeRecords(size_t from, size_t to, Form form, std::vector<std::byte>* out) {
  const size_t most = form == Form::kPacked ? wire::kMaxPackedTicks : wire::kMaxBatchTicks;
  std::vector<std::byte> packed;
  while (from < to) {
    size_t end = from + 1;
    while (end < to && end - from < most && records_[end].position > records_[end - 1].position &&
           records_[end].position - records_[from].position <= UINT32_MAX) {
      ++end;
    }
    const std::span<const wire::Record> run(&records_[from], end - from);
    if (form == Form::kPacked) {
      packed.clear();
      packer_.Pack(run, &packed);
      PutFrame(FrameKind::kPacked, packed, out);
    } else {
      const Position before{run.front().position.value - 1};
      PutMessage(wire::EncodeBatch(before, run.back().position, run, wire::Replay::kLive), out);
    }
    from = end;
  }
}

void Content::Encode(const TapeState& state, Form form, std::vector<std::byte>* out) {
  out->clear();
  packer_.Reset();
  CollectNames(state);
  EncodeNames(out);
  size_t from = 0;
  for (const Mark& mark : marks_) {
    EncodeRecords(from, mark.before, form, out);
    from = mark.before;
    if (const auto* images = std::get_if<Images>(&mark.what)) {
      PutImages(*images, state.through(), out);
    } else if (const auto* gap = std::get_if<feed::GapNotice>(&mark.what)) {
      PutGap(*gap, out);
    } else {
      PutMessage(wire::Encode(wire::End{std::get<Position>(mark.what)}), out);
    }
  }
  EncodeRecords(from, records_.size(), form, out);
}

const char* Content::DecodeMessage(std::span<const std::byte> bytes) {
  wire::AnyMessage any;
  if (decoder_.Decode(bytes, &any) != wire::DecodeError::kNone) return decoder_.detail();
  if (const auto* names = std::get_if<wire::Names>(&any)) {
    auto topic = names->topics.begin();
    for (std::string_view text : names->topic_texts) topics_.emplace_back(*topic++, text);
    auto venue = names->venues.begin();
    for (std::string_view text : names->venue_texts) venues_.emplace_back(*venue++, text);
  } else if (const auto* batch = std::get_if<wire::Batch>(&any)) {
    for (size_t i = 0; i < batch->ticks.size(); ++i) {
      records_.push_back({batch->PositionAt(i), batch->ticks[i]});
    }
  } else if (const auto* image = std::get_if<wire::Image>(&any)) {
    feed::ForEachImage(*image, [this](const feed::TopicImage& one, std::span<const wire::Tick>) {
      AddImage(one);
    });
  } else if (const auto* gap = std::get_if<wire::Gap>(&any)) {
    feed::GapNotice notice{.from = gap->from,
                           .to = gap->to,
                           .patterns = {},
                           .reason = static_cast<feed::GapReason>(gap->reason)};
    for (std::string_view text : gap->patterns) notice.patterns.emplace_back(text);
    AddGap(notice);
  } else if (const auto* end = std::get_if<wire::End>(&any)) {
    AddEnd(end->at);
  } else {
    return "a message that does not belong on a tape";
  }
  return nullptr;
}

const char* Content::Decode(std::span<const std::byte> payload) {
  Clear();
  unpacker_.Reset();
  while (!payload.empty()) {
    uint32_t head[2];
    if (payload.size() < kFrameHeaderBytes) return "a frame without its head";
    std::memcpy(head, payload.data(), kFrameHeaderBytes);
    payload = payload.subspan(kFrameHeaderBytes);
    if (head[0] > payload.size() || PaddedBytes(head[0]) > payload.size()) {
      return "a frame that is longer than its block";
    }
    const std::span<const std::byte> bytes = payload.first(head[0]);
    payload = payload.subspan(PaddedBytes(head[0]));
    const char* problem = "an unknown kind of frame";
    if (head[1] == static_cast<uint32_t>(FrameKind::kMessage)) {
      problem = DecodeMessage(bytes);
    } else if (head[1] == static_cast<uint32_t>(FrameKind::kPacked)) {
      const size_t before = records_.size();
      problem = unpacker_.Unpack(bytes, &records_);
      // Positions count from 1, and rise within a frame.
      if (problem == nullptr && records_.size() > before &&
          records_[before].position == Position{}) {
        problem = "a record at position 0";
      }
    }
    if (problem != nullptr) return problem;
  }
  for (const auto& [id, name] : topics_) topic_ids_.push_back(id);
  std::sort(topic_ids_.begin(), topic_ids_.end());
  return EveryRecordHasAName() ? nullptr : "a record without a name";
}

// By a table of what has a name: with thousands of topics, searching took longer than unpacking.
bool Content::EveryRecordHasAName() {
  const size_t bound = topic_ids_.empty() ? 0 : topic_ids_.back().value + size_t{1};
  if (seen_topics_.size() < bound) seen_topics_.resize(bound);
  for (TopicId id : topic_ids_) seen_topics_[id.value] = true;
  const bool all = std::all_of(records_.begin(), records_.end(), [&](const wire::Record& record) {
    return record.tick.topic.value < bound && seen_topics_[record.tick.topic.value];
  });
  for (TopicId id : topic_ids_) seen_topics_[id.value] = false;
  return all;
}

void Content::DeliverNames(feed::FeedContent* to) const {
  for (const auto& [id, name] : topics_) to->OnTopic(id, name);
  for (const auto& [id, name] : venues_) to->OnVenue(id, name);
}

void Content::DeliverRange(feed::FeedContent* to, size_t from, size_t until,
                           bool marks_at_end) const {
  const auto records = [&](size_t end) {
    if (end > from) to->OnRecords(std::span(records_).subspan(from, end - from));
    from = std::max(from, end);
  };
  for (const Mark& mark : marks_) {
    if (mark.before < from) continue;
    if (mark.before > until || (mark.before == until && !marks_at_end)) break;
    records(mark.before);
    if (const auto* images = std::get_if<Images>(&mark.what)) {
      for (const feed::TopicImage& image : *images) to->OnImage(image);
    } else if (const auto* gap = std::get_if<feed::GapNotice>(&mark.what)) {
      to->OnGap(*gap);
    } else {
      to->OnEnd(std::get<Position>(mark.what));
    }
  }
  records(until);
}

void Content::Deliver(feed::FeedContent* to, size_t from) const {
  DeliverNames(to);
  DeliverRange(to, from, records_.size(), /*marks_at_end=*/true);
}

void Content::DeliverBefore(feed::FeedContent* to, size_t until) const {
  DeliverNames(to);
  DeliverRange(to, 0, until, /*marks_at_end=*/false);
}

}  // namespace fantail::tape
