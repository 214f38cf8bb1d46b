// Text from outside, made fit for a log or a terminal: anything but printable ASCII becomes \xNN.
//
// Thread: any.
#ifndef FANTAIL_BASE_PRINTABLE_H_
#define FANTAIL_BASE_PRINTABLE_H_

#include <string>
#include <string_view>

namespace fantail {

std::string EscapeUnprintable(std::string_view text);

}  // namespace fantail

#endif  // FANTAIL_BASE_PRINTABLE_H_
