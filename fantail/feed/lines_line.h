// One of several lines: a FeedClient, and how far its records can be trusted to continue the
// owner's. For lines*.cc alone.
//
// Thread: one owner, the Lines.
#ifndef FANTAIL_FEED_LINES_LINE_H_
#define FANTAIL_FEED_LINES_LINE_H_

#include <optional>

#include "fantail/feed/lines.h"

namespace fantail::feed {

class Lines::Line final : private FeedEvents {
 public:
  // `owner` speaks to the client itself if it is not null.
  Line(Lines* lines, const ClientOptions& options, FeedEvents* owner)
      : client(options, owner != nullptr ? owner : this), lines_(lines) {}

  FeedClient client;
  bool joined = false;
  bool covers = true;     // all that the owner has been promised may be expected of it
  bool broken = true;     // since a gap or a new epoch, nothing has said that it is whole again
  Position lost_through;  // the end of its gaps: before that it is not whole again
  MonotonicTime out_at;   // since when it is not joined
  bool asked = false;     // for all of needed_
  std::optional<Position> ended;

 private:
  void OnNewEpoch(Epoch, bool paced) override { lines_->OnNewEpoch(this, paced); }
  void OnTopic(TopicId id, std::string_view name) override { lines_->OnTopic(this, id, name); }
  void OnVenue(VenueId id, std::string_view name) override {
    if (lines_->InEpoch(*this)) lines_->events_->OnVenue(id, name);
  }
  void OnImage(const TopicImage& image) override { lines_->OnImage(this, image, {}); }
  void OnUpdate(const ImageUpdate& update) override {
    lines_->OnImage(this, update.image, update.statuses);
  }
  void OnPayload(Position of, std::span<const std::byte> bytes) override {
    if (lines_->InEpoch(*this)) lines_->events_->OnPayload(of, bytes);
  }
  void OnRecords(std::span<const wire::Record> records) override {
    lines_->OnRecords(this, records);
  }
  void OnBackfill(std::span<const wire::Record> records) override {
    if (lines_->InEpoch(*this)) lines_->events_->OnBackfill(records);
  }
  void OnThrough(Position) override { lines_->OnThrough(this); }
  void OnGap(const GapNotice& gap) override { lines_->OnGap(this, gap); }
  void OnRefused(const std::vector<Pattern>& patterns, std::string_view reason) override {
    lines_->OnRefused(this, patterns, reason);
  }
  void OnHave(const HaveNotice&) override { lines_->OnHave(this); }
  void OnState(const FeedState&) override {}
  void OnEnd(Position at) override { lines_->OnEnd(this, at); }
  // Of the path that the owner is told of.
  void OnTrace(const Trace& trace) override {
    if (lines_->speaker_ == &client) lines_->events_->OnTrace(trace);
  }

  Lines* const lines_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_LINES_LINE_H_
