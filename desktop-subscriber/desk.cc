#include "desktop-subscriber/desk.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "desktop-subscriber/notices.h"
#include "fantail/base/check.h"

namespace fantail::desk {
namespace {

// Exit codes, as every program of the project has them.
constexpr int kExitDone = 0;
constexpr int kExitGaps = 2;
constexpr int kExitUnreachable = 69;
constexpr int kExitOutput = 74;
constexpr int kExitTimedOut = 75;
constexpr int kExitInterrupted = 130;

// A start that goes well is over sooner, and says nothing of connecting.
constexpr Nanos kQuietStart = std::chrono::seconds(1);
// Percentiles move slowly.
constexpr Nanos kShowTraceEvery = std::chrono::seconds(1);

// `line` without digits: `silent for 3.0 s` and `silent for 4.0 s` are the same news.
std::string WithoutDigits(std::string line) {
  std::erase_if(line, [](char c) { return c >= '0' && c <= '9'; });
  return line;
}

}  // namespace

Desk::Desk(DeskOptions options, DeskOwner* owner, ByteSink* sink)
    : options_(std::move(options)),
      owner_(owner),
      sink_(sink),
      queue_(options_.queue_bytes),
      printer_(is_board() ? nullptr : options_.rows.get(), &queue_),
      board_(options_.closes) {
  FANTAIL_CHECK(is_board() ? options_.clock != nullptr : options_.rows != nullptr);
  if (options_.output.empty()) return;
  objects_.emplace(options_.output, &queue_, [this](const std::string& line) { Say(line); });
}

Desk::~Desk() {
  if (!output_.joinable()) return;
  if (!done()) Stop(kExitDone, /*flush=*/false);
  output_.join();
}

// Does `change` to the board's model if there is a board.
template <class Change>
void Desk::ChangeBoard(Change change) {
  if (!is_board()) return;
  const std::lock_guard lock(board_.mutex);
  change(&board_.model);
}

absl::Status Desk::Start(Instant at, const std::vector<Pattern>& interest) {
  at_ = at;
  started_at_ = at.now;
  if (options_.run_for) deadline_ = at.now + *options_.run_for;
  SetInterest(interest);
  std::unique_ptr<BoardView> view;
  if (is_board()) {
    absl::StatusOr<std::unique_ptr<BoardView>> opened = BoardView::Open();
    if (!opened.ok()) return opened.status();
    view = *std::move(opened);
    ChangeBoard([&](BoardModel* model) { model->SetState({}, at); });
  } else {
    if (!objects_) printer_.PrintHeader();
    printer_.Flush();
  }
  output_ = std::thread([this, v = std::move(view)]() mutable { RunOutput(std::move(v)); });
  if (options_.count == 0) Finish();
  return absl::OkStatus();
}

void Desk::RunOutput(std::unique_ptr<BoardView> view) {
  if (view != nullptr) {
    const BoardLoop::Options options{options_.feed, isatty(STDERR_FILENO) != 0};
    outcome_ = BoardLoop(options, options_.clock, &board_, &queue_, sink_).Run(std::move(view));
  } else {
    outcome_ = OutputWriter(&queue_, sink_, options_.program).Run();
  }
  {
    const std::lock_guard lock(done_mutex_);
    output_done_.store(true, std::memory_order_release);
  }
  done_changed_.notify_all();
  queue_.Wake();
}

void Desk::SetInterest(const std::vector<Pattern>& patterns) {
  ChangeBoard([&](BoardModel* model) { model->SetInterest(patterns); });
}

void Desk::SetAge(Nanos age) {
  ChangeBoard([&](BoardModel* model) { model->SetAge(age, at_.now); });
}

void Desk::SetReplay(bool replay) {
  if (replay && !finishing_) Say("this is a replay: recorded ticks, not the market");
  ChangeBoard([&](BoardModel* model) { model->SetReplay(replay); });
}

void Desk::EndTurn() {
  if (!finishing_) Say(gap_lines_.Take(at_.now, /*all=*/false));
  printer_.Flush();
  if (finishing_) return;
  const bool over = deadline_ && at_.now >= *deadline_;
  if (over || at_.now - started_at_ >= kQuietStart) Say(std::exchange(held_, ""));
  if (!over) return;
  if (options_.count || options_.until_end) stop_code_ = kExitTimedOut;
  const bool served = state_ != feed::State::kConnecting && state_ != feed::State::kRefused;
  if (!served) stop_code_ = kExitUnreachable;
  Finish();
}

void Desk::OnWake() {
  queue_.AckWake();
  if (!is_board()) return;
  InterestChange change;
  {
    const std::lock_guard lock(board_.mutex);
    change = board_.controls.TakeChange();
    if (board_.controls.quit() == BoardControls::Quit::kInterrupted) stop_code_ = kExitInterrupted;
    if (board_.controls.quit() != BoardControls::Quit::kNo) finishing_ = true;
  }
  if (!change.empty() && !finishing_) owner_->OnInterestChange(change);
}

void Desk::Finish() {
  Say(gap_lines_.Take(at_.now, /*all=*/true));
  if (options_.trace && !finishing_) {
    for (const std::string& line : trace_.Lines(path_)) Say(line);
  }
  finishing_ = true;
  deadline_.reset();
  printer_.Flush();
  queue_.Close();
  StopBoard();
}

void Desk::StopBoard() {
  const std::lock_guard lock(board_.mutex);
  board_.stop = true;
}

void Desk::Stop(int exit_code, bool flush) {
  stop_code_ = exit_code;
  Finish();
  if (flush) return;
  queue_.Abandon();
  sink_->RequestStop();
}

bool Desk::WaitUntilDone(std::chrono::milliseconds patience) {
  std::unique_lock lock(done_mutex_);
  return done_changed_.wait_for(lock, patience, [this] { return done(); });
}

void Desk::LeaveNow(int exit_code) {
  BoardView::RestoreModes();
  _exit(exit_code);
}

int Desk::exit_code() const {
  FANTAIL_CHECK(done());
  if (outcome_ == OutputOutcome::kFailed) return kExitOutput;
  if (outcome_ == OutputOutcome::kReaderGone) return kExitDone;
  if (stop_code_) return *stop_code_;
  return totals_.gaps() > 0 ? kExitGaps : kExitDone;
}

void Desk::Say(const std::string& line) {
  if (!line.empty()) printer_.PrintNotice(options_.program + ": " + line + "\n");
}

void Desk::OnNewEpoch(Epoch epoch, bool paced) {
  printer_.NewEpoch(at_.wall, epoch, paced);
  if (objects_) objects_->NewEpoch(epoch);
  totals_.NewEpoch();
  ChangeBoard([](BoardModel* model) { model->NewEpoch(); });
}

void Desk::OnTopic(TopicId id, std::string_view name) {
  if (objects_) objects_->Topic(id, name);
  totals_.Topic(id, name);
  printer_.Topic(id, name);
  ChangeBoard([&](BoardModel* model) { model->Topic(id, name); });
}

void Desk::OnVenue(VenueId id, std::string_view name) {
  if (objects_) objects_->Venue(id, name);
  printer_.Venue(id, name);
}

void Desk::OnImage(const feed::TopicImage& image) {
  if (finishing_) return;
  totals_.Image(image);
  if (options_.with_images || options_.newest_only) printer_.PrintImage(image);
  ChangeBoard([&](BoardModel* model) { model->Image(image, at_); });
}

void Desk::OnUpdate(const feed::ImageUpdate& update) {
  if (finishing_) return;
  totals_.Image(update.image);
  if (options_.with_images || update.asked) {
    printer_.PrintUpdate(update);
  } else if (!update.statuses.empty()) {
    // A trading halt is told, whatever else is merged.
    const feed::TopicImage nothing;
    printer_.PrintUpdate({.image = nothing, .after = update.after, .statuses = update.statuses});
  }
  ChangeBoard([&](BoardModel* model) { model->Image(update.image, at_); });
}

void Desk::OnPayload(Position of, std::span<const std::byte> bytes) {
  if (finishing_) return;
  if (objects_) return objects_->Payload(of, bytes);
  if (!std::exchange(told_of_objects_, true)) {
    Say("this feed carries objects, not ticks: --output FOLDER keeps them");
  }
}

void Desk::OnRecords(std::span<const wire::Record> records) {
  if (finishing_) return;
  if (options_.count) {
    records = records.first(std::min<size_t>(records.size(), *options_.count - totals_.ticks()));
  }
  totals_.Records(records, state_ == feed::State::kLive, at_.wall);
  if (objects_) {
    objects_->Take(records);
    if (!objects_->problem().empty()) {
      Say(objects_->problem());
      stop_code_ = kExitOutput;
      return Finish();
    }
  } else {
    printer_.Print(records);
  }
  ChangeBoard([&](BoardModel* model) { model->Apply(records, at_); });
  if (options_.count && totals_.ticks() == *options_.count) Finish();
}

void Desk::OnGap(const feed::GapNotice& gap) {
  if (finishing_) return;
  totals_.Gap(gap);
  printer_.PrintGap(at_.wall, gap);
  Say(gap_lines_.Take(at_.now, /*all=*/false, gap.reason));
  Say(gap_lines_.Add(gap, at_.now));
  ChangeBoard([&](BoardModel* model) { model->Gap(gap); });
}

void Desk::OnHave(const feed::HaveNotice& have) {
  if (!finishing_) Say(HaveLine(have));
}

void Desk::OnState(const feed::FeedState& state) {
  if (finishing_) return;
  // What the path does behind the end is no news.
  if (!state.hops.empty()) path_ = state.hops;
  const bool still_ended = state_ == feed::State::kEnded && state.state == feed::State::kEnded;
  state_ = state.state;
  ChangeBoard([&](BoardModel* model) { model->SetState(state, at_); });
  if (still_ended) return;
  std::string line = StateLine(state);
  std::string news = WithoutDigits(line) + "\n" + state.hop;
  for (const feed::Hop& hop : state.hops) news += "\n" + hop.name;
  if (news == said_) return;
  said_ = std::move(news);
  printer_.PrintState(at_.wall, state);
  Say(gap_lines_.Take(at_.now, /*all=*/true));
  held_.clear();
  if (state_ == feed::State::kConnecting && at_.now - started_at_ < kQuietStart) {
    held_ = std::move(line);
  } else {
    Say(line);
  }
}

void Desk::OnEnd(Position at) {
  if (!finishing_) printer_.PrintEnd(at_.wall, at);
  if (options_.until_end && !finishing_) Finish();
}

void Desk::OnTrace(const feed::Trace& trace) {
  if (finishing_) return;
  trace_.Add(trace);
  if (at_.now - trace_shown_at_ < kShowTraceEvery) return;
  trace_shown_at_ = at_.now;
  ChangeBoard([this](BoardModel* model) { model->SetTrace(TraceLine()); });
}

}  // namespace fantail::desk
