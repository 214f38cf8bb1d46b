// A configuration file: what it says to one program. A key at the top is for every program that
// reads the file; one in the table `[fantail-gateway]`, or `[fantail-bus.run]` for a program's
// command, is for that program alone, and counts before the one at the top.
//
// Thread: any.
// Errors: FailedPrecondition with the place, as toml.h says.
#ifndef FANTAIL_APP_CONFIG_FILE_H_
#define FANTAIL_APP_CONFIG_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fantail/app/toml.h"

namespace fantail::app {

class ConfigFile {
 public:
  // What `text` says to `program`, such as `fantail-bus run`. A table of a program that there is
  // not is an error; those of other programs are not looked at.
  static absl::StatusOr<ConfigFile> Parse(const std::string& path, std::string_view text,
                                          const std::string& program);

  const std::string& path() const { return path_; }
  // What the program must know, in the order of the file.
  const std::vector<TomlEntry>& entries() const { return entries_; }
  // What counts for this key; nullptr if nothing does.
  const TomlEntry* Find(std::string_view key) const;
  // Where the keys of the program alone stand: `[fantail-bus.run]`.
  static std::string TableName(std::string_view program);

 private:
  std::string path_;
  std::vector<TomlEntry> entries_;  // those of the program's own table are the last
};

}  // namespace fantail::app

#endif  // FANTAIL_APP_CONFIG_FILE_H_
