// What the fuzzers call with any bytes. The same functions run over a seeded corpus in the test
// suite, so that they cannot rot.
#ifndef FANTAIL_TESTS_FUZZ_ENTRIES_H_
#define FANTAIL_TESTS_FUZZ_ENTRIES_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace fantail::fuzz {

// Decodes the bytes, as they are and with a right header; aborts if a broken message comes out.
void FuzzDecoder(std::span<const std::byte> bytes);

// Takes the bytes as packed messages (two bytes of length and the form each), stored and not, and
// gives them to one reader; aborts if a broken message comes out.
void FuzzPacked(std::span<const std::byte> bytes);

// Takes the bytes as messages (two bytes of length each), makes their headers right, and gives them
// to a FeedServer and to a Forwarder's client, with turns in between.
void FuzzSessions(std::span<const std::byte> bytes);

// Takes the bytes as what the plain subscribers of an open feed send, and as what its node is
// given; aborts if a message of it is not what a client in another language can verify.
void FuzzOpenFeed(std::span<const std::byte> bytes);

// Reads the bytes as a capture; aborts if a problem does not name the file.
void FuzzPcap(std::span<const std::byte> bytes);

// Each reads the bytes as a file of that kind, and aborts if a row comes out that its CSV line does
// not give back. The bytes are a capture for the first two; FuzzIex also takes them as the payload
// of one datagram.
void FuzzIex(std::span<const std::byte> bytes);
void FuzzItch(std::span<const std::byte> bytes);
void FuzzCsv(std::span<const std::byte> bytes);
void FuzzNdjson(std::span<const std::byte> bytes);

// Reads the bytes as a configuration and as a branch file; aborts if what is wrong with them is not
// told in one line that begins with the file's name.
void FuzzConfig(std::span<const std::byte> bytes);
void FuzzRights(std::span<const std::byte> bytes);

}  // namespace fantail::fuzz

#endif  // FANTAIL_TESTS_FUZZ_ENTRIES_H_
