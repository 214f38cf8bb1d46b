#include "fantail/source/itch_messages.h"

#include "fantail/base/pattern.h"

namespace fantail::source {
namespace {

constexpr size_t kLocateAt = 1;
constexpr size_t kTimeAt = 5;
constexpr size_t kFieldsAt = 11;  // behind what every message begins with
constexpr size_t kStockBytes = 8;
constexpr uint64_t kDayNs = 86'400'000'000'000;

// What the tick of a trade holds at most.
constexpr uint64_t kMostShares = INT64_MAX;

uint32_t Shares(ByteSpan message, size_t at) {
  return static_cast<uint32_t>(BigEndian<4>(message, at));
}

int64_t Price(ByteSpan message, size_t at) {
  return static_cast<int64_t>(BigEndian<4>(message, at));
}

uint64_t OrderNumber(ByteSpan message, size_t at = kFieldsAt) {
  return BigEndian<8>(message, at);
}

}  // namespace

size_t ItchMessageBytes(char type) {
  switch (type) {
    case 'S':
    case 'W':  // circuit breaker status
      return 12;
    case 'D':
    case 'B':
      return 19;
    case 'Y':  // short sale restriction
    case 'N':  // retail interest
      return 20;
    case 'h':
      return 21;
    case 'X':
      return 23;
    case 'H':
      return 25;
    case 'L':  // market participant
      return 26;
    case 'K':  // IPO quotation
      return 28;
    case 'E':
      return 31;
    case 'V':  // circuit breaker levels
    case 'J':  // auction collar
    case 'U':
      return 35;
    case 'A':
    case 'C':
      return 36;
    case 'R':
      return 39;
    case 'F':
    case 'Q':
      return 40;
    case 'P':
      return 44;
    case 'O':  // direct listing
      return 48;
    case 'I':  // imbalance
      return 50;
    default:
      return 0;
  }
}

const char* ItchMessages::Take(ByteSpan message) {
  const uint64_t time = BigEndian<6>(message, kTimeAt);
  if (time >= kDayNs) return "its time is not of a day";
  now_ns_ = midnight_ns_ + static_cast<int64_t>(time);
  switch (Letter(message, 0)) {
    case 'A':
    case 'F':
      return AddOrder(message);
    case 'E':
      return Reduce(message, /*traded=*/true, /*price=*/-1);
    case 'C':
      return Reduce(message, Letter(message, 31) == 'Y', Price(message, 32));
    case 'X':
    case 'D':
      return Reduce(message, /*traded=*/false, /*price=*/-1);
    case 'U':
      return Replace(message);
    case 'P': {
      const Stock* const stock = Find(message, 24);
      if (stock == nullptr) return "its stock cannot be a topic, or its locate is another's";
      AddTrade(*stock, Price(message, 32), Shares(message, 20));
      return nullptr;
    }
    case 'Q':
      return TakeCross(message);
    case 'R':
      return Find(message, kFieldsAt) != nullptr
                 ? nullptr
                 : "its stock cannot be a topic, or its locate is another's";
    case 'H':
      return TakeHalt(Halts::Reason::kRegulatory, Letter(message, 19) != 'T', message);
    case 'h':
      if (Letter(message, 19) != 'Q') return nullptr;  // halted on BX or PSX
      return TakeHalt(Halts::Reason::kOperational, Letter(message, 20) == 'H', message);
    case 'S':
      TakeSystemEvent(Letter(message, kFieldsAt));
      return nullptr;
    case 'B':
      ++trade_breaks_;
      return nullptr;
    default:
      return nullptr;
  }
}

const char* ItchMessages::AddOrder(ByteSpan message) {
  Stock* const stock = Find(message, 24);
  if (stock == nullptr) return "its stock cannot be a topic, or its locate is another's";
  const char side = Letter(message, 19);
  if (side != 'B' && side != 'S') return "its side is neither B nor S";
  const Order order{stock, Price(message, 32), Shares(message, 20),
                    side == 'B' ? Side::kBuy : Side::kSell};
  if (order.shares == 0) return "an order of no shares";
  if (!orders_.emplace(OrderNumber(message), order).second) return "its order is there already";
  stock->book.Add(order.side, order.price, order.shares);
  AddQuote(stock);
  return nullptr;
}

const char* ItchMessages::Reduce(ByteSpan message, bool traded, int64_t price) {
  const auto found = orders_.find(OrderNumber(message));
  if (found == orders_.end()) return "its order is not in the book";
  Order& order = found->second;
  const uint32_t shares = Letter(message, 0) == 'D' ? order.shares : Shares(message, 19);
  if (shares > order.shares) return "its order has fewer shares";
  Stock* const stock = order.stock;
  if (traded && shares > 0) AddTrade(*stock, price < 0 ? order.price : price, shares);
  Remove(&order, shares);
  if (order.shares == 0) orders_.erase(found);
  AddQuote(stock);
  return nullptr;
}

const char* ItchMessages::Replace(ByteSpan message) {
  const auto found = orders_.find(OrderNumber(message));
  if (found == orders_.end()) return "its order is not in the book";
  const uint64_t number = OrderNumber(message, 19);
  if (number != found->first && orders_.contains(number)) return "its new order is there already";
  Order order = found->second;
  Remove(&found->second, order.shares);
  orders_.erase(found);
  order.shares = Shares(message, 27);
  order.price = Price(message, 31);
  if (order.shares > 0) {
    order.stock->book.Add(order.side, order.price, order.shares);
    orders_.emplace(number, order);
  }
  AddQuote(order.stock);
  return nullptr;
}

void ItchMessages::Remove(Order* order, uint32_t shares) {
  if (shares > 0) order->stock->book.Remove(order->side, order->price, shares);
  order->shares -= shares;
}

const char* ItchMessages::TakeCross(ByteSpan message) {
  const Stock* const stock = Find(message, 19);
  if (stock == nullptr) return "its stock cannot be a topic, or its locate is another's";
  const uint64_t shares = BigEndian<8>(message, kFieldsAt);
  if (shares > kMostShares) return "its shares do not fit 63 bits";
  // A cross in which nothing was matched is told as well.
  if (shares > 0) AddTrade(*stock, Price(message, 27), shares);
  return nullptr;
}

const char* ItchMessages::TakeHalt(Halts::Reason reason, bool halted, ByteSpan message) {
  Stock* const stock = Find(message, kFieldsAt);
  if (stock == nullptr) return "its stock cannot be a topic, or its locate is another's";
  AddStatus(*stock, stock->halts.Set(reason, halted));
  return nullptr;
}

void ItchMessages::TakeSystemEvent(char event) {
  if (event != 'Q' && event != 'M') return;
  for (const std::unique_ptr<Stock>& stock : stocks_) {
    if (stock == nullptr) continue;
    AddStatus(*stock, event == 'Q' ? stock->halts.Open() : wire::TradingStatus::kClose);
  }
}

ItchMessages::Stock* ItchMessages::Find(ByteSpan message, size_t at) {
  const auto locate = BigEndian<2>(message, kLocateAt);
  if (locate >= stocks_.size()) stocks_.resize(locate + 1);
  std::unique_ptr<Stock>& stock = stocks_[locate];
  const std::string_view symbol = PaddedText(message, at, kStockBytes);
  if (stock == nullptr) {
    if (TopicProblem(symbol) != nullptr) return nullptr;
    stock = std::make_unique<Stock>();
    stock->symbol = symbol;
  }
  return stock->symbol == symbol ? stock.get() : nullptr;
}

void ItchMessages::AddTrade(const Stock& stock, int64_t price, uint64_t shares) {
  queue_->AddRow(stock.symbol, TradeTick(now_ns_, price, shares));
}

void ItchMessages::AddQuote(Stock* stock) {
  TopOfBook top;
  if (stock->book.TakeChange(&top)) queue_->AddRow(stock->symbol, QuoteTick(now_ns_, top));
}

void ItchMessages::AddStatus(const Stock& stock, std::optional<wire::TradingStatus> status) {
  if (status_ && status) queue_->AddRow(stock.symbol, StatusTick(now_ns_, *status));
}

}  // namespace fantail::source
