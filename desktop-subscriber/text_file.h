// Small text files read whole: watch-lists and previous closes.
//
// Thread: any.  Limits: 16 MiB, a hundred times the largest sensible watch-list.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_TEXT_FILE_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_TEXT_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace fantail::desk {

absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// Takes the next line off *text, without its end (LF or CRLF) and the blanks around it. False when
// there is none.
bool NextLine(std::string_view* text, std::string_view* line);

// `text` without blanks and tabs around it.
std::string_view Trimmed(std::string_view text);

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_TEXT_FILE_H_
