#include "tools/fantail-replay/renumber.h"

#include <algorithm>
#include <utility>

namespace fantail::replay {

void Renumber::Begin(Epoch epoch, bool paced) {
  tapes_.assign(tapes_.size(), {});
  head_ = {};
  topics_.clear();
  by_name_.clear();
  venues_.clear();
  image_ = {};
  to_->OnNewEpoch(epoch, paced);
}

void Renumber::BeginWithout(size_t tape, Epoch epoch, bool paced) {
  if (single()) return Begin(epoch, paced);
  tapes_[tape] = {};
  head_ = {};
  std::vector<bool> kept(topics_.size());
  for (Tape& other : tapes_) {
    for (TapeTopic& topic : other.topics) {
      if (topic.known) kept[topic.out.value] = true;
      topic.gap = false;
    }
  }
  feed::ImageTable before = std::exchange(image_, {});
  to_->OnNewEpoch(epoch, paced);
  for (uint16_t i = 0; i < venues_.size(); ++i) {
    to_->OnVenue({static_cast<uint16_t>(i + 1)}, venues_[i]);
  }
  for (uint32_t i = 0; i < topics_.size(); ++i) {
    if (!kept[i]) {
      by_name_.erase(topics_[i].name);
      topics_[i] = {};
      continue;
    }
    to_->OnTopic({i}, topics_[i].name);
    const feed::TopicImage* image = before.Find({i});
    if (image == nullptr) continue;
    image_.Replace(*image);
    to_->OnImage(*image);
  }
}

Renumber::TapeTopic& Renumber::TopicOf(size_t tape, TopicId id) {
  std::vector<TapeTopic>& topics = tapes_[tape].topics;
  if (id.value >= topics.size()) topics.resize(id.value + 1);
  return topics[id.value];
}

Renumber::OutTopic& Renumber::Out(TopicId id) {
  if (id.value >= topics_.size()) topics_.resize(id.value + 1);
  return topics_[id.value];
}

void Renumber::Topic(size_t tape, TopicId id, std::string_view name) {
  TopicId out = id;
  if (!single()) {
    const TopicId next{static_cast<uint32_t>(topics_.size())};
    out = by_name_.emplace(std::string(name), next).first->second;
  }
  TopicOf(tape, id) = {.out = out, .known = true};
  Out(out).name = name;
  to_->OnTopic(out, name);
}

void Renumber::Venue(size_t tape, VenueId id, std::string_view name) {
  VenueId out = id;
  if (!single()) {
    const auto known = std::find(venues_.begin(), venues_.end(), name);
    out.value = static_cast<uint16_t>(known - venues_.begin() + 1);
    if (known == venues_.end()) venues_.emplace_back(name);
  }
  std::vector<VenueId>& venues = tapes_[tape].venues;
  if (id.value >= venues.size()) venues.resize(id.value + 1);
  venues[id.value] = out;
  to_->OnVenue(out, name);
}

VenueId Renumber::VenueOf(const Tape& tape, VenueId id) const {
  return id.value < tape.venues.size() ? tape.venues[id.value] : id;
}

wire::Tick Renumber::Translated(const Tape& tape, const wire::Tick& tick,
                                const TapeTopic& topic) const {
  wire::Tick out = tick;
  out.topic = topic.out;
  if (!single()) out.venue = VenueOf(tape, tick.venue);
  return out;
}

void Renumber::Image(size_t tape, const feed::TopicImage& image) {
  TapeTopic& topic = TopicOf(tape, image.topic);
  OutTopic& out = Out(topic.out);
  const Sequence before = std::exchange(topic.last, std::max(topic.last, image.sequence));
  const bool begins = before.value == 0;
  // Another tape has begun this topic, and its totals stand.
  if (begins && out.last.value != 0) return;
  const Tape& from = tapes_[tape];
  feed::TopicImage mine = image;
  mine.topic = topic.out;
  mine.totals.topic = topic.out;
  for (wire::Tick* tick : {&mine.trade, &mine.quote, &mine.status}) {
    if (feed::Present(*tick)) *tick = Translated(from, *tick, topic);
  }
  if (!begins) mine.sequence = out.last + (topic.last - before);
  out.last = mine.sequence;
  topic.gap = false;
  Flush();
  image_.Replace(mine);
  to_->OnImage(mine);
}

void Renumber::Records(size_t tape, std::span<const wire::Record> records) {
  for (const wire::Record& record : records) Add(&tapes_[tape], record);
  Flush();
}

void Renumber::Add(Tape* tape, const wire::Record& record) {
  tape->through = std::max(tape->through, record.position);
  TapeTopic& topic = tape->topics[record.tick.topic.value];
  const Sequence sequence = record.tick.sequence;
  if (sequence <= topic.last) return;  // it has come, or an image has
  OutTopic& out = topics_[topic.out.value];
  uint32_t step = sequence - topic.last;
  if (topic.last.value == 0) {
    // What the tape has not seen of it is no hole: nobody was told of the topic before.
    if (out.last.value == 0 && step > 1) TellStand(topic.out, {sequence.value - 1});
    step = 1;
  }
  if (step > 1 && !topic.gap) TellGap(step - 1, step - 1, {Pattern(out.name)});
  // A session waits for an image behind a gap.
  if (step > 1 || topic.gap) TellStand(topic.out, out.last + (step - 1));
  topic.gap = false;
  topic.last = sequence;
  waiting_.push_back({++head_, Translated(*tape, record.tick, topic)});
  wire::Tick& tick = waiting_.back().tick;
  tick.sequence = out.last = out.last + 1;
  image_.Apply(tick);
}

// The topic stands at `sequence`, with the newest values that are known.
void Renumber::TellStand(TopicId id, Sequence sequence) {
  Flush();
  feed::TopicImage image{.topic = id};
  if (const feed::TopicImage* known = image_.Find(id)) image = *known;
  image.sequence = sequence;
  image_.Replace(image);
  to_->OnImage(image);
  topics_[id.value].last = sequence;
}

void Renumber::Gap(size_t tape, const feed::GapNotice& gap) {
  Tape& from = tapes_[tape];
  const uint64_t span = gap.to.value - std::min(gap.from, gap.to).value;
  const Position since = std::max(gap.from, from.through);
  const uint64_t missing = gap.to > since ? gap.to - since : 0;
  from.through = std::max(from.through, gap.to);
  std::vector<Pattern> patterns = gap.patterns;
  if (!single()) patterns.clear();
  const auto is_gone = [&](const std::string& name) {
    return std::any_of(gap.patterns.begin(), gap.patterns.end(),
                       [&](const Pattern& pattern) { return pattern.Matches(name); });
  };
  for (TapeTopic& topic : from.topics) {
    if (!topic.known || !is_gone(topics_[topic.out.value].name)) continue;
    const OutTopic& out = topics_[topic.out.value];
    topic.gap = out.last.value != 0;
    // The other tapes' topics are whole.
    if (!single()) patterns.emplace_back(out.name);
  }
  TellGap(missing, span, std::move(patterns));
}

void Renumber::TellGap(uint64_t missing, uint64_t span, std::vector<Pattern> patterns) {
  Flush();
  ++gaps_;
  head_ = head_ + missing;
  const Position from{head_.value - std::min(span, head_.value)};
  if (!patterns.empty()) {
    to_->OnGap({.from = from,
                .to = head_,
                .patterns = std::move(patterns),
                .reason = feed::GapReason::kUpstream});
  }
  to_->OnThrough(head_);
}

void Renumber::Flush() {
  if (waiting_.empty()) return;
  to_->OnRecords(waiting_);
  to_->OnThrough(head_);
  waiting_.clear();
}

}  // namespace fantail::replay
