// Options that are about a feed: how fast it is published, and what of it.
//
// Thread: main.
#ifndef FANTAIL_APP_FEED_OPTIONS_H_
#define FANTAIL_APP_FEED_OPTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "fantail/app/options.h"
#include "fantail/base/pattern.h"

namespace fantail::app {

// Declares `--speed FACTOR`: a number from `least` to `most`, or `max`, which is 0. REQUIRES:
// *speed is 1.
void AddSpeedOption(double* speed, double least, double most, CommandLine* line);

// Declares `--wait-for PATTERN`; empty if nobody is waited for.
void AddWaitForOption(std::string* pattern, CommandLine* line);

// Declares an option that takes a pattern and may be given again.
void AddPatternsOption(std::string_view spec, std::vector<Pattern>* patterns, std::string_view help,
                       CommandLine* line);

}  // namespace fantail::app

#endif  // FANTAIL_APP_FEED_OPTIONS_H_
