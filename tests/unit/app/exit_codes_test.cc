#include "fantail/app/exit_codes.h"

#include <gtest/gtest.h>

namespace fantail::app {
namespace {

TEST(ExitCodesTest, BelongToErrors) {
  EXPECT_EQ(ExitCodeFor(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeFor(absl::InternalError("x")), 1);
  EXPECT_EQ(ExitCodeFor(absl::DataLossError("x")), 2);
  EXPECT_EQ(ExitCodeFor(absl::InvalidArgumentError("x")), 64);
  EXPECT_EQ(ExitCodeFor(absl::UnavailableError("x")), 69);
  EXPECT_EQ(ExitCodeFor(absl::PermissionDeniedError("x")), 74);
  EXPECT_EQ(ExitCodeFor(absl::DeadlineExceededError("x")), 75);
  EXPECT_EQ(ExitCodeFor(absl::FailedPreconditionError("x")), 78);
}

}  // namespace
}  // namespace fantail::app
