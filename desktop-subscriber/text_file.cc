#include "desktop-subscriber/text_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "absl/status/status.h"

namespace fantail::desk {
namespace {

constexpr size_t kMaxFileBytes = size_t{16} << 20;

struct CloseFile {
  void operator()(FILE* file) const { fclose(file); }
};

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  const std::unique_ptr<FILE, CloseFile> file(fopen(path.c_str(), "re"));
  if (file == nullptr) return absl::NotFoundError(path + ": cannot open: " + strerror(errno));
  std::string text;
  char piece[65536];
  while (const size_t n = fread(piece, 1, sizeof piece, file.get())) {
    text.append(piece, n);
    if (text.size() > kMaxFileBytes) {
      return absl::InvalidArgumentError(path + ": longer than 16 MiB; is this the right file?");
    }
  }
  if (ferror(file.get())) return absl::DataLossError(path + ": cannot read: " + strerror(errno));
  return text;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool NextLine(std::string_view* text, std::string_view* line) {
  if (text->empty()) return false;
  const size_t end = text->find('\n');
  *line = Trimmed(text->substr(0, end));
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return true;
}

}  // namespace fantail::desk
