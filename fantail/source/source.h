// Where ticks come from: a file, a pipe, a generator.
//
// Thread: one owner.
#ifndef FANTAIL_SOURCE_SOURCE_H_
#define FANTAIL_SOURCE_SOURCE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "fantail/text/row.h"

namespace fantail::source {

class Source {
 public:
  enum class Result : uint8_t {
    kRow,     // *row is the next one, valid until the next call
    kBadRow,  // problem() says where and why; the next call goes on behind it
    kEnd,     // nothing more will come
    kFailed,  // the source broke off (a damaged file); problem() says where and why
    kWait,    // nothing yet (a pipe that is not at its end); ask again when ready_fd() is readable
  };

  virtual ~Source() = default;
  virtual Result Next(text::Row* row) = 0;
  // One line: where (file:line), the value, and why. Valid after kBadRow and kFailed.
  virtual std::string_view problem() const = 0;
  // How much of the source has been read, 0 to 1; negative if that is not known (a pipe).
  virtual double progress() const { return -1; }
  // Whether it gives parts of objects instead of ticks.
  virtual bool objects() const { return false; }
  // Whether all of it is there, for sessions that take their time: its feed is paced.
  virtual bool paced() const { return false; }
  // A descriptor to wait on after kWait; -1 if this source never waits.
  virtual int ready_fd() const { return -1; }
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_SOURCE_H_
