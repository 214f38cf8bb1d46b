// Splits a command line among the options that a program knows. Behind it is CLI11, which no other
// file may include: it costs 17 s of compile time wherever it is.
//
// Thread: any.
#ifndef FANTAIL_APP_SPLIT_ARGUMENTS_H_
#define FANTAIL_APP_SPLIT_ARGUMENTS_H_

#include <string>
#include <vector>

namespace fantail::app {

struct KnownOption {
  std::string name;  // `--feed`; a short form may follow, `--help,-h`
  bool takes_value = true;
};

struct SplitArguments {
  // Of each known option, in the order of the command line. A flag without a value has "true".
  std::vector<std::vector<std::string>> values;
  std::vector<std::string> positionals;
  // Each is empty if all is well, and else the first that is wrong.
  std::string unknown_option;
  std::string without_value;  // the name of an option that needs one, or of a flag that has one
};

// `--name value`, `--name=value`, and after `--` only positionals.
SplitArguments Split(const std::vector<KnownOption>& known,
                     const std::vector<std::string>& arguments);

}  // namespace fantail::app

#endif  // FANTAIL_APP_SPLIT_ARGUMENTS_H_
