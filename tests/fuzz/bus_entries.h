// What the fuzzer of the bus calls with any bytes.
#ifndef FANTAIL_TESTS_FUZZ_BUS_ENTRIES_H_
#define FANTAIL_TESTS_FUZZ_BUS_ENTRIES_H_

#include <cstddef>
#include <span>

namespace fantail::fuzz {

// Takes the bytes as messages (two bytes of length each; the top bits say from whom), makes their
// headers right, and gives them to a broker with a client, a server and a bus above, with turns in
// between.
void FuzzBus(std::span<const std::byte> bytes);

}  // namespace fantail::fuzz

#endif  // FANTAIL_TESTS_FUZZ_BUS_ENTRIES_H_
