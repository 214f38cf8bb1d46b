#include "fantail/source/itch_source.h"

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "fantail/source/file_spec.h"
#include "fantail/text/csv.h"

namespace fantail::source {
namespace {

// A number of digits, nothing else.
std::optional<int> Number(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || text[0] == '-' || rest != end || error != std::errc()) return std::nullopt;
  return value;
}

std::optional<absl::CivilDay> Date(std::string_view year, std::string_view month,
                                   std::string_view day) {
  const auto y = Number(year), m = Number(month), d = Number(day);
  if (!y || !m || !d || *y < 1990 || *y > 2200) return std::nullopt;
  const absl::CivilDay date(*y, *m, *d);
  // What is beyond the month has been carried over.
  if (date.month() != *m || date.day() != *d) return std::nullopt;
  return date;
}

std::optional<absl::CivilDay> DateInName(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (size_t at = 0; at + 8 <= name.size(); ++at) {
    const std::string_view run = name.substr(at, 8);
    const auto date = Date(run.substr(4), run.substr(0, 2), run.substr(2, 2));
    if (date) return date;
  }
  return std::nullopt;
}

absl::StatusOr<absl::CivilDay> DateOf(const FileSpec& spec) {
  const std::string_view given = spec.Value("date");
  if (given.empty()) {
    if (const auto date = DateInName(spec.file)) return *date;
    return absl::InvalidArgumentError("source \"itch\": no MMDDYYYY is in the name of \"" +
                                      spec.file + "\"; write itch:FILE,date=YYYY-MM-DD");
  }
  std::optional<absl::CivilDay> date;
  if (given.size() == 10 && given[4] == '-' && given[7] == '-') {
    date = Date(given.substr(0, 4), given.substr(5, 2), given.substr(8));
  }
  if (date) return *date;
  return absl::InvalidArgumentError("source \"itch\": date " + text::Printable(given) +
                                    " is not a date; write YYYY-MM-DD");
}

absl::StatusOr<ItchOptions> ParseOptions(const FileSpec& spec) {
  const absl::StatusOr<absl::CivilDay> date = DateOf(spec);
  if (!date.ok()) return date.status();
  absl::TimeZone new_york;
  if (!absl::LoadTimeZone("America/New_York", &new_york)) {
    return absl::FailedPreconditionError(
        "source \"itch\": this machine has no time zone America/New_York; install tzdata");
  }
  ItchOptions options;
  options.midnight_ns = absl::ToUnixNanos(absl::FromCivil(*date, new_york));
  const absl::StatusOr<bool> status = spec.YesOrNo("status", true);
  if (!status.ok()) return status.status();
  options.status = *status;
  if (!spec.Value("venue").empty()) options.venue = spec.Value("venue");
  if (options.venue.size() > text::kMaxVenueBytes) {
    return absl::InvalidArgumentError("source \"itch\": venue is " +
                                      std::to_string(options.venue.size()) + " bytes long; " +
                                      std::to_string(text::kMaxVenueBytes) + " at most");
  }
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ItchSource>> ItchSource::Open(std::string_view text) {
  static constexpr std::string_view kKeys[] = {"date", "status", "venue"};
  const absl::StatusOr<FileSpec> spec = ParseFileSpec("itch", text, kKeys);
  if (!spec.ok()) return spec.status();
  const absl::StatusOr<ItchOptions> options = ParseOptions(*spec);
  if (!options.ok()) return options.status();
  absl::StatusOr<std::unique_ptr<CaptureFile>> file = CaptureFile::Open(spec->file);
  if (!file.ok()) return file.status();
  return std::make_unique<ItchSource>(*options, *std::move(file));
}

ItchSource::ItchSource(const ItchOptions& options, std::unique_ptr<CaptureFile> file)
    : CaptureSource(Nanos{0}, options.venue),
      file_(std::move(file)),
      messages_(options.midnight_ns, options.status, &queue()) {}

void ItchSource::Read() {
  at_ = file_->offset();
  std::array<std::byte, 2> prefix;
  const size_t got = file_->Read(prefix.data(), prefix.size());
  if (got == 0 && file_->problem().empty()) return End();
  ++message_;
  if (got < prefix.size()) return Fail("truncated: the file ends inside its length");
  const size_t length = BigEndian<2>(prefix, 0);
  if (length == 0) {  // the mark of an end
    --message_;
    return;
  }
  const size_t read = file_->Read(buffer_.data(), std::min(length, buffer_.size()));
  if (read == 0)
    return Fail("truncated: the file ends before its " + std::to_string(length) + " bytes");
  const char type = static_cast<char>(buffer_[0]);
  const size_t bytes = ItchMessageBytes(type);
  if (bytes != length) {
    const std::string what = "damaged: a message of type " + text::Printable({&type, 1}) +
                             " with " + std::to_string(length) + " bytes; ";
    return Fail(what +
                (bytes == 0 ? "ITCH 5.0 has no such type" : "it has " + std::to_string(bytes)));
  }
  if (read < length) {
    return Fail("truncated: the file ends after " + std::to_string(read) + " of its " +
                std::to_string(length) + " bytes");
  }
  const char* const why = messages_.Take(ByteSpan(buffer_).first(length));
  if (why != nullptr) queue().AddProblem(Where() + why);
}

std::string ItchSource::Where() const {
  return file_->path() + ": message " + std::to_string(message_) + " at byte " +
         std::to_string(at_) + ": ";
}

void ItchSource::Fail(const std::string& why) {
  End(Where() + (file_->problem().empty() ? why : file_->problem()));
}

}  // namespace fantail::source
