// A row of a tick file: a tick with its names in place of ids.
//
// Thread: values; use them anywhere.  Ownership: the texts point into whatever was parsed.
#ifndef FANTAIL_TEXT_ROW_H_
#define FANTAIL_TEXT_ROW_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "fantail/wire/tick.h"

namespace fantail::text {

struct Row {
  std::string_view symbol;
  std::string_view venue;  // empty: none
  wire::Tick tick;         // topic, sequence and venue are 0: a publisher's sequencer gives them
  // The row was written without a time: the tick's is 0, and it is stamped when it is published.
  bool no_time = false;
  // What a part of an object carries.
  std::span<const std::byte> payload = {};
};

}  // namespace fantail::text

#endif  // FANTAIL_TEXT_ROW_H_
