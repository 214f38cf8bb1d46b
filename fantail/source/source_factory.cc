#include "fantail/source/source_factory.h"

#include <absl/status/status.h>

#include <utility>

#include "fantail/source/csv_source.h"
#include "fantail/source/files_source.h"
#include "fantail/source/iex_source.h"
#include "fantail/source/itch_source.h"
#include "fantail/source/ndjson_source.h"
#include "fantail/source/stream_source.h"
#include "fantail/source/synthetic_options.h"
#include "fantail/source/synthetic_source.h"
#include "fantail/source/tape_source.h"
#include "fantail/text/csv.h"

namespace fantail::source {
namespace {

constexpr char kForms[] =
    "csv:FILE, ndjson:FILE (- is standard input), tape:TAPE, iex:FILE, itch:FILE, "
    "synthetic:KEY=VALUE,..., files:FOLDER or stream:TOPIC:FILE";

template <class TextSource>
absl::StatusOr<std::unique_ptr<Source>> OpenText(const std::string& scheme, std::string_view path) {
  if (path.empty()) {
    return absl::InvalidArgumentError("source \"" + scheme + ":\": no file; write " + scheme +
                                      ":FILE or " + scheme + ":-");
  }
  auto source = TextSource::Open(std::string(path));
  if (!source.ok()) return source.status();
  return *std::move(source);
}

template <class Capture>
absl::StatusOr<std::unique_ptr<Source>> OpenCapture(std::string_view text) {
  auto source = Capture::Open(text);
  if (!source.ok()) return source.status();
  return *std::move(source);
}

absl::StatusOr<std::unique_ptr<Source>> OpenTape(std::string_view path) {
  if (path.empty()) return absl::InvalidArgumentError("source \"tape:\": no tape; write tape:TAPE");
  auto source = TapeSource::Open(std::string(path));
  if (!source.ok()) return source.status();
  return *std::move(source);
}

absl::StatusOr<std::unique_ptr<Source>> OpenFiles(std::string_view folder, size_t part_bytes) {
  if (folder.empty()) {
    return absl::InvalidArgumentError("source \"files:\": no folder; write files:FOLDER");
  }
  auto source = FilesSource::Open(std::string(folder), part_bytes);
  if (!source.ok()) return source.status();
  return *std::move(source);
}

absl::StatusOr<std::unique_ptr<Source>> OpenStream(std::string_view text, size_t part_bytes) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) {
    return absl::InvalidArgumentError("source " + text::Printable("stream:" + std::string(text)) +
                                      ": no file; write stream:TOPIC:FILE or stream:TOPIC:-");
  }
  auto source = StreamSource::Open(std::string(text.substr(0, colon)),
                                   std::string(text.substr(colon + 1)), part_bytes);
  if (!source.ok()) return source.status();
  return *std::move(source);
}

absl::StatusOr<std::unique_ptr<Source>> OpenSynthetic(std::string_view keys) {
  const auto options = ParseSyntheticOptions(keys);
  if (!options.ok()) return options.status();
  return std::make_unique<SyntheticSource>(*options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenSource(std::string_view spec, size_t part_bytes) {
  const size_t colon = spec.find(':');
  const std::string_view scheme = spec.substr(0, colon);
  const std::string_view rest =
      colon == std::string_view::npos ? std::string_view() : spec.substr(colon + 1);
  if (scheme == "csv") return OpenText<CsvSource>("csv", rest);
  if (scheme == "ndjson") return OpenText<NdjsonSource>("ndjson", rest);
  if (scheme == "tape") return OpenTape(rest);
  if (scheme == "iex") return OpenCapture<IexSource>(rest);
  if (scheme == "itch") return OpenCapture<ItchSource>(rest);
  if (scheme == "files") return OpenFiles(rest, part_bytes);
  if (scheme == "stream") return OpenStream(rest, part_bytes);
  if (scheme == "synthetic") return OpenSynthetic(rest);
  const std::string what = "source " + text::Printable(spec) + ": ";
  if (colon == std::string_view::npos) {
    return absl::InvalidArgumentError(what + "no scheme; write " + kForms);
  }
  return absl::InvalidArgumentError(what + "unknown scheme " + text::Printable(scheme) +
                                    "; write " + kForms);
}

std::string SourceHelp() {
  return "csv:FILE reads ticks from a CSV file, plain or gzip; csv:- from standard input.\n"
         "ndjson:FILE and ndjson:- read them as objects of JSON, one a line.\n"
         "tape:TAPE publishes what was recorded or journaled, numbered anew.\n"
         "iex:FILE[,status=yes|no][,order=time|feed][,venue=NAME] reads a capture (pcap, plain or "
         "gzip) of IEX TOPS 1.6 or DEEP 1.0.\n"
         "itch:FILE[,date=YYYY-MM-DD][,status=yes|no][,venue=NAME] reads a file (plain or gzip) of "
         "NASDAQ TotalView-ITCH 5.0.\n"
         "files:FOLDER publishes every file in there as an object, whatever it holds.\n"
         "stream:TOPIC:FILE and stream:TOPIC:- publish bytes as they come, as one object.\n" +
         SyntheticHelp();
}

}  // namespace fantail::source
