// A program of several commands: `fantail-tape info TAPE`. Each has a command line of its own
// (options.h), declared with the program's and its own name: "fantail-tape info".
//
// Thread: main.
// Errors: one line on stderr that names what was written and the commands there are; exit 64.
#ifndef FANTAIL_APP_COMMANDS_H_
#define FANTAIL_APP_COMMANDS_H_

#include <span>
#include <string>
#include <string_view>

namespace fantail::app {

struct Command {
  std::string_view name;
  std::string_view what;  // it does, for --help
  // Returns the exit code. argv[0] is the command's name.
  int (*run)(int argc, char** argv);
};

// Runs the command that argv[1] names, or prints --help or --version; the exit code.
int RunCommand(const std::string& program, std::string_view summary,
               std::span<const Command> commands, int argc, char** argv);

}  // namespace fantail::app

#endif  // FANTAIL_APP_COMMANDS_H_
