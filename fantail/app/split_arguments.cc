#include "fantail/app/split_arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace fantail::app {
namespace {

// CLI11 asks for a conversion of the values; ours comes later, with our own messages.
const CLI::callback_t kKeepAsIs = [](const CLI::results_t&) { return true; };

std::vector<CLI::Option*> Register(const std::vector<KnownOption>& known, CLI::App* app) {
  std::vector<CLI::Option*> options;
  for (const KnownOption& option : known) {
    if (option.takes_value) {
      options.push_back(app->add_option(option.name, kKeepAsIs)->expected(1));
    } else {
      options.push_back(app->add_flag_callback(option.name, [] {}));
    }
    options.back()->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  return options;
}

// CLI11 takes what follows an option for its value, even if it is the next option.
bool TookAnOption(const std::vector<KnownOption>& known, const std::vector<std::string>& values) {
  for (const KnownOption& option : known) {
    if (std::count(values.begin(), values.end(), option.name) > 0) return true;
  }
  return false;
}

// What belongs to no option: positionals, which CLI11 does not get to see because it would take
// `[A,B]` apart, and unknown options.
void SortOutRest(const std::vector<std::string>& rest, SplitArguments* split) {
  bool only_positionals = false;
  for (const std::string& argument : rest) {
    if (!only_positionals && argument == "--") {
      only_positionals = true;
    } else if (only_positionals || argument.size() < 2 || argument.front() != '-') {
      split->positionals.push_back(argument);
    } else if (split->unknown_option.empty()) {
      split->unknown_option = argument;
    }
  }
}

}  // namespace

SplitArguments Split(const std::vector<KnownOption>& known,
                     const std::vector<std::string>& arguments) {
  SplitArguments split;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const std::vector<CLI::Option*> options = Register(known, &app);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    // All that can still go wrong is a value that is missing, or one given to a flag; both messages
    // begin with the option's name.
    const std::string what = error.what();
    split.without_value = what.substr(0, what.find_first_of(": "));
    return split;
  }
  for (size_t i = 0; i < options.size(); ++i) {
    split.values.push_back(options[i]->results());
    if (TookAnOption(known, split.values[i])) split.without_value = known[i].name;
  }
  SortOutRest(app.remaining(), &split);
  return split;
}

}  // namespace fantail::app
