// Builds the bytes of captures: numbers and padded texts one after another, and from them IEX
// messages, IEX-TP segments, UDP in IPv4 in Ethernet, and pcap files; NASDAQ ITCH messages and
// files. Written from the published layouts and not from the decoders, so that the two check each
// other.
//
// Thread: any.
#ifndef FANTAIL_TESTS_SUPPORT_CAPTURE_BYTES_H_
#define FANTAIL_TESTS_SUPPORT_CAPTURE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fantail::testing {

class ByteWriter {
 public:
  template <class Integer>
  ByteWriter& Little(Integer value) {
    for (size_t i = 0; i < sizeof value; ++i) {
      bytes_ += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
    }
    return *this;
  }
  template <size_t kBytes>
  ByteWriter& Big(uint64_t value) {
    for (size_t i = kBytes; i-- > 0;) bytes_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  ByteWriter& Text(std::string_view text, size_t width) {
    bytes_ += text;
    bytes_.append(width - text.size(), ' ');
    return *this;
  }
  ByteWriter& Raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

namespace iex {

inline constexpr uint16_t kTops = 0x8003;
inline constexpr uint16_t kDeep = 0x8004;

struct Quote {
  uint32_t bid_size = 0;
  int64_t bid = 0;
  int64_t ask = 0;
  uint32_t ask_size = 0;
};

inline std::string QuoteUpdate(int64_t time, std::string_view symbol, const Quote& quote) {
  return ByteWriter()
      .Text("Q", 1)
      .Little<uint8_t>(0)
      .Little(time)
      .Text(symbol, 8)
      .Little(quote.bid_size)
      .Little(quote.bid)
      .Little(quote.ask)
      .Little(quote.ask_size)
      .bytes();
}

// Type T, or B for one that is broken.
inline std::string Trade(int64_t time, std::string_view symbol, int64_t price, uint32_t size,
                         std::string_view type = "T") {
  return ByteWriter()
      .Text(type, 1)
      .Little<uint8_t>(0)
      .Little(time)
      .Text(symbol, 8)
      .Little(size)
      .Little(price)
      .Little<int64_t>(77)
      .bytes();
}

// `side` is 8 for buy and 5 for sell.
inline std::string Level(std::string_view side, int64_t time, std::string_view symbol,
                         int64_t price, uint32_t size, bool complete = true) {
  return ByteWriter()
      .Text(side, 1)
      .Little<uint8_t>(complete ? 1 : 0)
      .Little(time)
      .Text(symbol, 8)
      .Little(size)
      .Little(price)
      .bytes();
}

inline std::string TradingStatus(int64_t time, std::string_view symbol, std::string_view status) {
  return ByteWriter().Text("H", 1).Text(status, 1).Little(time).Text(symbol, 8).Text("", 4).bytes();
}

inline std::string OperationalHalt(int64_t time, std::string_view symbol, std::string_view status) {
  return ByteWriter().Text("O", 1).Text(status, 1).Little(time).Text(symbol, 8).bytes();
}

inline std::string SystemEvent(int64_t time, std::string_view event) {
  return ByteWriter().Text("S", 1).Text(event, 1).Little(time).bytes();
}

struct Segment {
  uint16_t protocol = kTops;
  uint32_t session = 9;
  int64_t first = 1;
  int64_t sent = 0;
  uint32_t channel = 1;
};

inline std::string Wrap(const Segment& segment, const std::vector<std::string>& messages) {
  ByteWriter payload;
  for (const std::string& message : messages) {
    payload.Little(static_cast<uint16_t>(message.size())).Raw(message);
  }
  return ByteWriter()
      .Little<uint8_t>(1)
      .Little<uint8_t>(0)
      .Little(segment.protocol)
      .Little(segment.channel)
      .Little(segment.session)
      .Little(static_cast<uint16_t>(payload.bytes().size()))
      .Little(static_cast<uint16_t>(messages.size()))
      .Little<int64_t>(0)
      .Little(segment.first)
      .Little(segment.sent)
      .Raw(payload.bytes())
      .bytes();
}

}  // namespace iex

namespace pcap {

inline constexpr uint32_t kIexGroup = 0xe9d71504;  // 233.215.21.4
inline constexpr uint32_t kEthernet = 1;

inline std::string Header(uint32_t link = kEthernet) {
  return ByteWriter()
      .Little<uint32_t>(0xa1b2c3d4)
      .Little<uint16_t>(2)
      .Little<uint16_t>(4)
      .Little<uint32_t>(0)
      .Little<uint32_t>(0)
      .Little<uint32_t>(65535)
      .Little(link)
      .bytes();
}

// An IPv4 packet with a UDP datagram.
inline std::string Udp(std::string_view payload, uint32_t to = kIexGroup) {
  return ByteWriter()
      .Big<2>(0x4500)
      .Big<2>(28 + payload.size())
      .Big<4>(0x00004000)  // don't fragment
      .Big<2>(0x4011)
      .Big<2>(0)
      .Big<4>(0x17e29b83)
      .Big<4>(to)
      .Big<2>(10378)
      .Big<2>(10378)
      .Big<2>(8 + payload.size())
      .Big<2>(0)
      .Raw(payload)
      .bytes();
}

inline std::string Ethernet(std::string_view ip, int vlan_tags = 0) {
  ByteWriter frame;
  frame.Big<6>(0x01005e571504).Big<6>(0x00005e005301);
  for (int i = 0; i < vlan_tags; ++i) frame.Big<4>(0x810003f5);
  return frame.Big<2>(0x0800).Raw(ip).bytes();
}

// A record of the file; `kept` bytes of the frame, if not all.
inline std::string Record(std::string_view frame, size_t kept = SIZE_MAX) {
  const std::string_view there = frame.substr(0, kept);
  return ByteWriter()
      .Little<uint32_t>(1)
      .Little<uint32_t>(0)
      .Little(static_cast<uint32_t>(there.size()))
      .Little(static_cast<uint32_t>(frame.size()))
      .Raw(there)
      .bytes();
}

inline std::string Packet(std::string_view payload, uint32_t to = kIexGroup) {
  return Record(Ethernet(Udp(payload, to)));
}

}  // namespace pcap

namespace itch {

// What every message begins with.
inline ByteWriter Begin(std::string_view type, uint16_t locate, uint64_t time) {
  ByteWriter message;
  return message.Text(type, 1).Big<2>(locate).Big<2>(0).Big<6>(time);
}

inline std::string AddOrder(uint16_t locate, uint64_t time, uint64_t order, std::string_view side,
                            uint32_t shares, std::string_view stock, uint32_t price,
                            std::string_view attribution = "") {
  ByteWriter message = Begin(attribution.empty() ? "A" : "F", locate, time);
  message.Big<8>(order).Text(side, 1).Big<4>(shares).Text(stock, 8).Big<4>(price);
  return message.Text(attribution, attribution.empty() ? 0 : 4).bytes();
}
inline std::string Executed(uint16_t locate, uint64_t time, uint64_t order, uint32_t shares) {
  return Begin("E", locate, time).Big<8>(order).Big<4>(shares).Big<8>(0).bytes();
}
inline std::string ExecutedAt(uint16_t locate, uint64_t time, uint64_t order, uint32_t shares,
                              std::string_view printable, uint32_t price) {
  ByteWriter message = Begin("C", locate, time);
  message.Big<8>(order).Big<4>(shares).Big<8>(0).Text(printable, 1).Big<4>(price);
  return message.bytes();
}
inline std::string Cancel(uint16_t locate, uint64_t time, uint64_t order, uint32_t shares) {
  return Begin("X", locate, time).Big<8>(order).Big<4>(shares).bytes();
}
inline std::string Delete(uint16_t locate, uint64_t time, uint64_t order) {
  return Begin("D", locate, time).Big<8>(order).bytes();
}
inline std::string Replace(uint16_t locate, uint64_t time, uint64_t order, uint64_t new_order,
                           uint32_t shares, uint32_t price) {
  ByteWriter message = Begin("U", locate, time);
  return message.Big<8>(order).Big<8>(new_order).Big<4>(shares).Big<4>(price).bytes();
}
inline std::string HiddenTrade(uint16_t locate, uint64_t time, uint32_t shares,
                               std::string_view stock, uint32_t price) {
  ByteWriter message = Begin("P", locate, time);
  message.Big<8>(0).Text("B", 1).Big<4>(shares).Text(stock, 8).Big<4>(price).Big<8>(0);
  return message.bytes();
}
inline std::string Cross(uint16_t locate, uint64_t time, uint64_t shares, std::string_view stock,
                         uint32_t price) {
  ByteWriter message = Begin("Q", locate, time);
  message.Big<8>(shares).Text(stock, 8).Big<4>(price).Big<8>(0).Text("O", 1);
  return message.bytes();
}
inline std::string Broken(uint16_t locate, uint64_t time) {
  return Begin("B", locate, time).Big<8>(0).bytes();
}
inline std::string TradingAction(uint16_t locate, uint64_t time, std::string_view stock,
                                 std::string_view state) {
  return Begin("H", locate, time).Text(stock, 8).Text(state, 1).Text("", 1).Text("", 4).bytes();
}
inline std::string OperationalHalt(uint16_t locate, uint64_t time, std::string_view stock,
                                   std::string_view market, std::string_view action) {
  return Begin("h", locate, time).Text(stock, 8).Text(market, 1).Text(action, 1).bytes();
}
inline std::string SystemEvent(uint64_t time, std::string_view event) {
  return Begin("S", 0, time).Text(event, 1).bytes();
}
inline std::string Directory(uint16_t locate, uint64_t time, std::string_view stock) {
  return Begin("R", locate, time).Text(stock, 8).Text("", 20).bytes();
}

inline std::string File(const std::vector<std::string>& messages) {
  ByteWriter file;
  for (const std::string& message : messages) file.Big<2>(message.size()).Raw(message);
  return file.bytes();
}

}  // namespace itch
}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SUPPORT_CAPTURE_BYTES_H_
