// Strong types for the numbers that Fantail counts with, so that a position cannot be passed where
// a sequence is meant. Each is a plain integer in memory.
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_BASE_IDS_H_
#define FANTAIL_BASE_IDS_H_

#include <compare>
#include <cstdint>
#include <functional>
#include <utility>

namespace fantail {

// An integer that only compares and counts with its own kind. `Tag` makes the kind.
template <class Tag, class Rep>
struct Number {
  using rep = Rep;
  Rep value = 0;

  friend constexpr auto operator<=>(Number, Number) = default;
  constexpr Number& operator++() {
    ++value;
    return *this;
  }
  friend constexpr Number operator+(Number n, Rep delta) {
    return {static_cast<Rep>(n.value + delta)};
  }
  // How far apart two are. REQUIRES: a >= b
  friend constexpr Rep operator-(Number a, Number b) { return static_cast<Rep>(a.value - b.value); }
  template <class H>
  friend H AbslHashValue(H h, Number n) {
    return H::combine(std::move(h), n.value);
  }
};

// A record's number in the feed, consecutive from 1 within an epoch; 0 is "before the first".
using Position = Number<struct PositionTag, uint64_t>;
// A record's number within its topic, consecutive from 1; 0 is "none yet".
using Sequence = Number<struct SequenceTag, uint32_t>;
// A topic's dense number within an epoch, from 0.
using TopicId = Number<struct TopicIdTag, uint32_t>;
// A venue's number within an epoch, from 1; 0 is "no venue".
using VenueId = Number<struct VenueIdTag, uint16_t>;
// One numbering of a feed: start second << 32 with random low bits. 0 is "not known".
using Epoch = Number<struct EpochTag, uint64_t>;
// A process's random number, new at each start: for loops and for hops. 0 is "not known".
using NodeId = Number<struct NodeIdTag, uint64_t>;

}  // namespace fantail

template <class Tag, class Rep>
struct std::hash<fantail::Number<Tag, Rep>> {
  size_t operator()(fantail::Number<Tag, Rep> n) const { return std::hash<Rep>()(n.value); }
};

#endif  // FANTAIL_BASE_IDS_H_
