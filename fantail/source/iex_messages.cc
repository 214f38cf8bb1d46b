#include "fantail/source/iex_messages.h"

#include "fantail/base/pattern.h"

namespace fantail::source {
namespace {

constexpr size_t kTimeAt = 2;
constexpr size_t kSymbolAt = 10;
constexpr size_t kSymbolBytes = 8;
constexpr uint8_t kEventComplete = 1;

// The bytes that a message of the type has at least; 0: the type says nothing about a tick.
size_t LeastBytes(char type) {
  switch (type) {
    case 'Q':
      return 42;
    case 'T':
    case 'B':
      return 38;
    case '8':
    case '5':
      return 30;
    case 'H':
      return 22;
    case 'O':
      return 18;
    case 'S':
      return 10;
    default:
      return 0;
  }
}

int64_t TimeOf(ByteSpan message) {
  return LittleEndian<int64_t>(message, kTimeAt);
}

}  // namespace

const char* IexMessages::Take(ByteSpan message) {
  if (message.empty()) return "an empty message";
  const char type = Letter(message, 0);
  const size_t least = LeastBytes(type);
  if (least == 0) return nullptr;
  if (message.size() < least) return "the message is shorter than its type";
  if (type == '8' || type == '5') return TakeLevel(type == '8' ? Side::kBuy : Side::kSell, message);
  if (type == 'H' || type == 'O') return TakeStatus(type, message);
  if (type == 'S') {
    TakeSystemEvent(Letter(message, 1), TimeOf(message));
    return nullptr;
  }
  const Security* const security = Find(message);
  if (security == nullptr) return "the symbol is not a topic";
  if (type == 'Q') {
    const TopOfBook top{.bid = LittleEndian<int64_t>(message, 22),
                        .bid_size = LittleEndian<uint32_t>(message, 18),
                        .ask = LittleEndian<int64_t>(message, 30),
                        .ask_size = LittleEndian<uint32_t>(message, 38)};
    queue_->AddRow(security->symbol, QuoteTick(TimeOf(message), top));
  } else if (type == 'T') {
    queue_->AddRow(security->symbol, TradeTick(TimeOf(message), LittleEndian<int64_t>(message, 22),
                                               LittleEndian<uint32_t>(message, 18)));
  } else {
    ++trade_breaks_;
  }
  return nullptr;
}

const char* IexMessages::TakeLevel(Side side, ByteSpan message) {
  Security* const security = Find(message);
  if (security == nullptr) return "the symbol is not a topic";
  security->book.Set(side, LittleEndian<int64_t>(message, 22), LittleEndian<uint32_t>(message, 18));
  if ((LittleEndian<uint8_t>(message, 1) & kEventComplete) == 0) return nullptr;
  TopOfBook top;
  if (security->book.TakeChange(&top)) {
    queue_->AddRow(security->symbol, QuoteTick(TimeOf(message), top));
  }
  return nullptr;
}

const char* IexMessages::TakeStatus(char type, ByteSpan message) {
  Security* const security = Find(message);
  if (security == nullptr) return "the symbol is not a topic";
  const char status = Letter(message, 1);
  const bool regulatory = type == 'H';
  const bool halted = regulatory ? status != 'T' : status == 'O';
  AddStatus(*security, TimeOf(message),
            security->halts.Set(
                regulatory ? Halts::Reason::kRegulatory : Halts::Reason::kOperational, halted));
  return nullptr;
}

void IexMessages::TakeSystemEvent(char event, int64_t time_ns) {
  if (event != 'R' && event != 'M') return;
  for (const Security& security : securities_) {
    AddStatus(security, time_ns,
              event == 'R' ? security.halts.Open() : wire::TradingStatus::kClose);
  }
}

void IexMessages::AddStatus(const Security& security, int64_t time_ns,
                            std::optional<wire::TradingStatus> status) {
  if (status_ && status) queue_->AddRow(security.symbol, StatusTick(time_ns, *status));
}

void IexMessages::ForgetBooks(int64_t time_ns) {
  for (Security& security : securities_) {
    security.book.Clear();
    TopOfBook top;
    if (security.book.TakeChange(&top)) {
      queue_->AddRow(security.symbol, QuoteTick(time_ns, top));
    }
  }
}

IexMessages::Security* IexMessages::Find(ByteSpan message) {
  const uint64_t key = LittleEndian<uint64_t>(message, kSymbolAt);
  const auto found = by_symbol_.find(key);
  if (found != by_symbol_.end()) return found->second;
  const std::string_view symbol = PaddedText(message, kSymbolAt, kSymbolBytes);
  if (TopicProblem(symbol) != nullptr) return nullptr;
  securities_.push_back({.symbol = std::string(symbol), .book = {}, .halts = {}});
  return by_symbol_.emplace(key, &securities_.back()).first->second;
}

}  // namespace fantail::source
