// A gateway without its sockets: Lines that face the nodes above, a FeedServer that faces the
// sessions below, and nothing between them but the short list of FeedEvents. What goes back up
// is the cover.
//
// Thread: one owner.  Ownership: keeps pointers to its links and its observer, which outlive it.
#ifndef FANTAIL_FEED_FORWARDER_H_
#define FANTAIL_FEED_FORWARDER_H_

#include <string>

#include "fantail/base/planted.h"
#include "fantail/feed/feed_server.h"
#include "fantail/feed/lines.h"

namespace fantail::feed {

class Forwarder final : private FeedEvents {
 public:
  // `lines` sessions upwards.
  Forwarder(const ClientOptions& upstream, size_t lines, ServerOptions downstream,
            wire::Links* links, ServerObserver* observer);

  Lines& upstream() { return upstream_; }
  FeedServer& server() { return server_; }
  const Lines& upstream() const { return upstream_; }
  const FeedServer& server() const { return server_; }

  // True if there is more to do right away.
  bool Turn(MonotonicTime now);

 private:
  void OnNewEpoch(Epoch epoch, bool paced) override {
    server_.set_replay(upstream_.replay());
    server_.BeginEpoch(epoch, paced, false);
  }
  void OnTopic(TopicId id, std::string_view name) override { server_.AddTopic(id, name); }
  void OnVenue(VenueId id, std::string_view name) override { server_.AddVenue(id, name); }
  void OnImage(const TopicImage& image) override { server_.AddImage(image); }
  void OnUpdate(const ImageUpdate& update) override {
    server_.AddImage(update.image, update.statuses);
  }
  void OnPayload(Position of, std::span<const std::byte> bytes) override {
    server_.AddPayload(of, bytes);
  }
  void OnRecords(std::span<const wire::Record> records) override { server_.AddRecords(records); }
  void OnBackfill(std::span<const wire::Record> records) override { server_.AddBackfill(records); }
  void OnThrough(Position through) override { server_.AdvanceHead(through); }
  void OnGap(const GapNotice& gap) override {
    if (!planted::On(planted::Bug::kForwarderHidesGap)) server_.AddGap(gap);
  }
  void OnRefused(const std::vector<Pattern>& patterns, std::string_view reason) override {
    server_.TakeAway(patterns, std::string(reason), upstream_.complete());
  }
  // Whoever waited for this interest joins at exactly this position, before anything newer comes
  // in: so the first record after it is a record to everybody below, and not part of an image to
  // some.
  void OnHave(const HaveNotice& have) override;
  void OnState(const FeedState& state) override { (void)state, state_changed_ = true; }
  void OnEnd(Position at) override { server_.End(at); }
  void OnTrace(const Trace& trace) override { server_.SetTrace(trace); }

  void PassCover();
  void PassNarrowing();
  void PassRights();

  MonotonicTime now_;        // of the newest turn
  uint64_t wants_sent_ = 0;  // upwards, as the server knows
  Lines upstream_;
  FeedServer server_;
  uint64_t sessions_ = 0;  // of all lines, that the server knows of
  std::string no_rights_;  // likewise
  bool state_changed_ = true;
  MonotonicTime told_;  // upstream_.proved_at() that the server knows of
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_FORWARDER_H_
