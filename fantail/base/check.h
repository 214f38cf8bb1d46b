// FANTAIL_CHECK(condition, values...): stops the process when the program itself is wrong, with the
// expression and the values. Never for bytes, files or arguments from outside: those get an error.
//
// Thread: any.  Cost: one predictable branch; checks stay on in release builds.
#ifndef FANTAIL_BASE_CHECK_H_
#define FANTAIL_BASE_CHECK_H_

#include <sstream>
#include <string>

namespace fantail {

// Prints one line to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression,
                              const std::string& values);

template <class... Values>
std::string CheckValues(const Values&... values) {
  std::ostringstream out;
  ((out << ' ' << values), ...);
  return out.str();
}

}  // namespace fantail

#define FANTAIL_CHECK(condition, ...)                                                              \
  do {                                                                                             \
    if (!(condition)) [[unlikely]] {                                                               \
      ::fantail::CheckFailed(__FILE__, __LINE__, #condition, ::fantail::CheckValues(__VA_ARGS__)); \
    }                                                                                              \
  } while (false)

#endif  // FANTAIL_BASE_CHECK_H_
