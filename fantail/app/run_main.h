// What the `main` of every program does.
#ifndef FANTAIL_APP_RUN_MAIN_H_
#define FANTAIL_APP_RUN_MAIN_H_

#include <cstdio>
#include <exception>

#include "fantail/app/exit_codes.h"

namespace fantail::app {

// `main()`, which gives the exit code. An exception that nobody expected is one line.
template <class Main>
int RunMain(const char* program, Main main) {
  try {
    return main();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return kExitFailed;
  }
}

}  // namespace fantail::app

#endif  // FANTAIL_APP_RUN_MAIN_H_
