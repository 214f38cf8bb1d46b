// How a command line takes its values: from the arguments, the environment and the files.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "fantail/app/edit_distance.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/options.h"
#include "fantail/app/session_log.h"
#include "fantail/app/split_arguments.h"
#include "fantail/base/printable.h"

namespace fantail::app {
namespace {

constexpr std::string_view kConfig = "--config";

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

// `--flag VALUE "x": what is wrong`, keeping the kind of the error.
absl::Status Named(absl::StatusCode code, std::string_view name, std::string_view value,
                   const absl::Status& error) {
  return absl::Status(code, fmt::format("{} \"{}\": {}", name, value, Message(error)));
}

// What is wrong usage on the command line is bad configuration elsewhere.
absl::StatusCode ElsewhereThan(const absl::Status& error) {
  return absl::IsInvalidArgument(error) ? absl::StatusCode::kFailedPrecondition : error.code();
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

}  // namespace

absl::Status CommandLine::Unknown(std::string_view argument) const {
  const std::string_view name = argument.substr(0, argument.find('='));
  std::string_view nearest = "--help";
  size_t distance = EditDistance(name, nearest);
  for (const Declared& option : options_) {
    const bool named = !option.name.empty() && !option.hidden;
    const size_t d = !named ? std::string::npos : EditDistance(name, option.name);
    if (d >= distance) continue;
    distance = d;
    nearest = option.name;
  }
  return absl::InvalidArgumentError(
      fmt::format("{}: no such option; the nearest is {}", name, nearest));
}

absl::Status CommandLine::Missing(const Declared& option) const {
  std::string nor;
  if (branch_ && option.branch_part) {
    nor = fmt::format(", and {} has no {}", EscapeUnprintable(branch_->path()),
                      Harmless(BranchFile::Name(*option.branch_part, Feed())));
  }
  return absl::InvalidArgumentError(fmt::format("{}: missing{}; write {} {}, or set {}",
                                                option.name, nor, option.name, option.value_name,
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
  const std::vector<std::string>& values = positionals.values;
  if (values.size() >= positionals_.least && values.size() <= positionals_.most) {
    return absl::OkStatus();
  }
  const std::string problem = values.size() > positionals_.most
                                  ? fmt::format("\"{}\": one too many", values[positionals_.most])
                                  : fmt::format("{}: missing", positionals.value_name);
  return absl::InvalidArgumentError(
      fmt::format("{}; write {} {}", problem, program_, PositionalsUsage()));
}

absl::Status CommandLine::Split(const std::vector<std::string>& args, Printed* printed) {
  std::vector<KnownOption> known = {
      {"--help,-h", false}, {"--version", false}, {"--list-options", false}};
  const size_t own = known.size();
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
  *printed = {!split.values[0].empty(), !split.values[1].empty(), !split.values[2].empty()};
  for (size_t i = 0; i < declared.size(); ++i) {
    declared[i]->given = std::move(split.values[own + i]);
  }
  if (positionals != nullptr) {
    positionals->given = std::move(split.positionals);
  } else if (!split.positionals.empty()) {
    return absl::InvalidArgumentError(fmt::format("\"{}\": belongs to no option; see {} --help",
                                                  split.positionals.front(), program_));
  }
  return absl::OkStatus();
}

absl::Status CommandLine::SetFromCommandLine(Declared* option) {
  if (option->given.size() > 1 && !option->repeats && !option->is_flag()) {
    return absl::InvalidArgumentError(
        fmt::format("{} \"{}\": given twice; write it once", option->name, option->given[1]));
  }
  for (const std::string& value : option->given) {
    const absl::Status status = option->set(value);
    const std::string_view name = option->name.empty() ? option->value_name : option->name;
    if (!status.ok()) return Named(status.code(), name, value, status);
  }
  option->values = option->given;
  option->origin = "command line";
  return absl::OkStatus();
}

absl::Status CommandLine::SetFromEnvironment(Declared* option, const Environment& environment) {
  if (option->name.empty()) return absl::OkStatus();
  const std::string name = EnvironmentName(option->name);
  const char* text = environment(name.c_str());
  if (text == nullptr || *text == '\0') return absl::OkStatus();
  option->values = option->repeats ? Words(text) : std::vector<std::string>{text};
  if (option->values.empty()) return absl::OkStatus();
  option->origin = "environment";
  for (const std::string& value : option->values) {
    const absl::Status status = option->set(value);
    if (!status.ok()) return Named(ElsewhereThan(status), name, value, status);
  }
  return absl::OkStatus();
}

const char* CommandLine::TypeProblem(const Declared& option, const TomlValue& value) {
  using Kind = TomlValue::Kind;
  if (option.is_flag()) {
    return value.kind == Kind::kFlag ? nullptr : "not yes or no; write true or false";
  }
  if (option.is_number) {
    return value.kind == Kind::kNumber ? nullptr : "not a number; write digits without quotes";
  }
  if (value.kind != Kind::kText && value.kind != Kind::kNumber) {
    return "not a text; write it in quotes";
  }
  return value.text.find('\0') == std::string::npos ? nullptr : "a NUL in a text; leave it out";
}

absl::Status CommandLine::SetFromFile(Declared* option, const std::string& path,
                                      std::string_view name, const TomlEntry& entry,
                                      std::string_view kind_of_file) {
  const TomlValue& value = entry.value;
  const bool is_list = value.kind == TomlValue::Kind::kList;
  if (is_list && !option->repeats) {
    return WrongAt(path, value.place,
                   fmt::format("{}: it takes one value; write it without [ ]", Harmless(name)));
  }
  const std::vector<TomlValue> values = is_list ? value.list : std::vector<TomlValue>{value};
  for (const TomlValue& one : values) {
    if (const char* problem = TypeProblem(*option, one)) {
      const std::string which = one.text.empty() ? "" : fmt::format(" \"{}\"", Harmless(one.text));
      return WrongAt(path, one.place, fmt::format("{}{}: {}", Harmless(name), which, problem));
    }
    const absl::Status status = option->set(one.text);
    if (!status.ok()) {
      const absl::Status wrong =
          WrongAt(path, one.place,
                  fmt::format("{} \"{}\": {}", Harmless(name), Harmless(one.text),
                              EscapeUnprintable(Message(status))));
      return absl::Status(ElsewhereThan(status), wrong.message());
    }
    option->values.push_back(one.text);
    option->origin = fmt::format("{}{}:{}", kind_of_file, path, entry.place.line);
  }
  return absl::OkStatus();
}

// What stands on a command line alone says where the file is.
std::string CommandLine::KeyOf(const Declared& option) const {
  if (option.name == kConfig || option.name == "--check-config" || option.instead) return "";
  if (!option.name.empty()) return option.name.substr(2);
  if (option.value_name.find(' ') != std::string::npos) return "";
  std::string key = option.value_name + "s";  // PATTERN: patterns
  for (char& c : key) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return key;
}

absl::Status CommandLine::CheckKeys() const {
  std::vector<std::string> keys;
  for (const Declared& option : options_) keys.push_back(KeyOf(option));
  for (const TomlEntry& entry : config_->entries()) {
    if (!entry.key.empty() && std::count(keys.begin(), keys.end(), entry.key) > 0) continue;
    return WrongAt(
        config_->path(), entry.place,
        fmt::format("{}: {} takes no such key; the nearest is {}; what is for another program "
                    "stands in a table of its name",
                    Harmless(entry.key), program_, Nearest(entry.key, keys)));
  }
  return absl::OkStatus();
}

absl::Status CommandLine::ReadConfig(const FileReader& read_file) {
  if (config_path_.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> text = read_file(config_path_);
  if (!text.ok()) return About(kConfig, text.status());
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(config_path_, *text, program_);
  if (!file.ok()) return file.status();
  config_ = *std::move(file);
  return CheckKeys();
}

absl::Status CommandLine::ReadBranch(const FileReader& read_file) {
  if (branch_path_.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> text = read_file(branch_path_);
  if (!text.ok()) return About("--branch", text.status());
  absl::StatusOr<BranchFile> file = BranchFile::Parse(branch_path_, *text);
  if (!file.ok()) return file.status();
  branch_ = *std::move(file);
  return absl::OkStatus();
}

// The sources of a value, first found first served; the branch comes behind all of these.
absl::Status CommandLine::SetFrom(Declared* option, const Environment& environment) {
  if (option->instead) return absl::OkStatus();
  if (!option->given.empty()) return SetFromCommandLine(option);
  if (absl::Status s = SetFromEnvironment(option, environment); !s.ok()) return s;
  if (!option->origin.empty() || !config_) return absl::OkStatus();
  const std::string key = KeyOf(*option);
  const TomlEntry* entry = key.empty() ? nullptr : config_->Find(key);
  return entry == nullptr ? absl::OkStatus()
                          : SetFromFile(option, config_->path(), key, *entry, "");
}

absl::Status CommandLine::SetFromBranch(Declared* option) {
  if (!branch_ || !option->branch_part) return absl::OkStatus();
  if (option->wants_branch && !option->wants_branch()) return absl::OkStatus();
  const TomlEntry* entry = branch_->Find(*option->branch_part, Feed());
  if (entry == nullptr) return absl::OkStatus();
  return SetFromFile(option, branch_->path(), BranchFile::Name(*option->branch_part, Feed()),
                     *entry, "branch ");
}

std::string CommandLine::Feed() const {
  const Declared& feed = *Find(kFeed);
  return feed.values.empty() ? feed.shown_default : feed.values.back();
}

absl::Status CommandLine::SetAll(const Environment& environment, const FileReader& read_file) {
  config_path_.clear();
  branch_path_.clear();
  config_.reset();
  branch_.reset();
  for (Declared& option : options_) {
    option.values.clear();
    option.origin.clear();
  }
  absl::Status status;
  if (takes_files_) status = SetFrom(Find(kConfig), environment);
  if (status.ok()) status = ReadConfig(read_file);
  for (Declared& option : options_) {
    if (status.ok() && option.name != kConfig) status = SetFrom(&option, environment);
  }
  if (status.ok()) status = ReadBranch(read_file);
  for (Declared& option : options_) {
    if (status.ok() && option.origin.empty()) status = SetFromBranch(&option);
    if (!status.ok()) return status;
    if (option.required && option.origin.empty()) return Missing(option);
    if (option.name.empty()) status = CheckCount(option);
  }
  return status;
}

ParseOutcome CommandLine::Read(const std::vector<std::string>& args, const Environment& environment,
                               const FileReader& read_file) {
  Printed printed;
  absl::Status status = Split(args, &printed);
  if (status.ok() && printed.help) return {kExitDone, Help(), ""};
  if (status.ok() && printed.version) return {kExitDone, Version() + "\n", ""};
  if (status.ok() && printed.options) return {kExitDone, OptionLines(), ""};
  for (const Declared& option : options_) {
    if (!status.ok() || !option.instead || option.given.empty()) continue;
    ParseOutcome outcome = option.instead(option.given.back());
    if (!outcome.err.empty()) outcome.err = fmt::format("{}: {}", program_, outcome.err);
    return outcome;
  }
  if (status.ok()) status = SetAll(environment, read_file);
  if (status.ok()) return {};
  return {ExitCodeFor(status), "", fmt::format("{}: {}\n", program_, Message(status))};
}

}  // namespace fantail::app
