// Bytes of messages to be damaged, and damage itself: seeded, and with the checksum made right
// again, so that what lies behind the checksum is tried too.
#ifndef FANTAIL_TESTS_SUPPORT_DAMAGE_H_
#define FANTAIL_TESTS_SUPPORT_DAMAGE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "fantail/base/random.h"
#include "fantail/wire/encode.h"

namespace fantail::testing {

using Bytes = std::vector<std::byte>;

inline Bytes Copy(const wire::Message& message) {
  return {message.bytes().begin(), message.bytes().end()};
}

// Makes the checksum of `bytes` right. Leaves what is shorter than a header alone.
inline void Seal(Bytes* bytes) {
  if (bytes->size() < wire::kHeaderBytes) return;
  const uint32_t checksum = wire::MessageChecksum(*bytes);
  std::memcpy(bytes->data() + 4, &checksum, sizeof checksum);
}

// Changes one to four places behind the header: a bit, a byte, or a word that a decoder might trip
// on.
inline void Damage(Random* random, Bytes* bytes) {
  static constexpr uint32_t kWords[] = {0, 1, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, 0x00ffffff};
  for (uint64_t n = 1 + random->Below(4); n > 0; --n) {
    const size_t at = wire::kHeaderBytes + random->Below(bytes->size() - wire::kHeaderBytes);
    switch (random->Below(4)) {
      case 0:
        (*bytes)[at] ^= std::byte{1} << random->Below(8);
        break;
      case 1:
        (*bytes)[at] = static_cast<std::byte>(random->Next());
        break;
      case 2:
        (*bytes)[at] = static_cast<std::byte>(random->Between(-3, 3));
        break;
      default: {
        const uint32_t word = kWords[random->Below(std::size(kWords))];
        std::memcpy(bytes->data() + at, &word, std::min(sizeof word, bytes->size() - at));
      }
    }
  }
}

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SUPPORT_DAMAGE_H_
