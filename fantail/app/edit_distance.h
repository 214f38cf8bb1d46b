// How far apart two words are, to name the nearest one when somebody mistypes.
//
// Thread: any.
#ifndef FANTAIL_APP_EDIT_DISTANCE_H_
#define FANTAIL_APP_EDIT_DISTANCE_H_

#include <cstddef>
#include <string_view>

namespace fantail::app {

// How many letters to change, add or drop to make `b` of `a` (Levenshtein 1966).
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace fantail::app

#endif  // FANTAIL_APP_EDIT_DISTANCE_H_
