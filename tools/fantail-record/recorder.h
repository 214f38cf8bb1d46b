// Writes what a session brings to a tape, in the order of positions, gaps included: between a
// FeedClient and a TapeWriter.
//
// What is resumed comes beside what is live, so records wait here until all before them has come.
// Nothing is written before the first have: whatever a tape holds is complete from there on.
//
// Thread: one owner.  Ownership: keeps a pointer to the writer, which outlives it.
// Limits: of records that wait, kMostHeld; beyond that they are written in the order they came in.
#ifndef FANTAIL_TOOLS_FANTAIL_RECORD_RECORDER_H_
#define FANTAIL_TOOLS_FANTAIL_RECORD_RECORDER_H_

#include <functional>
#include <vector>

#include "fantail/feed/feed_client.h"
#include "fantail/tape/tape_writer.h"

namespace fantail::record {

class Recorder : public feed::FeedEvents {
 public:
  // `say` is told what a person wants to know of: gaps and refusals.
  Recorder(tape::TapeWriter* tape, std::function<void(const std::string&)> say)
      : tape_(tape), say_(std::move(say)) {}

  // Lets the client go on where the tape ends. REQUIRES: before its first connection.
  void Continue(feed::FeedClient* client);

  uint64_t ticks() const { return ticks_; }
  uint64_t gaps() const { return gaps_; }
  bool ended() const { return ended_; }
  // Whether the feed carries objects, which no tape keeps.
  bool has_objects() const { return has_objects_; }

  void OnNewEpoch(Epoch epoch, bool paced) override;
  void OnTopic(TopicId id, std::string_view name) override { tape_->OnTopic(id, name); }
  void OnVenue(VenueId id, std::string_view name) override { tape_->OnVenue(id, name); }
  void OnImage(const feed::TopicImage& image) override;
  void OnPayload(Position, std::span<const std::byte>) override { has_objects_ = true; }
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position through) override;
  void OnGap(const feed::GapNotice& gap) override;
  void OnHave(const feed::HaveNotice& have) override;
  void OnState(const feed::FeedState& state) override { (void)state; }
  void OnEnd(Position at) override;

 private:
  // 64 MB: a resume that brings more was held back by a ring of that size somewhere above.
  static constexpr size_t kMostHeld = size_t{1} << 20;

  void Write(Position through);
  void WriteAll() { Write({UINT64_MAX}); }

  tape::TapeWriter* const tape_;
  const std::function<void(const std::string&)> say_;
  std::vector<wire::Record> held_;
  bool complete_ = false;  // the first have of this epoch has come
  bool ended_ = false;
  bool has_objects_ = false;
  uint64_t ticks_ = 0;
  uint64_t gaps_ = 0;
};

}  // namespace fantail::record

#endif  // FANTAIL_TOOLS_FANTAIL_RECORD_RECORDER_H_
