// Hands what a sequencer numbers, or a tape holds, to a FeedServer that covers everything.
//
// Thread: one owner.  Ownership: keeps a pointer to the server, which outlives it.
#ifndef FANTAIL_FEED_SERVER_SINK_H_
#define FANTAIL_FEED_SERVER_SINK_H_

#include "fantail/feed/feed_events.h"
#include "fantail/feed/feed_server.h"

namespace fantail::feed {

class ServerSink : public FeedContent {
 public:
  explicit ServerSink(FeedServer* server) : server_(server) {}

  void OnNewEpoch(Epoch epoch, bool paced) override {
    server_->BeginEpoch(epoch, paced, /*covers_everything=*/true);
  }
  void OnTopic(TopicId id, std::string_view name) override { server_->AddTopic(id, name); }
  void OnVenue(VenueId id, std::string_view name) override { server_->AddVenue(id, name); }
  void OnImage(const TopicImage& image) override { server_->AddImage(image); }
  void OnPayload(Position of, std::span<const std::byte> bytes) override {
    server_->AddPayload(of, bytes);
  }
  void OnRecords(std::span<const wire::Record> records) override { server_->AddRecords(records); }
  void OnThrough(Position through) override { server_->AdvanceHead(through); }
  void OnGap(const GapNotice& gap) override { server_->AddGap(gap); }
  void OnEnd(Position at) override { server_->End(at); }

 private:
  FeedServer* const server_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_SERVER_SINK_H_
