#include "fantail/app/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "fantail/app/edit_distance.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/split_arguments.h"
#include "fantail/base/check.h"

namespace fantail::app {
namespace {

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

// `--flag VALUE "x": what is wrong`, keeping the kind of the error.
absl::Status Named(absl::StatusCode code, std::string_view name, std::string_view value,
                   const absl::Status& error) {
  return absl::Status(code, fmt::format("{} \"{}\": {}", name, value, Message(error)));
}

// Parses with `parse` into `*value`.
template <class T, class Parse>
Setter SetterOf(T* value, Parse parse) {
  return [value, parse](const std::string& text) -> absl::Status {
    auto parsed = parse(text);
    if (!parsed.ok()) return parsed.status();
    *value = *std::move(parsed);
    return absl::OkStatus();
  };
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

}  // namespace

std::string EnvironmentName(std::string_view option) {
  std::string name = "FANTAIL_";
  for (const char c : option.substr(option.find_first_not_of('-'))) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

CommandLine::CommandLine(std::string program, std::string summary)
    : program_(std::move(program)), summary_(std::move(summary)) {}

void CommandLine::Declare(std::string_view spec, std::string_view help, std::string shown_default,
                          Setter set) {
  const size_t blank = spec.find(' ');
  Declared option;
  option.name = std::string(spec.substr(0, blank));
  if (blank != std::string_view::npos) option.value_name = std::string(spec.substr(blank + 1));
  FANTAIL_CHECK(option.name.starts_with("--") && Find(option.name) == nullptr, spec);
  option.help = std::string(help);
  option.shown_default = std::move(shown_default);
  option.section = section_;
  option.set = std::move(set);
  options_.push_back(std::move(option));
}

void CommandLine::Option(std::string_view spec, std::string* value, std::string_view help) {
  Declare(spec, help, *value, [value](const std::string& text) {
    *value = text;
    return absl::OkStatus();
  });
}

void CommandLine::Option(std::string_view spec, Nanos* value, std::string_view help) {
  Declare(spec, help, *value <= Nanos(0) ? "" : FormatDuration(*value),
          SetterOf(value, ParseDuration));
}

void CommandLine::Option(std::string_view spec, BitRate* value, std::string_view help) {
  Declare(spec, help, FormatBitRate(*value), SetterOf(value, ParseBitRate));
}

void CommandLine::Option(std::string_view spec, ByteSize* value, std::string_view help) {
  Declare(spec, help, FormatByteSize(*value), SetterOf(value, ParseByteSize));
}

void CommandLine::Option(std::string_view spec, uint64_t* value, std::string_view help,
                         Range range) {
  Declare(spec, help, *value < range.least ? "" : std::to_string(*value),
          SetterOf(value, [range](const std::string& text) { return ParseUnsigned(text, range); }));
}

void CommandLine::Choice(std::string_view spec, std::string* value,
                         std::vector<std::string> choices, std::string_view help) {
  const std::string all = fmt::format("{}", fmt::join(choices, ", "));
  Declare(spec, fmt::format("{}: {}", help, all), *value,
          [value, all, choices = std::move(choices)](const std::string& text) {
            if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
              return absl::InvalidArgumentError("not one of them; write one of " + all);
            }
            *value = text;
            return absl::OkStatus();
          });
}

void CommandLine::Flag(std::string_view spec, bool* value, std::string_view help) {
  FANTAIL_CHECK(spec.find(' ') == std::string_view::npos, spec);
  Declare(spec, help, "", SetterOf(value, ParseYesNo));
}

void CommandLine::Repeated(std::string_view spec, std::vector<std::string>* values,
                           std::string_view help) {
  const std::string shown = fmt::format("{}", fmt::join(*values, " "));
  // The first value given replaces the defaults.
  auto add = [values, fresh = true](const std::string& text) mutable {
    if (std::exchange(fresh, false)) values->clear();
    values->push_back(text);
    return absl::OkStatus();
  };
  Custom(spec, std::move(add), help, shown, /*repeats=*/true);
}

void CommandLine::Custom(std::string_view spec, Setter set, std::string_view help,
                         std::string_view shown_default, bool repeats) {
  Declare(spec, help, std::string(shown_default), std::move(set));
  options_.back().repeats = repeats;
}

void CommandLine::Positionals(std::string_view name, std::vector<std::string>* values,
                              std::string_view help, Count count) {
  FANTAIL_CHECK(Find("") == nullptr, name);
  Declared option;
  option.value_name = std::string(name);
  option.help = std::string(help);
  option.repeats = true;
  option.set = [values](const std::string& text) {
    values->push_back(text);
    return absl::OkStatus();
  };
  options_.push_back(std::move(option));
  positionals_ = count;
}

void CommandLine::Require(std::string_view name) {
  for (Declared& option : options_) {
    if (option.name == name) option.required = true;
  }
  FANTAIL_CHECK(Find(name) != nullptr, name);
}

void CommandLine::Section(std::string_view title) {
  section_ = std::string(title);
}

void CommandLine::Example(std::string_view command, std::string_view what) {
  examples_.push_back({std::string(command), std::string(what)});
}

const CommandLine::Declared* CommandLine::Find(std::string_view name) const {
  for (const Declared& option : options_) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

absl::Status CommandLine::Unknown(std::string_view argument) const {
  const std::string_view name = argument.substr(0, argument.find('='));
  std::string_view nearest = "--help";
  size_t distance = EditDistance(name, nearest);
  for (const Declared& option : options_) {
    const size_t d = option.name.empty() ? std::string::npos : EditDistance(name, option.name);
    if (d >= distance) continue;
    distance = d;
    nearest = option.name;
  }
  return absl::InvalidArgumentError(
      fmt::format("{}: no such option; the nearest is {}", name, nearest));
}

absl::Status CommandLine::Missing(const Declared& option) const {
  return absl::InvalidArgumentError(fmt::format("{}: missing; write {} {}, or set {}", option.name,
                                                option.name, option.value_name,
                                                EnvironmentName(option.name)));
}

absl::Status CommandLine::WithoutValue(std::string_view name) const {
  const Declared* option = Find(name);
  if (option == nullptr || option->value_name.empty()) {
    return absl::InvalidArgumentError(fmt::format("{0}: takes no value; write {0}", name));
  }
  return absl::InvalidArgumentError(
      fmt::format("{0}: no value; write {0} {1}", name, option->value_name));
}

absl::Status CommandLine::CheckCount(const Declared& positionals) const {
  const size_t given = positionals.given.size();
  if (given >= positionals_.least && given <= positionals_.most) return absl::OkStatus();
  const std::string problem =
      given > positionals_.most
          ? fmt::format("\"{}\": one too many", positionals.given[positionals_.most])
          : fmt::format("{}: missing", positionals.value_name);
  return absl::InvalidArgumentError(
      fmt::format("{}; write {} {}", problem, program_, PositionalsUsage()));
}

absl::Status CommandLine::Split(const std::vector<std::string>& args, bool* help, bool* version) {
  std::vector<KnownOption> known = {{"--help,-h", false}, {"--version", false}};
  std::vector<Declared*> declared;
  Declared* positionals = nullptr;
  for (Declared& option : options_) {
    if (option.name.empty()) {
      positionals = &option;
    } else {
      known.push_back({option.name, !option.value_name.empty()});
      declared.push_back(&option);
    }
  }
  SplitArguments split = app::Split(known, args);
  if (!split.unknown_option.empty()) return Unknown(split.unknown_option);
  if (!split.without_value.empty()) return WithoutValue(split.without_value);
  *help = !split.values[0].empty();
  *version = !split.values[1].empty();
  for (size_t i = 0; i < declared.size(); ++i) declared[i]->given = std::move(split.values[i + 2]);
  if (positionals != nullptr) {
    positionals->given = std::move(split.positionals);
    if (!*help && !*version) return CheckCount(*positionals);
  } else if (!split.positionals.empty()) {
    return absl::InvalidArgumentError(fmt::format("\"{}\": belongs to no option; see {} --help",
                                                  split.positionals.front(), program_));
  }
  return absl::OkStatus();
}

absl::Status CommandLine::SetFromEnvironment(const Declared& option, const Environment& environment,
                                             bool* found) const {
  *found = false;
  if (option.name.empty()) return absl::OkStatus();
  const std::string name = EnvironmentName(option.name);
  const char* text = environment(name.c_str());
  if (text == nullptr || *text == '\0') return absl::OkStatus();
  *found = true;
  const auto values = option.repeats ? Words(text) : std::vector<std::string>{text};
  for (const std::string& value : values) {
    const absl::Status status = option.set(value);
    if (!status.ok()) return Named(absl::StatusCode::kFailedPrecondition, name, value, status);
  }
  return absl::OkStatus();
}

// The sources of a value, first found first served. A configuration file would come behind the
// environment.
absl::Status CommandLine::SetFrom(const Declared& option, const Environment& environment) const {
  if (option.given.size() > 1 && !option.repeats && !option.value_name.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{} \"{}\": given twice; write it once", option.name, option.given[1]));
  }
  for (const std::string& value : option.given) {
    const absl::Status status = option.set(value);
    const std::string_view name = option.name.empty() ? option.value_name : option.name;
    if (!status.ok()) return Named(status.code(), name, value, status);
  }
  bool found = !option.given.empty();
  if (!found) {
    absl::Status status = SetFromEnvironment(option, environment, &found);
    if (!status.ok()) return status;
  }
  return found || !option.required ? absl::OkStatus() : Missing(option);
}

ParseOutcome CommandLine::Read(const std::vector<std::string>& args,
                               const Environment& environment) {
  bool help = false;
  bool version = false;
  absl::Status status = Split(args, &help, &version);
  if (status.ok() && help) return {kExitDone, Help(), ""};
  if (status.ok() && version) return {kExitDone, Version() + "\n", ""};
  for (const Declared& option : options_) {
    if (status.ok()) status = SetFrom(option, environment);
  }
  if (status.ok()) return {};
  return {ExitCodeFor(status), "", fmt::format("{}: {}\n", program_, Message(status))};
}

std::optional<int> CommandLine::Parse(int argc, const char* const* argv) {
  const ParseOutcome outcome = Read({argv + std::min(argc, 1), argv + argc},
                                    [](const char* name) { return std::getenv(name); });
  std::fputs(outcome.out.c_str(), stdout);
  std::fputs(outcome.err.c_str(), stderr);
  return outcome.exit_code;
}

int CommandLine::Fail(const absl::Status& status) const {
  std::fputs(fmt::format("{}: {}\n", program_, Message(status)).c_str(), stderr);
  return ExitCodeFor(status);
}

absl::Status About(std::string_view option, const absl::Status& status) {
  return absl::Status(status.code(), fmt::format("{}: {}", option, std::string(status.message())));
}

}  // namespace fantail::app
