// The output thread of a desk with a board: keys in, screens out, ten times a second.
//
// Thread: Run is the output thread; the rest of the desk reaches BoardShared through its mutex. The
// mutex is never held while the terminal is written to, so a blocked terminal stops nobody else.
// Ownership: everything it is given outlives it.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_BOARD_LOOP_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_BOARD_LOOP_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "desktop-subscriber/board_controls.h"
#include "desktop-subscriber/board_model.h"
#include "desktop-subscriber/board_view.h"
#include "desktop-subscriber/output_queue.h"
#include "desktop-subscriber/output_writer.h"

namespace fantail::desk {

struct BoardShared {
  explicit BoardShared(PreviousCloses closes) : model(std::move(closes)) {}

  std::mutex mutex;
  // Guarded by mutex:
  BoardModel model;
  BoardControls controls{&model};
  bool stop = false;
};

using Clock = std::function<Instant()>;

class BoardLoop {
 public:
  struct Options {
    std::string feed;
    // Whether standard error is the terminal as well: its lines then wait until the board is gone.
    bool hold_notices = true;
  };

  BoardLoop(Options options, Clock clock, BoardShared* shared, OutputQueue* queue, ByteSink* sink)
      : options_(std::move(options)),
        clock_(std::move(clock)),
        shared_(shared),
        queue_(queue),
        sink_(sink) {}

  // Until the person quits, `stop` is set, or the terminal has gone. Gives the terminal back.
  OutputOutcome Run(std::unique_ptr<BoardView> view);

 private:
  // False when it is time to go.
  bool Turn(BoardView* view, const std::vector<int>& keys);
  void TakeNotices();

  const Options options_;
  const Clock clock_;
  BoardShared* const shared_;
  OutputQueue* const queue_;
  ByteSink* const sink_;
  std::vector<std::string> held_;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_BOARD_LOOP_H_
