// What the plain subscribers of an open feed want together, as far as an XPUB tells: which patterns
// to take from above. A pattern that nobody wants any more is still taken for a while, as in a
// gateway.
//
// Any TCP client may say anything here. A cancellation counts only if it comes from a connection
// that subscribed to just that; libzmq passes on those of others too. Beyond a number of patterns
// no more are told apart: everything is taken, so nobody misses anything because of another. Who
// wants to burden the link so can do it as well by subscribing to everything.
//
// Thread: one owner.  Cost: a hash look-up a subscription; Take is linear in the patterns when they
// have changed.
// Limits: max_patterns, and max_holders connections with a pattern. A connection beyond that keeps
// its patterns until it ends.
#ifndef FANTAIL_FEED_OPEN_INTEREST_H_
#define FANTAIL_FEED_OPEN_INTEREST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "fantail/base/pattern.h"
#include "fantail/base/time.h"

namespace fantail::feed {

// Topics of the open feed itself begin so: nothing of the feed does.
inline constexpr std::string_view kOpenPrefix = "$fantail/";

// A subscriber's connection; the same pointer as long as anybody has it. Null: one that has ended.
using OpenPeer = std::shared_ptr<const void>;

class OpenInterest {
 public:
  struct Options {
    Nanos linger = std::chrono::seconds(5);
    size_t max_patterns = 10'000;
    size_t max_holders = 200'000;
    // Between two changes upstream, the first of which is made at once: each costs a message and
    // as much work as there are patterns.
    Nanos least_pause = std::chrono::milliseconds(50);
  };
  // What became of a frame.
  enum class Taken : uint8_t {
    kYes,
    kNotAPattern,  // no subscription, or nothing in it that a topic could begin with
    kBeyond,       // one pattern too many: everything is taken from now on
  };

  explicit OpenInterest(const Options& options) : options_(options) {}

  // A frame as an XPUB gives it: 1 and a prefix is a subscription of that connection, 0 and a
  // prefix a cancellation; once for each subscription of a connection that has ended. A prefix that
  // ends with a NUL is that topic alone.
  Taken Receive(const OpenPeer& peer, std::string_view frame, MonotonicTime now);
  // What to take from above, if that has changed; sorted. A pattern that another covers stays in
  // there: if the node above refuses the wide one, the narrow one counts.
  std::optional<std::vector<Pattern>> Take(MonotonicTime now);

  // Patterns that somebody wants; all are told apart unless beyond().
  size_t size() const { return wanted_.size(); }
  bool beyond() const { return beyond_ > 0; }

 private:
  struct Wanted {
    uint64_t count = 0;  // of connections; never less than there are
    absl::flat_hash_set<OpenPeer> holders;
  };
  using Patterns = absl::flat_hash_map<Pattern, Wanted>;

  Taken Subscribe(const OpenPeer& peer, const Pattern& pattern);
  void Cancel(const OpenPeer& peer, const Pattern& pattern, MonotonicTime now);
  void CancelBeyond(const OpenPeer& peer, MonotonicTime now);
  void Linger(const Pattern& pattern, MonotonicTime now);

  const Options options_;
  Patterns wanted_;
  size_t holders_ = 0;   // in all of wanted_
  uint64_t beyond_ = 0;  // subscriptions to what is not in wanted_
  absl::flat_hash_map<Pattern, MonotonicTime> lingering_;  // until when
  bool changed_ = false;
  MonotonicTime next_;  // change upstream
  std::vector<Pattern> taken_;
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_OPEN_INTEREST_H_
