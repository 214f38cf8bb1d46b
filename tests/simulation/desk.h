// A desk of a simulated world. It checks everything that it is given against the truth, as it
// comes:
//
//  * a record is what was published, at its position, the next of its topic; and what a part
//    carries has come before it;
//  * what does not come as a record was announced as a gap, before an image takes its place;
//  * when all is said to have come through a position, it has;
//  * nothing comes of a topic that the desk neither wants nor wanted until its node acknowledged;
//  * while it is live, all that the node above had kLinkBound ago is here, and the path above was
//    live kPathBound ago for each hop;
//  * it never goes back to an older epoch, and a move between nodes that are well does not show;
//  * no proof fails, no sequence and no message is missing.
//
// Thread: one owner, the World.
#ifndef FANTAIL_TESTS_SIMULATION_DESK_H_
#define FANTAIL_TESTS_SIMULATION_DESK_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/nodes.h"

namespace fantail::simulation {

class SimDesk final : public Node, public feed::FeedEvents {
 public:
  SimDesk(World* world, std::string name, std::string upstream_name, std::vector<Pattern> patterns,
          const SimPublisher* publisher, size_t lines = 1,
          std::optional<Nanos> newest = std::nullopt);

  feed::FeedClient* client() override { return &lines_->line(0); }
  bool IsLive() override { return lines_->state().state == feed::State::kLive; }
  feed::Lines* lines() { return lines_.get(); }
  const feed::Lines& client() const { return *lines_; }
  bool Turn(MonotonicTime now) override;
  // With the wishes that it had, and nothing else.
  void Start(MonotonicTime now) override;

  void Want(std::vector<Pattern> patterns);
  const std::vector<Pattern>& patterns() const { return patterns_; }
  // While blocked it acknowledges nothing.
  void Block(bool blocked) { lines_->HoldAcks(blocked); }
  // If it is live, it must show nothing else from now on.
  void StayLive() { stays_live_ = IsLive(); }
  // Whether its image equals the publisher's for all it wants.
  bool Converged() const { return HasNewestOf(feed::Interest(patterns_)); }
  bool HasNewestOf(const feed::Interest& interest) const;
  // Everything of `symbol`, from sequence 1 on, came as records: no image, no gap.
  bool SawAll(const std::string& symbol) const;

  // Since its start, in the current epoch.
  size_t records() const { return records_; }
  // Since the world's.
  size_t all_records() const { return all_records_; }
  // Of what it had acknowledged.
  size_t gaps() const { return gaps_; }
  bool ended() const { return ended_; }
  const std::vector<std::string>& refused() const { return refused_; }
  // Why it was told that it may not have that; empty if it was not, or has it since.
  std::string WhyNot(const Pattern& pattern) const {
    const auto it = refusals_.find(pattern);
    return it == refusals_.end() ? std::string() : it->second;
  }

 private:
  // A topic by the id of the node above.
  struct Seen {
    std::string name;
    uint32_t topic = Truth::kNone;  // its index in the truth
    uint64_t records = 0;
  };
  // A topic by its index in the truth.
  struct Mine {
    uint32_t sequence = 0;  // of the newest that is here
    feed::TopicImage image;
    bool complete = false;  // acknowledged
    bool allowed = false;   // wanted, or not yet acknowledged as unwanted
  };

  void OnNewEpoch(Epoch epoch, bool paced) override;
  void OnTopic(TopicId id, std::string_view name) override;
  void OnVenue(VenueId id, std::string_view name) override;
  void OnImage(const feed::TopicImage& image) override;
  void OnUpdate(const feed::ImageUpdate& update) override;
  void OnPayload(Position of, std::span<const std::byte> bytes) override;
  void OnRecords(std::span<const wire::Record> records) override;
  void OnThrough(Position through) override;
  void OnGap(const feed::GapNotice& gap) override;
  void OnHave(const feed::HaveNotice& have) override;
  void OnState(const feed::FeedState& state) override;
  void OnEnd(Position at) override;

  void TakeRecord(const wire::Record& record);
  bool HasVenue(VenueId id, std::string_view name) const;
  Seen* SeenOf(TopicId id);
  Mine* MineOf(Seen* seen);
  void Forget();
  // Brings mine_ up to the truth's topics and to the client's acknowledged interest.
  void Sync();
  void CheckThrough(Position through);
  void CheckState(MonotonicTime now);
  // Whether it need not get that record: it was announced as lost, or is merged as asked for.
  bool NeedNotCome(const TruthTopic& topic, uint32_t index) const;
  // Whether the record of that topic at that position was announced as lost.
  bool Announced(const std::string& name, Position position) const;
  bool ComesAs(const Mine& mine, const TruthTopic& topic, uint32_t sequence) const;
  void Violate(const std::string& what) { world_->Violate(name_ + ": " + what); }
  void Hash(uint64_t kind, uint64_t a, uint64_t b = 0);

  const SimPublisher* const publisher_;
  const size_t line_count_;
  const std::optional<Nanos> newest_;  // it asks for newest-only
  std::vector<Pattern> patterns_;
  std::vector<Pattern> not_yet_unwanted_;  // what it has wanted since all it wants was acknowledged
  std::unique_ptr<feed::Lines> lines_;
  MonotonicTime checked_at_;
  feed::State state_ = feed::State::kConnecting;

  const Truth* truth_ = nullptr;
  std::vector<Seen> seen_;           // by topic id
  std::vector<std::string> venues_;  // by venue id
  std::vector<Mine> mine_;           // by index in the truth
  feed::Interest complete_;          // as mine_ knows it
  feed::Interest promised_;          // of that, what an OnHave has said
  std::vector<feed::GapNotice> announced_;
  std::set<Position> payloads_;  // that have come
  Position through_;
  size_t records_ = 0;
  size_t all_records_ = 0;
  size_t gaps_ = 0;
  bool ended_ = false;
  bool stays_live_ = false;
  std::vector<std::string> refused_;
  std::map<Pattern, std::string> refusals_;  // why, of what has not been given since
};

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_DESK_H_
