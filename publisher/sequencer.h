// Numbers what a source gives: topic and venue ids, the sequence within the topic, the position in
// the feed. From here on a row is a record.
//
// Thread: one owner.  Ownership: keeps a pointer to the server that the records go to.
// Cost: two hash look-ups a row; records go on in runs of up to 1,024.
#ifndef FANTAIL_PUBLISHER_SEQUENCER_H_
#define FANTAIL_PUBLISHER_SEQUENCER_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "fantail/feed/feed_server.h"
#include "fantail/text/row.h"

namespace fantail::publisher {

class Sequencer {
 public:
  explicit Sequencer(feed::FeedServer* server) : server_(server) {}

  // nullptr, or why the row cannot be numbered (more topics or venues than an epoch has room for).
  const char* Add(const text::Row& row);
  // Hands what has been added to the server.
  void Flush();

  Position head() const { return head_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  struct Topic {
    TopicId id;
    Sequence last;
  };

  feed::FeedServer* const server_;
  Position head_;
  ByName<Topic> topics_;
  ByName<VenueId> venues_;
  std::vector<wire::Record> records_;
};

}  // namespace fantail::publisher

#endif  // FANTAIL_PUBLISHER_SEQUENCER_H_
