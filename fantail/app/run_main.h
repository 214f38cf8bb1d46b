// What the `main` of every program does.
#ifndef FANTAIL_APP_RUN_MAIN_H_
#define FANTAIL_APP_RUN_MAIN_H_

#include <malloc.h>

#include <cstdio>
#include <exception>

#include "fantail/app/exit_codes.h"

namespace fantail::app {

// What is freed at the top of the heap stays with the process, up to this: messages of 64 KiB come
// and go by the thousand, and a page that the kernel gives anew it clears first.
inline constexpr int kKeptBytes = 16 << 20;

// `main()`, which gives the exit code. An exception that nobody expected is one line.
template <class Main>
int RunMain(const char* program, Main main) {
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  try {
    return main();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return kExitFailed;
  }
}

}  // namespace fantail::app

#endif  // FANTAIL_APP_RUN_MAIN_H_
