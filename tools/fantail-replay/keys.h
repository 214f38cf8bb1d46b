// What the keys of a terminal mean to a replay: bytes in, commands out.
//
// Thread: one owner.
#ifndef FANTAIL_TOOLS_FANTAIL_REPLAY_KEYS_H_
#define FANTAIL_TOOLS_FANTAIL_REPLAY_KEYS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fantail/base/time.h"

namespace fantail::replay {

struct Command {
  enum class Kind : uint8_t {
    kTogglePause,
    kStep,
    kFaster,
    kSlower,
    kSeekBy,     // by
    kSeekShare,  // share
    kHelp,
    kQuit,
  };
  Kind kind;
  Nanos by{0};
  double share = 0;

  friend bool operator==(const Command&, const Command&) = default;
};

class KeyReader {
 public:
  // Bytes may end within a sequence that goes on in the next call. What means nothing is skipped.
  std::vector<Command> Read(std::string_view bytes);

 private:
  std::string escape_;  // the beginning of an unfinished sequence
};

// For the person who asks with `?`.
extern const char* const kKeyHelp;

}  // namespace fantail::replay

#endif  // FANTAIL_TOOLS_FANTAIL_REPLAY_KEYS_H_
