#include "desktop-subscriber/previous_close.h"

#include "absl/status/status.h"
#include "desktop-subscriber/text_file.h"
#include "fantail/base/pattern.h"
#include "fmt/format.h"

namespace fantail::desk {
namespace {

// Why `line` is not `symbol,close`, or nullptr.
const char* ParseLine(std::string_view line, std::string_view* symbol, Decimal* close) {
  const size_t comma = line.rfind(',');
  if (comma == std::string_view::npos) return "not of the form symbol,close";
  *symbol = Trimmed(line.substr(0, comma));
  if (const char* problem = TopicProblem(*symbol)) return problem;
  switch (ParseDecimal(Trimmed(line.substr(comma + 1)), close)) {
    case DecimalError::kNone:
      return close->digits == 0 ? "a close of 0 has no change" : nullptr;
    case DecimalError::kNotANumber:
      return "the close is not a number";
    case DecimalError::kDoesNotFit:
      break;
  }
  return "the close does not fit";
}

}  // namespace

absl::StatusOr<PreviousCloses> ParsePreviousCloses(std::string_view text, std::string_view name) {
  PreviousCloses closes;
  std::string_view line;
  for (int number = 1; NextLine(&text, &line); ++number) {
    if (line.empty() || (number == 1 && line == "symbol,close")) continue;
    std::string_view symbol;
    Decimal close;
    if (const char* problem = ParseLine(line, &symbol, &close)) {
      return absl::InvalidArgumentError(
          fmt::format("{}:{}: \"{}\": {}", name, number, line, problem));
    }
    closes[std::string(symbol)] = close;
  }
  return closes;
}

absl::StatusOr<PreviousCloses> LoadPreviousCloses(const std::string& path) {
  absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return text.status();
  return ParsePreviousCloses(*text, path);
}

}  // namespace fantail::desk
