// Good inputs for each target, made by our own encoders. The same at each call.
//
// Thread: any.
#ifndef FANTAIL_TESTS_FUZZ_CORPUS_H_
#define FANTAIL_TESTS_FUZZ_CORPUS_H_

#include <span>
#include <string_view>
#include <vector>

#include "tests/support/damage.h"

namespace fantail::fuzz {

// corpus_messages.cc
std::vector<testing::Bytes> DecoderCorpus();
std::vector<testing::Bytes> PackedCorpus();
std::vector<testing::Bytes> SessionsCorpus();
std::vector<testing::Bytes> BusCorpus();
std::vector<testing::Bytes> HistoryCorpus();
std::vector<testing::Bytes> OpenFeedCorpus();

// corpus_files.cc
std::vector<testing::Bytes> ColumnsCorpus();
std::vector<testing::Bytes> TapeContentCorpus();
std::vector<testing::Bytes> TapeFileCorpus();
std::vector<testing::Bytes> CsvCorpus();
std::vector<testing::Bytes> NdjsonCorpus();
std::vector<testing::Bytes> PcapCorpus();
std::vector<testing::Bytes> IexCorpus();
std::vector<testing::Bytes> ItchCorpus();
std::vector<testing::Bytes> ConfigCorpus();
std::vector<testing::Bytes> RightsCorpus();

inline testing::Bytes BytesOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace fantail::fuzz

#endif  // FANTAIL_TESTS_FUZZ_CORPUS_H_
