#include "tools/fantail-bench/checking_desk.h"

#include <algorithm>

#include "fantail/app/endpoint.h"
#include "fantail/app/node_identity.h"
#include "fantail/net/clock.h"

namespace fantail::bench {
namespace {

constexpr int kMessagesATurn = 256;

}  // namespace

CheckingDesk::CheckingDesk(std::string name, const std::string& endpoint, net::Context* context,
                           const KnownPublisher* truth, std::vector<Pattern> interest)
    : truth_(truth),
      shown_(truth->topics()),
      announced_(truth->topics()),
      seen_(truth->topics()),
      client_({.name = std::move(name),
               .node = app::RandomNodeId(),
               .encoding = wire::Encoding::kShared},
              this),
      connector_(context, &client_, {endpoint}, app::AllowMoves(false), app::KernelRandom()) {
  client_.SetInterest(std::move(interest), net::ReadMonotonicClock());
}

void CheckingDesk::Turn(MonotonicTime now, const net::Poller& poller) {
  connector_.Turn(now, kMessagesATurn, poller);
  client_.Turn(now);
}

void CheckingDesk::OnTopic(TopicId id, std::string_view name) {
  if (topics_.size() <= id.value) topics_.resize(size_t{id.value} + 1);
  topics_[id.value] = KnownPublisher::TopicOf(name);
}

void CheckingDesk::Check(size_t topic, const wire::Tick& tick) {
  if (tick.price != KnownPublisher::PriceOf(topic, tick.sequence)) ++wrong_;
}

void CheckingDesk::OnImage(const feed::TopicImage& image) {
  const size_t topic = topics_[image.topic.value];
  Check(topic, image.quote);
  const bool back = image.sequence < shown_[topic];
  if (back || (seen_[topic] && !announced_[topic])) ++wrong_;
  if (announced_[topic] && seen_[topic] && !back) lost_ += image.sequence - shown_[topic];
  shown_[topic] = image.sequence;
  newest_ = std::max(newest_, WallTime(Nanos(image.quote.time_ns)));
  announced_[topic] = false;
  seen_[topic] = true;
}

void CheckingDesk::OnRecords(std::span<const wire::Record> records) {
  newest_ = WallTime(Nanos(records.back().tick.time_ns));
  if (latency_ != nullptr) {
    const WallTime now = net::ReadWallClock();
    for (const wire::Record& record : records) {
      latency_->Record(std::max(now - WallTime(Nanos(record.tick.time_ns)), Nanos{0}));
    }
  }
  for (const wire::Record& record : records) {
    const size_t topic = topics_[record.tick.topic.value];
    Check(topic, record.tick);
    if (record.tick.sequence != shown_[topic] + 1) ++wrong_;
    shown_[topic] = record.tick.sequence;
    seen_[topic] = true;
  }
}

void CheckingDesk::OnGap(const feed::GapNotice& gap) {
  for (size_t topic = 0; topic < announced_.size(); ++topic) {
    const std::string name = KnownPublisher::NameOf(topic);
    for (const Pattern& pattern : gap.patterns) {
      if (pattern.Matches(name)) announced_[topic] = true;
    }
  }
}

}  // namespace fantail::bench
