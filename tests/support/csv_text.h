// Tick files as tests compare them.
//
// Thread: any.
#ifndef FANTAIL_TESTS_SUPPORT_CSV_TEXT_H_
#define FANTAIL_TESTS_SUPPORT_CSV_TEXT_H_

#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

namespace fantail::testing {

// The text of a gzip file.
inline std::string Unzipped(const std::string& path) {
  std::string text;
  std::vector<char> block(1 << 20);
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return text;
  while (const int n = gzread(file, block.data(), static_cast<unsigned>(block.size()))) {
    if (n < 0) break;
    text.append(block.data(), static_cast<size_t>(n));
  }
  gzclose(file);
  return text;
}

// Every decimal without the zeros at its end: what differs may only be how it was written.
inline std::string WithoutTrailingZeros(std::string_view csv) {
  std::string text;
  text.reserve(csv.size());
  size_t point = std::string::npos;  // of the number that is being copied
  bool number = true;
  for (const char c : csv) {
    if (c == ',' || c == '\n') {
      if (number && point != std::string::npos) {
        while (text.back() == '0') text.pop_back();
        if (text.back() == '.') text.pop_back();
      }
      point = std::string::npos;
      number = true;
    } else if (c == '.' && number && point == std::string::npos) {
      point = text.size();
    } else if (c < '0' || c > '9') {
      number = false;
    }
    text += c;
  }
  return text;
}

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SUPPORT_CSV_TEXT_H_
