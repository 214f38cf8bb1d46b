// The command line of a program: declares its options, reads them from the command line, the
// environment and files, and prints --help and --version. The same everywhere, so that who knows
// one Fantail program knows them all.
//
//   CommandLine line("fantail-desk", "subscribes to a feed and shows it");
//   line.Choice("--format FORMAT", &format, {"board", "csv"}, "what to print");
//   line.Positionals("PATTERN", &patterns, "what to subscribe to: AAP* or AAPL; none asks for *");
//   line.Example("fantail-desk --connect tcp://127.0.0.1:5556 'AAP*'", "what begins with AAP");
//   AddCommonOptions(&common, &line);
//   if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
//   if (const absl::Status s = StartUp(common, line); !s.ok()) return line.Fail(s);
//   ...                                                   // what else must be right
//   if (const std::optional<int> code = line.Checked()) return *code;
//
// An option's value comes from the first of: the command line; the environment (`--status-every` is
// FANTAIL_STATUS_EVERY; an empty variable counts as not set); the configuration file
// (config_file.h: `status-every`; an empty list counts as not set); the branch file
// (branch_file.h); what the variable held when the option was declared, its default.
//
// Thread: main, before any other exists.
// Ownership: keeps the pointers to the variables until it is destroyed.
// Errors: one line on stderr that names the program, the option, the value and the remedy; exit 64
//   for the command line, 78 for the environment and files.
#ifndef FANTAIL_APP_OPTIONS_H_
#define FANTAIL_APP_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/app/branch_file.h"
#include "fantail/app/config_file.h"
#include "fantail/app/toml.h"
#include "fantail/app/values.h"
#include "fantail/base/time.h"

namespace fantail::app {

// Takes one value of an option. The message of an error says what is wrong and the remedy.
using Setter = std::function<absl::Status(const std::string& value)>;
// The value of an environment variable; nullptr if there is none. std::getenv is one.
using Environment = std::function<const char*(const char* name)>;
// The text of a file. ReadTomlFile is one.
using FileReader = std::function<absl::StatusOr<std::string>(const std::string& path)>;

// What came of reading a command line: the variables are set, or the program is to print this
// and end.
struct ParseOutcome {
  std::optional<int> exit_code;  // none: go on
  std::string out;
  std::string err;
};

// How many positionals there must be.
struct Count {
  size_t least = 0;
  size_t most = std::numeric_limits<size_t>::max();
};

class CommandLine {
 public:
  CommandLine(std::string program, std::string summary);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Each takes `--name VALUE` and a help text of one sentence without a full stop. A default of no
  // time, or of a number that is out of range, means "none" and is not shown. REQUIRES: the
  // variable outlives the command line; names differ.
  void Option(std::string_view spec, std::string* value, std::string_view help);
  void Option(std::string_view spec, Nanos* value, std::string_view help);
  void Option(std::string_view spec, ByteSize* value, std::string_view help);
  void Option(std::string_view spec, BitRate* value, std::string_view help);
  void Option(std::string_view spec, uint64_t* value, std::string_view help, Range range = {});
  // One of `choices`.
  void Choice(std::string_view spec, std::string* value, std::vector<std::string> choices,
              std::string_view help);
  // Takes no value: --name alone says yes.
  void Flag(std::string_view spec, bool* value, std::string_view help);
  // May be given several times; in the environment, separated by blanks.
  void Repeated(std::string_view spec, std::vector<std::string>* values, std::string_view help);
  // Anything else. `set` is called once, or once for each value if `repeats`;
  // `shown_default` is for --help alone.
  void Custom(std::string_view spec, Setter set, std::string_view help,
              std::string_view shown_default = "", bool repeats = false);
  // What stands on the command line without an option in front. Where `count` is one number, the
  // name is of them all: `IN OUT`. REQUIRES: at most one call.
  void Positionals(std::string_view name, std::vector<std::string>* values, std::string_view help,
                   Count count = {});

  // Done instead of all else, as --help is: with it nothing else is read or required, and what
  // `run` gives is printed. It takes a value if `spec` has one, and only stands on a command line.
  void Instead(std::string_view spec, std::function<ParseOutcome(const std::string& value)> run,
               std::string_view help);

  // Prints `text` instead of all else, for a page of the manual: --help says nothing of it.
  void Listing(std::string_view name, std::string text);

  // The option `--name`, already declared, must be given.
  void Require(std::string_view name);
  // The option `--name`, already declared, may come from this part of a branch file, if `wanted`
  // then says so; the other sources have been read by then. REQUIRES: AddFiles() will be called.
  void FromBranch(std::string_view name, BranchPart part, std::function<bool()> wanted = nullptr);
  // Declares --config, --branch and --check-config. REQUIRES: --feed is declared.
  void AddFiles();
  // Options declared from here on stand under this title in --help.
  void Section(std::string_view title);
  // Printed at the end of --help, in order.
  void Example(std::string_view command, std::string_view what);

  // Reads everything and sets the variables; `args` without the program's name. A pure function of
  // its arguments, for tests; Parse() below is for main.
  ParseOutcome Read(const std::vector<std::string>& args, const Environment& environment,
                    const FileReader& read_file = ReadTomlFile);

  // The same with the real environment. Prints what there is to print; the code to end
  // with, or none.
  std::optional<int> Parse(int argc, const char* const* argv);

  // What comes of --check-config: prints what the program would run with, and gives the code to end
  // with; none without it. Call it when everything is checked, before anything is opened that
  // others could notice.
  std::optional<int> Checked() const;
  // Each option with its value and where that is from, a line each.
  std::string Settings() const;

  // Says `program: message` on stderr and returns the exit code that belongs to it: the way to end
  // on any error in main.
  int Fail(const absl::Status& status) const;

  const std::string& program() const { return program_; }
  std::string Help() const;
  // What --list-options prints, for the page of all options: name, value, default, meaning and
  // section of each, a line each, with tabs between them. The positionals have no name.
  std::string OptionLines() const;
  std::string Version() const;

 private:
  struct Declared {
    std::string name;        // `--feed`; empty for the positionals
    std::string value_name;  // `NAME`; empty for a flag
    std::string help;
    std::string shown_default;
    std::string section;
    bool repeats = false;
    bool required = false;
    bool is_number = false;
    bool hidden = false;  // from --help
    std::optional<BranchPart> branch_part;
    std::function<bool()> wants_branch;  // none: always
    Setter set;
    std::function<ParseOutcome(const std::string&)> instead;  // none: an ordinary option
    std::vector<std::string> given;                           // on the command line
    // What it was set to and where that stood; no origin: it has its default.
    std::vector<std::string> values;
    std::string origin;

    bool is_flag() const { return value_name.empty(); }
  };
  static constexpr std::string_view kFeed = "--feed";

  // What the command line asks to have printed instead of all else.
  struct Printed {
    bool help = false;
    bool version = false;
    bool options = false;
  };
  struct Shown {
    std::string command;
    std::string what;
  };

  void Declare(std::string_view spec, std::string_view help, std::string shown_default, Setter set);
  const Declared* Find(std::string_view name) const;
  Declared* Find(std::string_view name);
  // Splits `args` among the options' `given`. An error's message is whole.
  absl::Status Split(const std::vector<std::string>& args, Printed* printed);
  absl::Status Unknown(std::string_view argument) const;
  absl::Status WithoutValue(std::string_view name) const;
  absl::Status Missing(const Declared& option) const;
  absl::Status CheckCount(const Declared& positionals) const;
  // `[PATTERN...]`, `TAPE...` or `IN OUT`; empty if there are none.
  std::string PositionalsUsage() const;
  // The key of a configuration file; empty if it cannot stand there.
  std::string KeyOf(const Declared& option) const;
  // Sets everything, as far as the sources say.
  absl::Status SetAll(const Environment& environment, const FileReader& read_file);
  absl::Status SetFrom(Declared* option, const Environment& environment);
  absl::Status SetFromCommandLine(Declared* option);
  absl::Status SetFromEnvironment(Declared* option, const Environment& environment);
  absl::Status SetFromBranch(Declared* option);
  // `name` is how the file calls it.
  absl::Status SetFromFile(Declared* option, const std::string& path, std::string_view name,
                           const TomlEntry& entry, std::string_view kind_of_file);
  // What is wrong with the type of `value`, and the remedy; nullptr if nothing is.
  static const char* TypeProblem(const Declared& option, const TomlValue& value);
  absl::Status ReadConfig(const FileReader& read_file);
  absl::Status ReadBranch(const FileReader& read_file);
  absl::Status CheckKeys() const;
  std::string Feed() const;

  std::string program_;
  std::string summary_;
  std::string section_ = "Options";
  std::vector<Declared> options_;
  Count positionals_;
  std::vector<Shown> examples_;
  bool takes_files_ = false;
  std::string config_path_;
  std::string branch_path_;
  bool check_config_ = false;
  std::optional<ConfigFile> config_;
  std::optional<BranchFile> branch_;
};

// `--status-every` -> `FANTAIL_STATUS_EVERY`.
std::string EnvironmentName(std::string_view option);

// The same error, about the value of `option`.
absl::Status About(std::string_view option, const absl::Status& status);

}  // namespace fantail::app

#endif  // FANTAIL_APP_OPTIONS_H_
