// The text of --help, --version and --check-config.
#include <fmt/format.h>

#include <algorithm>

#include "fantail/app/exit_codes.h"
#include "fantail/app/options.h"
#include "fantail/base/printable.h"

namespace fantail::app {
namespace {

// Where the explanations begin, and how wide a line may get: an 80-column terminal.
constexpr size_t kIndent = 28;
constexpr size_t kWidth = 80;
// A longer value does not move the origins of all others.
constexpr size_t kWide = 40;
constexpr std::string_view kMayBeRepeated = "; may be repeated";

// `  left   text ...`, the text wrapped between blanks and hanging at kIndent.
std::string Entry(std::string_view left, std::string_view text) {
  std::string out = fmt::format("  {}", left);
  size_t column = out.size();
  if (column + 2 > kIndent) {
    out += '\n';
    column = 0;
  }
  out.append(kIndent - column, ' ');
  column = kIndent;
  while (!text.empty()) {
    const size_t blank = std::min(text.find(' '), text.size());
    if (column > kIndent && column + 1 + blank > kWidth) {
      out += '\n' + std::string(kIndent, ' ');
      column = kIndent;
    }
    if (column > kIndent) out += ' ';
    column += blank + (column > kIndent ? 1 : 0);
    out += text.substr(0, blank);
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  return out + '\n';
}

std::string ExitCodeTable() {
  std::string out = "\nExit codes:\n";
  for (const ExitCodeText& code : kExitCodes) {
    out += fmt::format("  {:>3}  {}\n", static_cast<int>(code.code), code.text);
  }
  return out;
}

}  // namespace

std::string CommandLine::PositionalsUsage() const {
  const Declared* positionals = Find("");
  if (positionals == nullptr) return "";
  if (positionals_.least == 0) return fmt::format("[{}...]", positionals->value_name);
  const bool names_all = positionals->value_name.find(' ') != std::string::npos;
  return positionals->value_name + (names_all || positionals_.most == 1 ? "" : "...");
}

std::string CommandLine::Help() const {
  const Declared* positionals = Find("");
  std::string out = fmt::format("{}: {}\n\nUsage: {} [OPTION...]{}{}\n", program_, summary_,
                                program_, positionals ? " " : "", PositionalsUsage());
  if (positionals) out += "\n" + Entry(positionals->value_name, positionals->help);
  std::string_view section;
  for (const Declared& option : options_) {
    if (option.name.empty() || option.hidden) continue;
    if (option.section != section) out += fmt::format("\n{}:\n", option.section);
    section = option.section;
    std::string text = option.help;
    if (option.repeats) text += kMayBeRepeated;
    if (option.required) text += " (required)";
    if (!option.shown_default.empty()) text += fmt::format(" [{}]", option.shown_default);
    const std::string_view gap = option.value_name.empty() ? "" : " ";
    out += Entry(fmt::format("{}{}{}", option.name, gap, option.value_name), text);
  }
  out += "\n" + Entry("--help, -h", "print this and exit") +
         Entry("--version", "print the version and exit");
  out +=
      takes_files_
          ? "\nEach option can come from the environment, --status-every as\n"
            "FANTAIL_STATUS_EVERY, and from the --config file, as status-every. The command\n"
            "line wins, then the environment, then that file, then the --branch file.\n"
          : "\nEach option can come from the environment, --status-every as FANTAIL_STATUS_EVERY;\n"
            "the command line wins.\n";
  out += ExitCodeTable();
  if (!examples_.empty()) out += "\nExamples:\n";
  for (const Shown& example : examples_) {
    out += fmt::format("  # {}\n  {}\n", example.what, example.command);
  }
  return out;
}

std::string CommandLine::OptionLines() const {
  std::string out;
  for (const Declared& option : options_) {
    if (option.hidden) continue;
    std::string value_name = option.name.empty() ? PositionalsUsage() : option.value_name;
    std::string shown_default = option.shown_default;
    if (option.required) {
      shown_default = option.branch_part ? "required, or from the branch" : "required";
    } else if (shown_default.empty() && !option.name.empty() && !option.instead) {
      shown_default = option.is_flag() ? "no" : "none";
    }
    out += fmt::format("{}\t{}\t{}\t{}{}\t{}\n", option.name, value_name, shown_default,
                       option.help, option.repeats && !option.name.empty() ? kMayBeRepeated : "",
                       option.name.empty() ? "" : option.section);
  }
  return out;
}

std::string CommandLine::Settings() const {
  struct Row {
    std::string_view name;
    std::string value;
    std::string origin;
  };
  std::vector<Row> rows;
  size_t name_width = 0;
  size_t value_width = 0;
  for (const Declared& option : options_) {
    if (option.name == "--check-config" || option.instead) continue;
    std::string value = fmt::format("{}", fmt::join(option.values, " "));
    if (option.is_flag()) value = ParseYesNo(value).value_or(false) ? "true" : "false";
    if (option.origin.empty() && !option.is_flag()) value = option.shown_default;
    if (value.empty()) value = "none";
    const std::string origin = option.origin.empty() ? "default" : option.origin;
    rows.push_back({option.name.empty() ? option.value_name : option.name, EscapeUnprintable(value),
                    EscapeUnprintable(origin)});
    name_width = std::max(name_width, rows.back().name.size());
    value_width = std::clamp(rows.back().value.size(), value_width, std::max(value_width, kWide));
  }
  std::string out = fmt::format("{}: the configuration is good\n", program_);
  for (const Row& row : rows) {
    out += fmt::format("  {:<{}}  {:<{}}  {}\n", row.name, name_width, row.value, value_width,
                       row.origin);
  }
  return out;
}

std::string CommandLine::Version() const {
  return fmt::format("{} {} (libzmq {}, FlatBuffers {})", program_, FANTAIL_VERSION,
                     FANTAIL_LIBZMQ_VERSION, FANTAIL_FLATBUFFERS_VERSION);
}

}  // namespace fantail::app
