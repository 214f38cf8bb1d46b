// `FILE,KEY=VALUE,...`: what stands behind the scheme of a source that is read from a file.
//
// Thread: any.
#ifndef FANTAIL_SOURCE_FILE_SPEC_H_
#define FANTAIL_SOURCE_FILE_SPEC_H_

#include <absl/status/statusor.h>

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace fantail::source {

struct FileSpec {
  std::string file;
  std::map<std::string, std::string, std::less<>> values;  // by key

  // The value of a key that is yes or no; `otherwise` if it is not given.
  absl::StatusOr<bool> YesOrNo(std::string_view key, bool otherwise) const;
  std::string_view Value(std::string_view key) const;  // empty: not given
};

// Takes off every `,WORD=VALUE` at the end; what stands before is the file, commas and all. The
// error names `scheme`, what is wrong, and the keys that there are.
absl::StatusOr<FileSpec> ParseFileSpec(std::string_view scheme, std::string_view text,
                                       std::span<const std::string_view> keys);

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_FILE_SPEC_H_
