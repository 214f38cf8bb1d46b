// What is known of the trading of one security, and what changes of status follow from it: a halt
// when the first reason for one comes, a resume when the last one goes, open and close with the
// market, and nothing for what changes nothing.
//
// Thread: one owner.
#ifndef FANTAIL_SOURCE_HALTS_H_
#define FANTAIL_SOURCE_HALTS_H_

#include <cstdint>
#include <optional>

#include "fantail/wire/tick.h"

namespace fantail::source {

class Halts {
 public:
  // Two independent reasons: the regulator's or listing market's, and the venue's own systems.
  enum class Reason : uint8_t { kRegulatory = 1, kOperational = 2 };

  std::optional<wire::TradingStatus> Set(Reason reason, bool halted) {
    const bool before = halted_ != 0;
    const auto bit = static_cast<uint8_t>(reason);
    halted_ = static_cast<uint8_t>(halted ? halted_ | bit : halted_ & ~bit);
    if ((halted_ != 0) == before) return std::nullopt;
    return before ? wire::TradingStatus::kResume : wire::TradingStatus::kHalt;
  }

  // The market opens: what is halted stays so.
  std::optional<wire::TradingStatus> Open() const {
    if (halted_ != 0) return std::nullopt;
    return wire::TradingStatus::kOpen;
  }

 private:
  uint8_t halted_ = 0;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_HALTS_H_
