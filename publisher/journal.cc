#include "publisher/journal.h"

#include <algorithm>
#include <utility>

#include "fantail/feed/server_sink.h"
#include "fantail/tape/tape_reader.h"

namespace fantail::publisher {

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(JournalOptions options,
                                                       feed::RecordSink* next) {
  auto tape = tape::TapeWriter::Open({.folder = options.folder,
                                      .head = {.feed = options.feed, .writer = "fantail-publisher"},
                                      .sync = options.sync,
                                      .keep_bytes = options.keep_bytes,
                                      .keep_age = options.keep_age});
  if (!tape.ok()) return tape.status();
  const std::string& held = (*tape)->last_head().feed;
  if ((*tape)->state().epoch().value != 0 && held != options.feed) {
    return absl::FailedPreconditionError(options.folder + ": the journal of feed \"" + held +
                                         "\", and this is \"" + options.feed +
                                         "\"; name another folder");
  }
  return std::unique_ptr<Journal>(new Journal(std::move(options), next, *std::move(tape)));
}

Journal::Journal(JournalOptions options, feed::RecordSink* next,
                 std::unique_ptr<tape::TapeWriter> tape)
    : options_(std::move(options)), next_(next), tape_(std::move(tape)), why_not_(WhyNot()) {
  if (continues()) archive_.emplace(options_.folder, epoch());
  const tape::Head& last = tape_->last_head();
  if (continues() && options_.repeatable && last.source == options_.source) {
    rows_to_skip_ = last.source_rows + (head() - last.after);
  }
  tape_->set_source(options_.source, rows_to_skip_);
}

std::string Journal::WhyNot() const {
  const tape::LastRun& last = tape_->last_run();
  if (epoch().value == 0) return "the journal is empty";
  if (options_.new_epoch) return "--new-epoch";
  if (last.incomplete) return "the last run published without its journal";
  if (!last.known) return "nothing says how the last run ended";
  const bool certain = last.closed || last.same_boot || last.sync == tape::SyncMode::kAlways;
  if (!certain) {
    return "the machine was restarted and the last run had not closed the journal: its newest "
           "records may be lost";
  }
  if (tape_->state().ended() && tape_->last_head().source != options_.source) {
    return "the feed had ended, and this is a new source";
  }
  return {};
}

absl::Status Journal::Restore(size_t ring_bytes, feed::FeedServer* server,
                              source::Sequencer* sequencer) {
  const tape::TapeState& end = tape_->state();
  auto reader = tape::TapeReader::Open(options_.folder);
  if (absl::IsNotFound(reader.status())) return absl::OkStatus();  // nothing was ever published
  if (!reader.ok()) return reader.status();
  const uint64_t ring_records = ring_bytes / sizeof(wire::Record);
  const Position from{head().value - std::min(head().value, ring_records)};
  tape::TapeState begin;
  if (absl::Status s = (*reader)->SeekPosition(epoch(), from + 1, &begin); !s.ok()) return s;

  // Whether the feed ends here again is for its source to say.
  class Endless : public feed::ServerSink {
   public:
    using ServerSink::ServerSink;
    void OnEnd(Position) override {}
  } sink(server);
  for (const auto& [name, id] : end.topics().by_name()) {
    server->AddTopic(id, name);
    sequencer->Resume(id, name, end.image().LastSequence(id));
    if (const feed::TopicImage* image = begin.image().Find(id)) server->AddImage(*image);
  }
  for (const auto& [id, name] : end.venues()) {
    server->AddVenue(id, name);
    sequencer->Resume(id, name);
  }
  sequencer->Resume(head());
  server->BeginAt(begin.through());
  while (true) {
    switch ((*reader)->Next(&sink)) {
      case tape::TapeReader::Result::kBlock:
        break;
      case tape::TapeReader::Result::kDamage:
        // What a writer leaves half done when it is killed was never published.
        if (!(*reader)->damage().cut_off) problems_.push_back((*reader)->damage().Describe());
        break;
      case tape::TapeReader::Result::kEnd:
        return absl::OkStatus();
      case tape::TapeReader::Result::kFailed:
        return absl::DataLossError((*reader)->problem());
    }
  }
}

void Journal::BeginEpoch(Epoch epoch, bool paced) {
  archive_.emplace(options_.folder, epoch);
  tape_->OnNewEpoch(epoch, paced);
  tape_->set_source(options_.source, 0);
}

void Journal::OnTopic(TopicId id, std::string_view name) {
  tape_->OnTopic(id, name);
  next_->OnTopic(id, name);
}

void Journal::OnVenue(VenueId id, std::string_view name) {
  tape_->OnVenue(id, name);
  next_->OnVenue(id, name);
}

void Journal::OnRecords(std::span<const wire::Record> records) {
  if (stopped_) return;
  if (writing_) {
    tape_->OnRecords(records);
    if (absl::Status s = tape_->Commit(now_); !s.ok()) Fail(s);
  }
  if (!stopped_) next_->OnRecords(records);
}

bool Journal::OnEnd(Position at) {
  if (stopped_) return false;
  if (!writing_ || tape_->state().ended() == at) return true;
  tape_->OnEnd(at);
  if (absl::Status s = tape_->Commit(now_); !s.ok()) Fail(s);
  return !stopped_;
}

void Journal::Fail(const absl::Status& status) {
  problems_.emplace_back(status.message());
  stopped_ = !options_.publish_anyway;
  if (stopped_) return;
  writing_ = false;
  // Without the note that the journal lacks what follows, the next run would publish these
  // positions again with other content.
  if (absl::Status s = tape_->Abandon(); !s.ok()) {
    problems_.emplace_back(s.message());
    stopped_ = true;
  }
}

std::vector<std::string> Journal::TakeProblems() {
  std::vector<std::string> all = std::exchange(problems_, {});
  for (std::string& problem : tape_->TakeProblems()) all.push_back(std::move(problem));
  return all;
}

}  // namespace fantail::publisher
