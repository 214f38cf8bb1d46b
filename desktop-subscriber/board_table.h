// The table in the middle of a board: its columns, which of them fit, and the rows.
//
// Thread: any that may read the model.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_BOARD_TABLE_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_BOARD_TABLE_H_

#include <cstddef>

#include "desktop-subscriber/board_render.h"

namespace fantail::desk {

// The line of titles and `count` rows from row `top` on (fewer if there are no more).
Screen RenderTable(const BoardModel& model, const BoardFrame& frame, size_t top, size_t count,
                   MonotonicTime now);

// The word in a row's STATE column: LIVE, HALT, CLOSED, GAP, STALE, ...
std::string RowStateText(const BoardModel& model, const BoardRow& row);

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_BOARD_TABLE_H_
