// Makes one feed of what several tapes give, in the order in which it is given: positions are
// consecutive from 1 in each epoch, a topic's sequences go on where they stood, and a hole stays a
// hole that is told.
//
// With one tape, ids and sequences are the tape's own. With several, topics of one name are one
// topic: it gets an id of its own, begins where the first tape that has it stands, and advances by
// what each tape advances.
//
// Thread: one owner.  Ownership: keeps a pointer to where it all goes.
// Cost: some 30 ns a record, most of it the image that is kept for what comes behind a gap.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_RENUMBER_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_RENUMBER_H_

#include <absl/container/flat_hash_map.h>

#include <span>
#include <string>
#include <vector>

#include "fantail/feed/feed_events.h"
#include "fantail/feed/image.h"

namespace fantail::replay {

class Renumber {
 public:
  Renumber(size_t tapes, feed::FeedContent* to) : to_(to), tapes_(tapes) {}

  // All is forgotten; nothing is known of any tape.
  void Begin(Epoch epoch, bool paced);
  // One tape's own epoch ends: a new one begins here with what the other tapes have.
  void BeginWithout(size_t tape, Epoch epoch, bool paced);

  // As a tape says it. REQUIRES: names come before their use.
  void Topic(size_t tape, TopicId id, std::string_view name);
  void Venue(size_t tape, VenueId id, std::string_view name);
  void Image(size_t tape, const feed::TopicImage& image);
  void Records(size_t tape, std::span<const wire::Record> records);
  // Takes as many positions as the tape is without.
  void Gap(size_t tape, const feed::GapNotice& gap);

  Position head() const { return head_; }
  // Of tapes, and holes that no tape had told.
  uint64_t gaps() const { return gaps_; }

 private:
  struct TapeTopic {
    TopicId out;
    Sequence last;  // of the tape; 0 before its first record or image
    bool known = false;
    bool gap = false;  // one was told, and neither an image nor a record of it has come since
  };
  struct Tape {
    std::vector<TapeTopic> topics;  // by the tape's id
    std::vector<VenueId> venues;    // likewise
    Position through;
  };
  struct OutTopic {
    std::string name;
    Sequence last;
  };

  bool single() const { return tapes_.size() == 1; }
  TapeTopic& TopicOf(size_t tape, TopicId id);
  OutTopic& Out(TopicId id);
  VenueId VenueOf(const Tape& tape, VenueId id) const;
  wire::Tick Translated(const Tape& tape, const wire::Tick& tick, const TapeTopic& topic) const;
  void Add(Tape* tape, const wire::Record& record);
  void TellStand(TopicId id, Sequence sequence);
  void TellGap(uint64_t missing, uint64_t span, std::vector<Pattern> patterns);
  void Flush();

  feed::FeedContent* const to_;
  std::vector<Tape> tapes_;
  Position head_;
  uint64_t gaps_ = 0;
  std::vector<OutTopic> topics_;                       // by id
  absl::flat_hash_map<std::string, TopicId> by_name_;  // several tapes only
  std::vector<std::string> venues_;                    // of id - 1; several tapes only
  feed::ImageTable image_;
  std::vector<wire::Record> waiting_;  // to be told as one run
};

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_RENUMBER_H_
