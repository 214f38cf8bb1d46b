// The lines that a desk tells a person: changes of state, gaps, the path. Whatever came over the
// network is made printable first, so that a name cannot carry escape sequences to a terminal.
//
// Thread: any.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_NOTICES_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_NOTICES_H_

#include <string>
#include <string_view>

#include "fantail/feed/feed_events.h"

namespace fantail::desk {

// `text` with every byte that is not printable ASCII as '?'.
std::string Printable(std::string_view text);

// `desk <- gateway branch-1 <- publisher hq`.
std::string PathText(const feed::FeedState& state);

// `link to gateway branch-1 is silent for 3.0 s`: why it is not live, with the hop's name if the
// cause does not say it.
std::string CauseText(const feed::FeedState& state);

// `stale: link to gateway branch-1 is silent for 3.0 s`, `live: desk <- gateway branch-1 <- ...`.
std::string StateLine(const feed::FeedState& state);

// `gap: positions 101 to 250 of A*, MSFT: not held`. At most four patterns are named.
std::string GapLine(const feed::GapNotice& gap);

// `refused: X*: not allowed here`; empty if nothing was refused.
std::string HaveLine(const feed::HaveNotice& have);

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_NOTICES_H_
