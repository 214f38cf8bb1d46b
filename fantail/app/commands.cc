#include "fantail/app/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "fantail/app/edit_distance.h"
#include "fantail/app/options.h"

namespace fantail::app {
namespace {

std::string Help(std::string_view program, std::string_view summary,
                 std::span<const Command> commands) {
  std::string out =
      fmt::format("{0}: {1}\n\nUsage: {0} COMMAND [OPTION...]\n\nCommands:\n", program, summary);
  for (const Command& command : commands) {
    out += fmt::format("  {:<10}  {}\n", command.name, command.what);
  }
  return out + fmt::format(
                   "\n  {0} COMMAND --help    its options, with examples\n"
                   "  {0} --version         print the version and exit\n",
                   program);
}

std::string Names(std::span<const Command> commands) {
  std::string names;
  for (const Command& command : commands) {
    names += names.empty() ? "" : &command == &commands.back() ? " or " : ", ";
    names += command.name;
  }
  return names;
}

}  // namespace

int RunCommand(const std::string& program, std::string_view summary,
               std::span<const Command> commands, int argc, char** argv) {
  const CommandLine line(program, std::string(summary));
  const std::string_view word = argc > 1 ? argv[1] : "";
  for (const Command& command : commands) {
    if (word == command.name) return command.run(argc - 1, argv + 1);
  }
  if (word == "--help" || word == "-h") {
    std::fputs(Help(program, summary, commands).c_str(), stdout);
    return 0;
  }
  if (word == "--version") {
    std::fputs((line.Version() + "\n").c_str(), stdout);
    return 0;
  }
  if (word.empty()) {
    return line.Fail(absl::InvalidArgumentError(
        fmt::format("no command; write {} {}", program, Names(commands))));
  }
  const auto nearest =
      std::min_element(commands.begin(), commands.end(), [&](const Command& a, const Command& b) {
        return EditDistance(word, a.name) < EditDistance(word, b.name);
      });
  return line.Fail(absl::InvalidArgumentError(
      fmt::format("\"{}\": no such command; the nearest is {}; there are {}", word, nearest->name,
                  Names(commands))));
}

}  // namespace fantail::app
