// What a segment says of itself, and the index of a sealed one (schemas/tape.fbs).
//
// Thread: values and pure functions.
#ifndef FANTAIL_TAPE_HEAD_H_
#define FANTAIL_TAPE_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fantail/base/ids.h"
#include "fantail/base/pattern.h"
#include "fantail/base/time.h"
#include "fantail/tape/block.h"

namespace fantail::tape {

struct Head {
  std::string feed = "ticks";
  std::string writer;  // program and version
  Epoch epoch;
  bool paced = false;
  Position after;                                  // the segment begins behind this position
  std::vector<Pattern> patterns = {Pattern("*")};  // what of the feed it holds
  WallTime created;
  std::string source;        // of a journal: what the publisher read
  uint64_t source_rows = 0;  // of a journal: good rows of it up to `after`
  bool sealed = false;       // the file ends with an index; else it ends where its writer stopped
};

// Where a block lies and what is in it.
struct IndexEntry {
  uint64_t offset = 0;
  BlockKind kind = BlockKind::kData;
  Position after;
  Position through;
  int64_t first_time_ns = 0;
  int64_t last_time_ns = 0;
  uint32_t records = 0;
  // Of its records, rising. Known only from the index of a sealed segment; empty otherwise.
  std::vector<TopicId> topics;
};

std::vector<std::byte> EncodeHead(const Head& head);
std::vector<std::byte> EncodeIndex(const Head& head, std::span<const IndexEntry> entries);

// nullptr, or what is wrong with the bytes.
const char* DecodeHead(std::span<const std::byte> bytes, Head* head);
const char* DecodeIndex(std::span<const std::byte> bytes, Head* head,
                        std::vector<IndexEntry>* entries);

}  // namespace fantail::tape

#endif  // FANTAIL_TAPE_HEAD_H_
