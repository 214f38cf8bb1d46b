#include "fantail/feed/digest.h"

#include <algorithm>

namespace fantail::feed {

uint64_t DigestFactor(std::string_view topic) {
  uint64_t h = 0xcbf29ce484222325;
  for (const char c : topic) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
  h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
  return (h ^ (h >> 31)) | 1;
}

DigestIndex::DigestIndex(const Topics& topics, const ImageTable& image) {
  names_.reserve(topics.size());
  sums_.reserve(topics.size() + 1);
  sums_.push_back(0);
  for (const auto& [name, id] : topics.by_name()) {
    names_.push_back(name);
    sums_.push_back(sums_.back() + DigestFactor(name) * image.LastSequence(id).value);
  }
}

uint64_t DigestIndex::Of(const Interest& interest) const {
  uint64_t digest = 0;
  for (const Pattern& pattern : interest.patterns()) {
    const auto low = std::lower_bound(names_.begin(), names_.end(), pattern.stem());
    const auto high = std::partition_point(
        low, names_.end(), [&](std::string_view name) { return pattern.Matches(name); });
    digest += sums_[static_cast<size_t>(high - names_.begin())] -
              sums_[static_cast<size_t>(low - names_.begin())];
  }
  return digest;
}

}  // namespace fantail::feed
