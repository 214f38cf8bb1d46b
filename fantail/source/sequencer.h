// Numbers what a source gives: topic and venue ids, the sequence within the topic, the position in
// the feed. From here on a row is a record.
//
// Thread: one owner.  Ownership: keeps a pointer to where the records go, which outlives it.
// Cost: two hash look-ups a row; records go on in runs of up to 1,024.
#ifndef FANTAIL_SOURCE_SEQUENCER_H_
#define FANTAIL_SOURCE_SEQUENCER_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "fantail/feed/feed_events.h"
#include "fantail/text/row.h"

namespace fantail::source {

class Sequencer {
 public:
  explicit Sequencer(feed::RecordSink* sink) : sink_(sink) {}

  // Goes on with a numbering that was begun before: what it has given already.
  void Resume(TopicId id, std::string_view name, Sequence last);
  void Resume(VenueId id, std::string_view name) { venues_.emplace(name, id); }
  void Resume(Position head) { head_ = head; }

  // nullptr, or why the row cannot be numbered (more topics or venues than an epoch has room for).
  const char* Add(const text::Row& row);
  // Hands on what has been added.
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

  feed::RecordSink* const sink_;
  Position head_;
  ByName<Topic> topics_;
  ByName<VenueId> venues_;
  std::vector<wire::Record> records_;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_SEQUENCER_H_
