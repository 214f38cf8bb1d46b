// What the fuzzers of tapes call with any bytes; as entries.h.
#ifndef FANTAIL_TESTS_FUZZ_TAPE_ENTRIES_H_
#define FANTAIL_TESTS_FUZZ_TAPE_ENTRIES_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace fantail::fuzz {

// Unpacks the bytes as packed ticks, twice over one stream. What comes out must pack and unpack to
// the same again; aborts if it does not.
void FuzzColumns(std::span<const std::byte> bytes);

// Decodes the bytes as the payload of a block. What comes out must encode and decode to the same.
void FuzzTapeContent(std::span<const std::byte> bytes);

// Reads the bytes as a tape file, as they are and with every checksum made right; aborts if reading
// does not end, or a record has no name.
void FuzzTapeFile(std::span<const std::byte> bytes);

}  // namespace fantail::fuzz

#endif  // FANTAIL_TESTS_FUZZ_TAPE_ENTRIES_H_
