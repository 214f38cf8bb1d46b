// What `fantail-tape import` takes for IN: a source as the publisher's --source names it
// (`csv:FILE`, `synthetic:...`), or just a file, whose kind is told by its name or its first bytes.
//
// Thread: any.  Errors: one line that names the file and what to write.
#ifndef FANTAIL_TAPE_TOOL_INPUT_SPEC_H_
#define FANTAIL_TAPE_TOOL_INPUT_SPEC_H_

#include <absl/status/statusor.h>

#include <string>

namespace fantail::tape_tool {

// The spec for source::OpenSource.
absl::StatusOr<std::string> InputSpec(const std::string& in);

}  // namespace fantail::tape_tool

#endif  // FANTAIL_TAPE_TOOL_INPUT_SPEC_H_
