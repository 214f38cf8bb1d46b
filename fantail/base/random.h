// A small seeded generator (xoshiro256** seeded by SplitMix64; Blackman and Vigna, public domain
// algorithms) with the few draws Fantail needs. The same seed gives the same numbers on every
// machine and library, which std::uniform_int_distribution does not promise.
//
// Thread: one owner.
#ifndef FANTAIL_BASE_RANDOM_H_
#define FANTAIL_BASE_RANDOM_H_

#include <array>
#include <bit>
#include <cstdint>

namespace fantail {

class Random {
 public:
  explicit Random(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15;
      uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }

  uint64_t Next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Evenly from [0, n). REQUIRES: n > 0. (Lemire's multiplication; the bias is below 2^-32 for the
  // n used here.)
  uint64_t Below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * n) >> 64);
  }

  // Evenly from [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }

  // Evenly from [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

  bool OneIn(uint64_t n) { return Below(n) == 0; }

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace fantail

#endif  // FANTAIL_BASE_RANDOM_H_
