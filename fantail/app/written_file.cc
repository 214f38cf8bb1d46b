#include "fantail/app/written_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace fantail::app {
namespace {

std::string TemporaryName(const std::string& path) {
  return fmt::format("{}.{}.tmp", path, getpid());
}

absl::Status NotWritable(std::string_view option, const std::string& path, int error) {
  return absl::PermissionDeniedError(fmt::format(
      "{} \"{}\": cannot be written: {}; name another file", option, path, std::strerror(error)));
}

// 0 or the errno of what failed.
int WriteWhole(const std::string& path, std::string_view text) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return errno;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int error = written ? 0 : errno;
  if (std::fclose(file) != 0 && error == 0) return errno;
  return error;
}

bool IsDirectory(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

absl::Status CheckWritable(std::string_view option, const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  if (IsDirectory(path)) return NotWritable(option, path, EISDIR);
  const std::string temporary = TemporaryName(path);
  const int error = WriteWhole(temporary, "");
  if (error != 0) return NotWritable(option, path, error);
  unlink(temporary.c_str());
  return absl::OkStatus();
}

absl::Status WriteKeyValues(std::string_view option, const std::string& path,
                            const KeyValues& lines) {
  if (path.empty()) return absl::OkStatus();
  std::string text;
  for (const auto& [key, value] : lines) text += fmt::format("{} {}\n", key, value);
  const std::string temporary = TemporaryName(path);
  int error = WriteWhole(temporary, text);
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  unlink(temporary.c_str());
  return NotWritable(option, path, error);
}

}  // namespace fantail::app
