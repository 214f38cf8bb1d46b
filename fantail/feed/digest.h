// The proof of completeness: D = sum over topics of k(topic) x last sequence, modulo 2^64, where
// k(topic) is an odd hash of the name. A consumer adds k for every record; a node computes D from
// its image and the names alone, not through the lists that its fan-out uses, so that an error
// there shows.
//
// Thread: one owner.
#ifndef FANTAIL_FEED_DIGEST_H_
#define FANTAIL_FEED_DIGEST_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "fantail/feed/image.h"
#include "fantail/feed/interest.h"
#include "fantail/feed/topics.h"

namespace fantail::feed {

// k(topic): FNV-1a of the name, mixed by the finaliser of SplitMix64, made odd. Part of the
// protocol.
uint64_t DigestFactor(std::string_view topic);

// D for any interest at one moment: names sorted, with running sums, so that a prefix is two
// look-ups.
// Cost: one pass over all topics to make; O(patterns x log topics) a question.
class DigestIndex {
 public:
  DigestIndex(const Topics& topics, const ImageTable& image);

  uint64_t Of(const Interest& interest) const;

 private:
  std::vector<std::string_view> names_;  // sorted
  std::vector<uint64_t> sums_;           // sums_[i]: of the first i names
};

}  // namespace fantail::feed

#endif  // FANTAIL_FEED_DIGEST_H_
