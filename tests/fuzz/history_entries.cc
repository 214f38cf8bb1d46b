#include "tests/fuzz/history_entries.h"

#include <zstd.h>

#include "fantail/history/messages.h"

namespace fantail::fuzz {

void FuzzHistory(std::span<const std::byte> bytes) {
  history::Question question;
  (void)history::Decode(bytes, &question);
  std::vector<Pattern> patterns;
  (void)history::DecodeDirectoryQuestion(bytes, &patterns);
  std::vector<history::DirectoryEntry> entries;
  (void)history::DecodeDirectoryPart(bytes, &entries);
  history::PartReader reader;
  history::Part part;
  (void)reader.Decode(bytes, &part);
  std::vector<std::byte> compressed(ZSTD_compressBound(bytes.size()));
  const size_t size =
      ZSTD_compress(compressed.data(), compressed.size(), bytes.data(), bytes.size(), 1);
  (void)reader.Decode(std::span(compressed).first(size), &part);
}

}  // namespace fantail::fuzz
