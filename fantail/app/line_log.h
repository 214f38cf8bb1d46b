// What becomes of each of several lines, for the log: while one stands the feed is live, and
// nothing else would tell that the other is down.
//
// Thread: one owner, the feed thread.
#ifndef FANTAIL_APP_LINE_LOG_H_
#define FANTAIL_APP_LINE_LOG_H_

#include <string>
#include <vector>

#include "fantail/feed/lines.h"

namespace fantail::app {

class LineLog {
 public:
  // Once a turn. Says nothing of a single line, and nothing of one that has only just begun.
  void Report(const feed::Lines& lines, MonotonicTime now);

 private:
  struct Said {
    feed::State state = feed::State::kConnecting;
    std::string cause;
  };
  std::vector<Said> said_;
  MonotonicTime begun_at_{};
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_LINE_LOG_H_
