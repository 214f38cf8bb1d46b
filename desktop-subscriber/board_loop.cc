#include "desktop-subscriber/board_loop.h"

#include <poll.h>

#include <utility>

namespace fantail::desk {
namespace {

constexpr int kFrameMs = 100;    // ten screens a second: more cannot be read
constexpr size_t kMaxHeld = 50;  // of the notices, the newest

// Waits for one frame's time; false if the terminal has gone meanwhile.
bool WaitForFrame(int key_fd) {
  pollfd terminal{key_fd, 0, 0};  // no events: only its end wakes us
  return poll(&terminal, 1, kFrameMs) <= 0 || (terminal.revents & (POLLHUP | POLLNVAL)) == 0;
}

std::vector<int> ReadKeys(BoardView* view) {
  std::vector<int> keys;
  while (const std::optional<int> key = view->ReadKey()) keys.push_back(*key);
  return keys;
}

}  // namespace

bool BoardLoop::Turn(BoardView* view, const std::vector<int>& keys) {
  Screen screen;
  bool go_on = true;
  {
    const std::lock_guard lock(shared_->mutex);
    const Instant at = clock_();
    BoardModel& model = shared_->model;
    BoardControls& controls = shared_->controls;
    const BoardFrame frame{options_.feed, view->utf8(), view->width(), view->height()};
    const size_t page = PageRows(model, frame);
    for (const int key : keys) controls.HandleKey(key, page, at.now);
    model.Refresh(at.now);
    controls.Clamp(page);
    screen = RenderBoard(model, controls, frame, at);
    go_on = !shared_->stop && controls.quit() == BoardControls::Quit::kNo;
  }
  if (!keys.empty()) queue_->Wake();  // the feed thread asks what the keys have changed
  view->Draw(screen);
  return go_on;
}

void BoardLoop::TakeNotices() {
  Chunk chunk;
  while (queue_->TryPop(&chunk)) {
    if (!options_.hold_notices) {
      sink_->Write(chunk.stream, chunk.bytes);
      continue;
    }
    if (held_.size() == kMaxHeld) held_.erase(held_.begin());
    held_.push_back(chunk.bytes);
  }
}

OutputOutcome BoardLoop::Run(std::unique_ptr<BoardView> view) {
  bool terminal_there = true;
  std::vector<int> keys;
  while (Turn(view.get(), keys) && terminal_there) {
    TakeNotices();
    terminal_there = WaitForFrame(view->key_fd());
    keys = ReadKeys(view.get());
    view->FollowSize();
  }
  TakeNotices();
  view.reset();
  for (const std::string& notice : held_) sink_->Write(Stream::kErr, notice);
  return terminal_there ? OutputOutcome::kDone : OutputOutcome::kReaderGone;
}

}  // namespace fantail::desk
