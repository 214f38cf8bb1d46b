// CRC32C (Castagnoli), as iSCSI and most storage formats use it.
//
// Thread: any.  Cost: some 20 GB/s.
#ifndef FANTAIL_BASE_CRC32C_H_
#define FANTAIL_BASE_CRC32C_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace fantail {

// Of `bytes`; `before` is the checksum of what precedes them.
uint32_t Crc32c(std::span<const std::byte> bytes, uint32_t before = 0);

}  // namespace fantail

#endif  // FANTAIL_BASE_CRC32C_H_
