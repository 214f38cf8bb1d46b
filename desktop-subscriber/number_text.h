// Numbers, durations and times of day as the board shows them. The CSV printer does not use this:
// what is printed there is exact to the last digit.
//
// Thread: any.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_NUMBER_TEXT_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_NUMBER_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "fantail/base/time.h"

namespace fantail::desk {

// digits x 10^exponent, wide enough to add up a day's volume.
struct Amount {
  __int128 digits = 0;
  int exponent = 0;
};

// Exact up to 19 digits and while the exponents are less than 18 apart; beyond that the smallest
// digits are cut off.
Amount operator+(const Amount& a, const Amount& b);
Amount operator-(const Amount& a, const Amount& b);
double ToDouble(const Amount& amount);

// With exactly `decimals` digits behind the point; further ones are cut off, not rounded.
std::string FixedText(const Amount& amount, int decimals);
// FixedText with a sign in front of anything but zero.
std::string SignedText(const Amount& amount, int decimals);
// As exact as `width` characters allow: all digits, or fewer decimals, or `12.3M`.
std::string CompactText(const Amount& amount, size_t width);
// `1,234,567`.
std::string GroupedText(uint64_t number);
// `0.3s`, `12s`, `3m05`, `2h14`, `3d`: at most 5 characters.
std::string AgeText(Nanos age);
// `00:07`, `12:34`, `1:02:03`.
std::string ElapsedText(Nanos elapsed);
// `10:15:03`, UTC.
std::string ClockText(WallTime time);

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_NUMBER_TEXT_H_
