// A tick file that has in a few thousand rows what real ones have in millions: long names, blank
// sides, thirteen decimals, many rows on one stamp, changes of status, rows without a venue.
#ifndef FANTAIL_TESTS_SYSTEM_MADE_UP_TICKS_H_
#define FANTAIL_TESTS_SYSTEM_MADE_UP_TICKS_H_

#include <cstddef>
#include <string>

namespace fantail::testing {

// `rows` rows under the header, each in its shortest form, so that it is printed as it was read.
// Symbols: AAPL, AMZN, AIG, B, BAC, BRK.B, one of 64 bytes that begins with B, and others.
// The time stamps span `rows` / 1000 seconds.
std::string MadeUpTicks(size_t rows, unsigned seed);

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_MADE_UP_TICKS_H_
