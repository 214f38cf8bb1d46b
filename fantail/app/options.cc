#include "fantail/app/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fantail/app/exit_codes.h"
#include "fantail/app/log.h"
#include "fantail/base/check.h"

namespace fantail::app {
namespace {

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
  options_.back().is_number = true;
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

void CommandLine::Instead(std::string_view spec,
                          std::function<ParseOutcome(const std::string& value)> run,
                          std::string_view help) {
  Declare(spec, help, "", nullptr);
  options_.back().instead = std::move(run);
}

void CommandLine::Listing(std::string_view name, std::string text) {
  FANTAIL_CHECK(name.find(' ') == std::string_view::npos, name);
  Instead(
      name,
      [text = std::move(text)](const std::string&) {
        return ParseOutcome{kExitDone, text, ""};
      },
      "");
  options_.back().hidden = true;
}

void CommandLine::Require(std::string_view name) {
  Declared* option = Find(name);
  FANTAIL_CHECK(option != nullptr, name);
  option->required = true;
}

void CommandLine::FromBranch(std::string_view name, BranchPart part, std::function<bool()> wanted) {
  Declared* option = Find(name);
  FANTAIL_CHECK(option != nullptr, name);
  option->branch_part = part;
  option->wants_branch = std::move(wanted);
}

void CommandLine::AddFiles() {
  FANTAIL_CHECK(Find(kFeed) != nullptr, program_);
  takes_files_ = true;
  Option("--config FILE", &config_path_,
         "TOML: options without their dashes as keys, for this program alone under " +
             ConfigFile::TableName(program_));
  Option("--branch FILE", &branch_path_,
         "TOML: the feeds, gateways and buses of a branch, for all its programs");
  Flag("--check-config", &check_config_,
       "check all of it, print each option with its value and origin, and exit");
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

CommandLine::Declared* CommandLine::Find(std::string_view name) {
  return const_cast<Declared*>(std::as_const(*this).Find(name));
}

std::optional<int> CommandLine::Parse(int argc, const char* const* argv) {
  const ParseOutcome outcome = Read({argv + std::min(argc, 1), argv + argc},
                                    [](const char* name) { return std::getenv(name); });
  std::fputs(outcome.out.c_str(), stdout);
  std::fputs(outcome.err.c_str(), stderr);
  return outcome.exit_code;
}

std::optional<int> CommandLine::Checked() const {
  if (!check_config_) return std::nullopt;
  std::fputs(Settings().c_str(), stdout);
  return kExitDone;
}

int CommandLine::Fail(const absl::Status& status) const {
  SayFailure(program_, std::string_view(status.message().data(), status.message().size()));
  return ExitCodeFor(status);
}

absl::Status About(std::string_view option, const absl::Status& status) {
  return absl::Status(status.code(), fmt::format("{}: {}", option, std::string(status.message())));
}

}  // namespace fantail::app
