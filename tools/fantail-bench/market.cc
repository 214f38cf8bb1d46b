#include "tools/fantail-bench/market.h"

#include <fmt/format.h>

#include <ctime>

#include "fantail/base/check.h"
#include "fantail/source/source_factory.h"

namespace fantail::bench {

Nanos CpuTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec);
}

void Market::TellNames(feed::FeedContent* to) const {
  for (uint32_t i = 0; i < topics_.size(); ++i) to->OnTopic({i}, topics_[i]);
  for (uint16_t i = 0; i < venues_.size(); ++i) {
    to->OnVenue({static_cast<uint16_t>(i + 1)}, venues_[i]);
  }
}

void Must(const absl::Status& status) {
  FANTAIL_CHECK(status.ok(), std::string(status.message()));
}

absl::Status Drain(const std::string& spec, source::Sequencer* sequencer) {
  auto source = source::OpenSource(spec);
  if (!source.ok()) return source.status();
  text::Row row;
  while (true) {
    switch ((*source)->Next(&row)) {
      case source::Source::Result::kRow:
        if (sequencer != nullptr) sequencer->Add(row);
        break;
      case source::Source::Result::kBadRow:
        break;
      case source::Source::Result::kEnd:
        if (sequencer != nullptr) sequencer->Flush();
        return absl::OkStatus();
      case source::Source::Result::kFailed:
      case source::Source::Result::kWait:
        return absl::DataLossError(std::string((*source)->problem()));
    }
  }
}

std::string SyntheticSpec(uint64_t count) {
  return fmt::format("synthetic:symbols=8000,seed=1,count={}", count);
}

}  // namespace fantail::bench
