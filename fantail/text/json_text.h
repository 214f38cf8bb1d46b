// Strings of JSON (RFC 8259) for names that may be any bytes but NUL.
//
// JSON is UTF-8. A byte that is no part of valid UTF-8 is written as \udcXX, XX being the byte, and
// read back as that byte (Python calls this surrogateescape; no valid text has these code units, so
// nothing is ambiguous). What is printed is thus always valid UTF-8, and every name comes back.
//
// Thread: any.  Cost: plain ASCII is looked at once and copied.
#ifndef FANTAIL_TEXT_JSON_TEXT_H_
#define FANTAIL_TEXT_JSON_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace fantail::text {

// The most bytes that FormatJsonString writes: quotation marks, and \u00XX for each byte.
constexpr size_t MaxJsonString(size_t bytes) {
  return 2 + 6 * bytes;
}

// Writes `text` in quotation marks to `out`, which has room for MaxJsonString of its size, and
// returns the end.
char* FormatJsonString(std::string_view text, char* out);
// Appends the same to *out.
void AppendJsonString(std::string_view text, std::string* out);

// Appends what stands between the quotation marks of a JSON string. False if an escape is wrong, or
// a control character stands there as it is; *out is then unspecified.
bool ReadJsonString(std::string_view raw, std::string* out);

}  // namespace fantail::text

#endif  // FANTAIL_TEXT_JSON_TEXT_H_
