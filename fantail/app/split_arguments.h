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
  std::string name;  // `--feed`; empty: the positionals, of which there may be any number
  bool takes_value = true;
};

struct SplitArguments {
  // Of each known option, in the order of the command line. A flag without a value has "true".
  std::vector<std::vector<std::string>> values;
  // Each is empty if all is well. They hold what is wrong, as it stands on the command line.
  std::string unknown_option;
  std::string unexpected_argument;
  std::string without_value;  // the name of an option that needs one
};

// `--name value`, `--name=value`, and after `--` only positionals.
SplitArguments Split(const std::vector<KnownOption>& known,
                     const std::vector<std::string>& arguments);

}  // namespace fantail::app

#endif  // FANTAIL_APP_SPLIT_ARGUMENTS_H_
