// fantail-tape verify: reads every byte, and says which are no good.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "fantail/app/exit_codes.h"
#include "fantail/app/options.h"
#include "fantail/app/progress.h"
#include "fantail/app/signals.h"
#include "fantail/net/clock.h"
#include "fantail/tape/tape_reader.h"
#include "tools/fantail-tape/commands.h"

namespace fantail::tape_tool {
namespace {

// What was found in one tape.
struct Found {
  uint64_t segments = 0;
  uint64_t records = 0;
  uint64_t bytes = 0;
  uint64_t gaps = 0;        // that the writer was told, and wrote down
  uint64_t damaged = 0;     // places
  uint64_t missing = 0;     // positions, of damage
  bool unknown = false;     // and more, nobody knows how many
  uint64_t unfinished = 0;  // active segments that end within a block
};

// Counts the gaps of a block.
class GapCounter final : public feed::FeedContent {
 public:
  uint64_t gaps() const { return gaps_; }

  void OnNewEpoch(Epoch, bool) override {}
  void OnTopic(TopicId, std::string_view) override {}
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage&) override {}
  void OnRecords(std::span<const wire::Record>) override {}
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice&) override { ++gaps_; }
  void OnEnd(Position) override {}

 private:
  uint64_t gaps_ = 0;
};

class Verifier {
 public:
  explicit Verifier(const app::CommandLine* line)
      : line_(line), progress_("verify", "records", app::Progress::Terminal()) {}

  // How many records there will be, as the indexes say.
  void Expect(const std::vector<std::string>& tapes) {
    for (const std::string& tape : tapes) {
      auto reader = tape::TapeReader::Open(tape);
      if (!reader.ok()) continue;
      const auto span = (*reader)->Measure();
      if (span.ok()) all_ += span->records;
    }
  }

  // The exit code for this tape.
  int Verify(const std::string& path) {
    found_ = {};
    std::vector<std::string> problems;
    const auto segments = tape::ListSegments(path, &problems);
    if (!segments.ok()) {
      progress_.Clear();
      return line_->Fail(segments.status());
    }
    for (const std::string& problem : problems) Damaged(problem);
    for (size_t i = 0; i < segments->size(); ++i) {
      VerifySegment((*segments)[i], i == 0 ? nullptr : &(*segments)[i - 1]);
    }
    progress_.Clear();
    std::printf("%s: %s\n", path.c_str(), Summary().c_str());
    std::fflush(stdout);
    return found_.damaged == 0 ? app::kExitDone : app::kExitDataNotAllGood;
  }

 private:
  void Print(const std::string& text) {
    progress_.Clear();
    std::printf("%s\n", text.c_str());
  }
  void Damaged(const std::string& text) {
    Print(text);
    ++found_.damaged;
  }

  void VerifySegment(const tape::SegmentInfo& info, const tape::SegmentInfo* before) {
    auto segment = tape::SegmentReader::Open(info.path);
    if (!segment.ok()) return Damaged(std::string(segment.status().message()));
    ++found_.segments;
    found_.bytes += (*segment)->size_bytes();
    const tape::Head& head = (*segment)->head();
    if (before != nullptr && before->head.epoch == head.epoch && head.after > through_) {
      found_.missing += head.after - through_;
      Damaged(fmt::format("{}: positions {} to {} are missing before it; a segment is not there",
                          info.path, through_.value + 1, head.after.value));
    }
    through_ = head.after;
    ReadAll(segment->get());
    CheckIndex(segment->get());
  }

  void ReadAll(tape::SegmentReader* segment) {
    GapCounter gaps;
    for (auto result = segment->Next(); result != tape::SegmentReader::Result::kEnd;
         result = segment->Next()) {
      if (result == tape::SegmentReader::Result::kDamage) {
        Tell(segment->damage(), segment->head().sealed);
        continue;
      }
      segment->content().Deliver(&gaps);
      found_.records += segment->content().records().size();
      through_ = std::max(through_, segment->header().through);
      const uint64_t done = done_ + found_.records;
      progress_.Update(net::ReadMonotonicClock(), done,
                       all_ == 0 ? -1 : static_cast<double>(done) / static_cast<double>(all_));
    }
    found_.gaps += gaps.gaps();
  }

  void Tell(const tape::Damage& damage, bool sealed) {
    if (damage.cut_off && !sealed) {
      // No damage: a writer commits whole blocks.
      ++found_.unfinished;
      return Print(fmt::format(
          "{}: at byte {}: the last {} bytes are no whole block: its writer was stopped there, or "
          "is at work",
          damage.path, damage.offset, damage.bytes));
    }
    Damaged(damage.Describe());
    if (!damage.through) {
      found_.unknown = true;
    } else if (*damage.through > damage.after) {
      found_.missing += *damage.through - damage.after;
      through_ = std::max(through_, *damage.through);
    }
  }

  // Of a sealed segment: an active one has none.
  void CheckIndex(tape::SegmentReader* segment) {
    if (!segment->head().sealed) return;
    const size_t blocks = segment->Index().size();
    if (!segment->index_rebuilt()) return;
    Print(fmt::format("{}: its index cannot be used and was rebuilt from {} blocks",
                      segment->path(), blocks));
  }

  std::string Summary() {
    done_ += found_.records;
    std::string text = fmt::format(
        "{} records, {} bytes, {} segment{}, {} recorded gap{}", found_.records, found_.bytes,
        found_.segments, found_.segments == 1 ? "" : "s", found_.gaps, found_.gaps == 1 ? "" : "s");
    if (found_.unfinished > 0) text += ", the last block is not finished";
    if (found_.damaged == 0) return "whole: " + text;
    return fmt::format("damaged in {} place{}, {} positions missing{}: {}", found_.damaged,
                       found_.damaged == 1 ? "" : "s", found_.missing,
                       found_.unknown ? " and an unknown number at the end" : "", text);
  }

  const app::CommandLine* const line_;
  app::Progress progress_;
  uint64_t all_ = 0;   // records, of all tapes
  uint64_t done_ = 0;  // of the tapes before this one
  Found found_;
  Position through_;
};

}  // namespace

int Verify(int argc, char** argv) {
  std::vector<std::string> tapes;
  app::CommandLine line("fantail-tape verify", "reads everything and tells what is damaged");
  line.Positionals("TAPE", &tapes, "tapes: files, or folders of segments", {.least = 1});
  line.Example("fantail-tape verify us.tape", "0: all whole; 2: something is damaged, a line each");
  line.Example("fantail-tape verify /var/lib/fantail/*", "several, one after another");
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  app::EndAtOnceOnSignals();
  Verifier verifier(&line);
  if (app::Progress::Terminal()) verifier.Expect(tapes);
  int worst = app::kExitDone;
  for (const std::string& tape : tapes) worst = std::max(worst, verifier.Verify(tape));
  return worst;
}

}  // namespace fantail::tape_tool
