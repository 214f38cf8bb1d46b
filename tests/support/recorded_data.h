// Where the recorded market data lies that some tests use: $FANTAIL_DATA, or `../shared/data`
// beside the project. It is other people's, so it is never part of the project; a test that needs
// it begins with FANTAIL_NEEDS_RECORDED_DATA(name, &path) and is skipped where it is absent.
//
// Thread: any.
#ifndef FANTAIL_TESTS_SUPPORT_RECORDED_DATA_H_
#define FANTAIL_TESTS_SUPPORT_RECORDED_DATA_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace fantail::testing {

// The path of a recorded file, whether or not it is there.
inline std::string RecordedDataPath(const std::string& name) {
  const char* folder = std::getenv("FANTAIL_DATA");
  return (folder != nullptr ? std::string(folder) : FANTAIL_SOURCE_DIR "/../shared/data") + "/" +
         name;
}

}  // namespace fantail::testing

#define FANTAIL_NEEDS_RECORDED_DATA(name, path)         \
  *(path) = ::fantail::testing::RecordedDataPath(name); \
  if (access((path)->c_str(), R_OK) != 0)               \
  GTEST_SKIP() << "needs the recorded data " << *(path) << "; set FANTAIL_DATA to its folder"

#endif  // FANTAIL_TESTS_SUPPORT_RECORDED_DATA_H_
