// Hands what a sequencer numbers to a FeedServer.
//
// Thread: one owner.  Ownership: keeps a pointer to the server, which outlives it.
#ifndef FANTAIL_FEED_SERVER_SINK_H_
#define FANTAIL_FEED_SERVER_SINK_H_

#include "fantail/feed/feed_events.h"
#include "fantail/feed/feed_server.h"

namespace fantail::feed {

class ServerSink : public RecordSink {
 public:
  explicit ServerSink(FeedServer* server) : server_(server) {}

  void OnTopic(TopicId id, std::string_view name) override { server_->AddTopic(id, name); }
  void OnVenue(VenueId id, std::string_view name) override { server_->AddVenue(id, name); }
  void OnRecords(std::span<const wire::Record> records) override { server_->AddRecords(records); }

 private:
  FeedServer* const server_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_SERVER_SINK_H_
