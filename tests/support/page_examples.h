// The worked examples of a page of the documentation, so that a test can compare them.
// REQUIRES: FANTAIL_SOURCE_DIR is defined.
//
// Thread: any.
#ifndef FANTAIL_TESTS_SUPPORT_PAGE_EXAMPLES_H_
#define FANTAIL_TESTS_SUPPORT_PAGE_EXAMPLES_H_

#include <cstddef>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace fantail::testing {

// The code blocks behind "### Example: NAME" of a page, by name: two digits a byte, anything behind
// `;` is for the reader.
inline std::map<std::string, std::vector<std::byte>> ReadExamples(const std::string& path) {
  std::map<std::string, std::vector<std::byte>> examples;
  std::ifstream page(FANTAIL_SOURCE_DIR "/" + path);
  std::string name;
  bool in_block = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("### ")) name.clear();
    if (line.starts_with("### Example: ")) name = line.substr(13);
    if (line.starts_with("```")) {
      in_block = !in_block && !name.empty();
      continue;
    }
    if (!in_block) continue;
    std::string digits;
    for (const char c : line.substr(0, line.find(';'))) {
      if (c != ' ') digits.push_back(c);
    }
    for (size_t i = 0; i + 1 < digits.size(); i += 2) {
      examples[name].push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    }
  }
  return examples;
}

// Two digits a byte, 16 bytes a line.
inline std::string Hex(std::span<const std::byte> bytes) {
  static const char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) text.push_back(i % 16 == 0 ? '\n' : ' ');
    text.push_back(kDigits[static_cast<int>(bytes[i]) >> 4]);
    text.push_back(kDigits[static_cast<int>(bytes[i]) & 15]);
  }
  return text;
}

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SUPPORT_PAGE_EXAMPLES_H_
