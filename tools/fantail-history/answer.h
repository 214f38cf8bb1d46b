// The answer to one question from tapes, part by part.
//
// By positions: from whichever tape has them; what none has is said to be lost, and the answer ends
// where the tapes do. By places: one tape after the other.
//
// Thread: one owner.  Ownership: keeps a pointer to the library.
// Cost: a step reads one block: up to some milliseconds.
#ifndef FANTAIL_TOOLS_FANTAIL_HISTORY_ANSWER_H_
#define FANTAIL_TOOLS_FANTAIL_HISTORY_ANSWER_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fantail/feed/interest.h"
#include "fantail/history/messages.h"
#include "fantail/tape/range.h"
#include "tools/fantail-history/library.h"

namespace fantail::history {

class Answer {
 public:
  Answer(Library* library, Question question);
  ~Answer();
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  enum class Step : uint8_t {
    kNothing,  // yet: go on
    kPart,     // *part is the next one
    kEnd,      // *part is the last one; it may be empty
    kFailed,   // problem() says why
  };
  Step Next(std::string* part);
  const std::string& problem() const { return problem_; }

 private:
  // What one call of a tape reader gives, in order.
  class Piece : public feed::FeedContent {
   public:
    struct NewEpoch {
      Epoch epoch;
      bool paced;
    };
    using Item = std::variant<NewEpoch, feed::GapNotice, std::vector<wire::Record>, Position>;

    explicit Piece(const feed::Interest* wanted) : wanted_(wanted) {}
    void OnNewEpoch(Epoch epoch, bool paced) override;
    void OnTopic(TopicId id, std::string_view name) override;
    void OnVenue(VenueId id, std::string_view name) override { venues[id] = name; }
    void OnImage(const feed::TopicImage&) override {}
    void OnRecords(std::span<const wire::Record> records) override;
    void OnThrough(Position through) override { items.emplace_back(through); }
    void OnGap(const feed::GapNotice& gap) override { items.emplace_back(gap); }
    void OnEnd(Position) override {}

    struct Topic {
      std::string name;
      bool wanted = false;
    };
    std::vector<Topic> topics;  // by id
    std::map<VenueId, std::string> venues;
    std::vector<Item> items;

   private:
    const feed::Interest* const wanted_;
  };

  bool by_position() const { return question_.epoch.value != 0; }
  absl::Status Begin();
  // False if there is nothing more, or only a gap that is now lost_.
  bool FindPosition(std::optional<size_t> but);
  bool EnterTape(size_t tape);
  void Leave();
  void Enter(size_t tape, std::unique_ptr<tape::TapeReader> reader, Epoch epoch);
  // Reads on. False at the end.
  bool Read();
  // True once the part is full.
  bool Write();
  bool WriteItem(Piece::Item* item);
  bool WriteRecords(const std::vector<wire::Record>& records);
  bool WriteGap(const feed::GapNotice& gap);
  bool Past(Position position) const {
    return question_.through.value != 0 && position >= question_.through;
  }

  Library* const library_;
  const Question question_;
  const feed::Interest wanted_;
  tape::Range range_;  // by places
  bool begun_ = false;
  bool over_ = false;
  std::string problem_;

  std::unique_ptr<tape::TapeReader> reader_;
  size_t tape_ = 0;
  size_t next_tape_ = 0;          // by places
  tape::RangeEnd end_;            // likewise
  Position at_;                   // everything up to here has been given to the writer
  Epoch epoch_;                   // of what comes
  std::optional<Position> left_;  // where a tape was left for another
  std::optional<feed::GapNotice> lost_;
  Piece piece_;
  size_t next_item_ = 0;
  size_t next_record_ = 0;
  PartWriter writer_;
};

}  // namespace fantail::history

#endif  // FANTAIL_TOOLS_FANTAIL_HISTORY_ANSWER_H_
