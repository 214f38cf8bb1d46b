// Yesterday's closing prices, for the change columns: a CSV file `symbol,close`, with or without
// that header.
//
// Thread: any.
// Errors: a file that cannot be read or a bad line, as one line that names file:line, the value and
// why.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_PREVIOUS_CLOSE_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_PREVIOUS_CLOSE_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "fantail/base/decimal.h"

namespace fantail::desk {

using PreviousCloses = absl::flat_hash_map<std::string, Decimal>;

absl::StatusOr<PreviousCloses> ParsePreviousCloses(std::string_view text, std::string_view name);
absl::StatusOr<PreviousCloses> LoadPreviousCloses(const std::string& path);

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_PREVIOUS_CLOSE_H_
