// How far apart two words are, to name the nearest one when somebody mistypes.
//
// Thread: any.
#ifndef FANTAIL_APP_EDIT_DISTANCE_H_
#define FANTAIL_APP_EDIT_DISTANCE_H_

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace fantail::app {

// How many letters to change, add or drop to make `b` of `a` (Levenshtein 1966).
size_t EditDistance(std::string_view a, std::string_view b);

// The one of `words`, a container of text, that is nearest to `word`. Of a long one the beginning
// counts: the cost grows with its length. REQUIRES: there is one.
template <class Words>
std::string_view Nearest(std::string_view word, const Words& words) {
  constexpr size_t kLongest = 64;
  const std::string_view start = word.substr(0, kLongest);
  return *std::min_element(words.begin(), words.end(),
                           [start](std::string_view a, std::string_view b) {
                             return EditDistance(start, a) < EditDistance(start, b);
                           });
}

}  // namespace fantail::app

#endif  // FANTAIL_APP_EDIT_DISTANCE_H_
