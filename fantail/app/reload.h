// What a program reads again on SIGHUP: each part by itself, and one that is bad keeps what it was.
//
// Thread: one owner, the main loop.
#ifndef FANTAIL_APP_RELOAD_H_
#define FANTAIL_APP_RELOAD_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace fantail::app {

class Reload {
 public:
  // `read` takes all of the new or, with an error that says why, nothing of it. `what` is the
  // option that names it.
  using Read = std::function<absl::Status()>;
  void Add(std::string what, Read read) { parts_.push_back({std::move(what), std::move(read)}); }

  // Reads everything again, and logs what came of each part.
  void Run() const;

 private:
  struct Part {
    std::string what;
    Read read;
  };
  std::vector<Part> parts_;
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_RELOAD_H_
