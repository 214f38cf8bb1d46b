// How every Fantail program ends: the exit codes, and the code that belongs to an error. The same
// table is printed by --help and stands in docs/operations.md.
//
// Thread: any.
#ifndef FANTAIL_APP_EXIT_CODES_H_
#define FANTAIL_APP_EXIT_CODES_H_

#include <array>

#include "absl/status/status.h"

namespace fantail::app {

// Numbers from 64 on are those of sysexits.h; 128 + n is a shell's code for "ended by signal n".
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,
  kExitDataNotAllGood = 2,
  kExitUsage = 64,
  kExitUnreachable = 69,
  kExitInputOutput = 74,
  kExitTimedOut = 75,
  kExitConfiguration = 78,
  kExitInterrupted = 130,
  kExitTerminated = 143,
};

struct ExitCodeText {
  ExitCode code;
  const char* text;
};

inline constexpr std::array<ExitCodeText, 10> kExitCodes = {{
    {kExitDone, "done"},
    {kExitFailed, "failed"},
    {kExitDataNotAllGood, "done, but the data was not all good (bad rows, gaps)"},
    {kExitUsage, "wrong usage: an option or a value on the command line"},
    {kExitUnreachable, "the other side cannot be reached, or refused"},
    {kExitInputOutput, "a file or a stream cannot be read or written"},
    {kExitTimedOut, "timed out"},
    {kExitConfiguration, "bad configuration: an environment variable or a file, or keys missing"},
    {kExitInterrupted, "ended by SIGINT"},
    {kExitTerminated, "ended by SIGTERM; 0 where that stops a program that serves in good order"},
}};

// The code a program ends with because of `status`: InvalidArgument is wrong usage,
// FailedPrecondition bad configuration, Unavailable unreachable, DeadlineExceeded timed out,
// DataLoss data not all good; NotFound, PermissionDenied, AlreadyExists and ResourceExhausted speak
// of files: input/output.
inline ExitCode ExitCodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kFailedPrecondition:
      return kExitConfiguration;
    case absl::StatusCode::kUnavailable:
      return kExitUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      return kExitTimedOut;
    case absl::StatusCode::kDataLoss:
      return kExitDataNotAllGood;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kResourceExhausted:
      return kExitInputOutput;
    default:
      return kExitFailed;
  }
}

}  // namespace fantail::app

#endif  // FANTAIL_APP_EXIT_CODES_H_
