// The options of programs that publish a feed from a recording or a source.
//
// Thread: main.
#ifndef FANTAIL_APP_FEED_OPTIONS_H_
#define FANTAIL_APP_FEED_OPTIONS_H_

#include <string>
#include <string_view>

#include "fantail/app/options.h"

namespace fantail::app {

// Declares `--speed FACTOR`: a number from `least` to `most`, or `max`, which is 0. REQUIRES:
// *speed is 1.
void AddSpeedOption(double* speed, double least, double most, CommandLine* line);

// Declares `--wait-for PATTERN`; empty if nobody is waited for.
void AddWaitForOption(std::string* pattern, CommandLine* line);

}  // namespace fantail::app

#endif  // FANTAIL_APP_FEED_OPTIONS_H_
