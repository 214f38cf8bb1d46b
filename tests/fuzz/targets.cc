#include "tests/fuzz/targets.h"

#include <algorithm>
#include <array>

#include "tests/fuzz/bus_entries.h"
#include "tests/fuzz/corpus.h"
#include "tests/fuzz/entries.h"
#include "tests/fuzz/history_entries.h"
#include "tests/fuzz/tape_entries.h"

namespace fantail::fuzz {
namespace {

constexpr std::array kTargets = {
    Target{"decoder", "a message of a session", FuzzDecoder, DecoderCorpus, 50'000},
    Target{"packed", "a packed stream", FuzzPacked, PackedCorpus, 5'000},
    Target{"sessions", "messages to both halves of a gateway", FuzzSessions, SessionsCorpus,
           20'000},
    Target{"bus", "messages to a bus, its clients and its servers", FuzzBus, BusCorpus, 10'000},
    Target{"history", "questions to a history, and its answers", FuzzHistory, HistoryCorpus, 5'000},
    Target{"open-feed", "subscriptions to an open feed, and what it sends", FuzzOpenFeed,
           OpenFeedCorpus, 20'000},
    Target{"columns", "packed columns of ticks", FuzzColumns, ColumnsCorpus, 20'000},
    Target{"tape-content", "the payload of a block", FuzzTapeContent, TapeContentCorpus, 5'000},
    Target{"tape-file", "a tape", FuzzTapeFile, TapeFileCorpus, 3'000},
    Target{"csv", "a file of CSV", FuzzCsv, CsvCorpus, 5'000},
    Target{"ndjson", "a file of NDJSON", FuzzNdjson, NdjsonCorpus, 5'000},
    Target{"pcap", "a capture", FuzzPcap, PcapCorpus, 5'000},
    Target{"iex", "a capture of IEX", FuzzIex, IexCorpus, 3'000},
    Target{"itch", "a file of NASDAQ ITCH", FuzzItch, ItchCorpus, 5'000},
    Target{"config", "a configuration or a branch file", FuzzConfig, ConfigCorpus, 5'000},
    Target{"rights", "what users may see, ask and serve", FuzzRights, RightsCorpus, 5'000},
};

}  // namespace

std::span<const Target> Targets() {
  return kTargets;
}

const Target* FindTarget(std::string_view name) {
  const auto found = std::find_if(kTargets.begin(), kTargets.end(),
                                  [&](const Target& target) { return target.name == name; });
  return found == kTargets.end() ? nullptr : found;
}

}  // namespace fantail::fuzz
