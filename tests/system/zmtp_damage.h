// Damages chosen parts of chosen ZMTP frames as they pass a fault relay: a bit of a frame's flags,
// of its length, or of its body, which random flips in megabytes of ticks would hardly ever hit.
//
// Thread: the relay's calls Damage; the test may call the rest meanwhile.
#ifndef FANTAIL_TESTS_SYSTEM_ZMTP_DAMAGE_H_
#define FANTAIL_TESTS_SYSTEM_ZMTP_DAMAGE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "tools/fantail-fault-relay/fault_relay.h"

namespace fantail::testing {

enum class FramePart : uint8_t { kFlags, kLength, kBody };

class ZmtpDamage {
 public:
  struct Plan {
    fault::Way way = fault::Way::kDown;
    FramePart part = FramePart::kBody;
    size_t byte = 0;  // of the part, from its end
    int bit = 0;
  };

  // Of the next message that has such a byte. One plan at a time.
  void Set(const Plan& plan) {
    const std::lock_guard lock(mutex_);
    plan_ = plan;
    armed_ = true;
  }
  bool done() const { return !armed_; }

  void Damage(uint64_t connection, fault::Way way, std::span<char> bytes) {
    const std::lock_guard lock(mutex_);
    Stream& stream = streams_[{connection, static_cast<int>(way)}];
    for (char& byte : bytes) Step(&stream, way, &byte);
  }

 private:
  // Where in its frame a stream stands.
  struct Stream {
    size_t greeting = 64;
    uint8_t flags = 0;
    size_t length_left = 0;  // bytes of the length that are still to come
    uint64_t length = 0;
    uint64_t body_left = 0;
    bool in_frame = false;
  };

  void Step(Stream* s, fault::Way way, char* byte) {
    const auto value = static_cast<uint8_t>(*byte);
    if (s->greeting > 0) {
      --s->greeting;
    } else if (!s->in_frame) {
      *s = {.greeting = 0, .flags = value, .in_frame = true};
      s->length_left = (value & kLong) != 0 ? 8 : 1;
      Flip(*s, way, FramePart::kFlags, 0, byte);
    } else if (s->length_left > 0) {
      s->length = s->length << 8 | value;
      --s->length_left;
      Flip(*s, way, FramePart::kLength, s->length_left, byte);
      if (s->length_left == 0) s->body_left = s->length;
      s->in_frame = s->length_left > 0 || s->body_left > 0;
    } else {
      --s->body_left;
      Flip(*s, way, FramePart::kBody, s->body_left, byte);
      s->in_frame = s->body_left > 0;
    }
  }
  void Flip(const Stream& s, fault::Way way, FramePart part, size_t from_end, char* byte) {
    const bool message = (s.flags & kCommand) == 0;
    if (!armed_ || !message || way != plan_.way || part != plan_.part || from_end != plan_.byte) {
      return;
    }
    *byte = static_cast<char>(*byte ^ (1 << plan_.bit));
    armed_ = false;
  }

  static constexpr uint8_t kLong = 2;
  static constexpr uint8_t kCommand = 4;

  std::mutex mutex_;
  Plan plan_;
  std::atomic<bool> armed_{false};
  std::map<std::pair<uint64_t, int>, Stream> streams_;
};

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_ZMTP_DAMAGE_H_
