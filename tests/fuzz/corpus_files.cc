// Good inputs for what files bring: tapes, captures, rows and configurations.
#include "fantail/base/check.h"
#include "fantail/tape/content.h"
#include "fantail/tape/segment_writer.h"
#include "tests/fuzz/corpus.h"
#include "tests/support/capture_bytes.h"
#include "tests/unit/tape/tape_support.h"

namespace fantail::fuzz {
namespace {

using testing::Bytes;

namespace iex = testing::iex;
namespace itch = testing::itch;
namespace pcap = testing::pcap;

constexpr uint64_t kSeed = 1;

std::string IexSegment(uint16_t protocol) {
  return iex::Wrap(
      {.protocol = protocol, .first = 1},
      {iex::QuoteUpdate(1000, "A", {1, 10000, 10100, 2}), iex::Trade(1001, "A", 10000, 1),
       iex::TradingStatus(1002, "A", "H"), iex::OperationalHalt(1003, "B", "O"),
       iex::SystemEvent(1004, "R"), iex::Level("8", 1005, "A", 10000, 5),
       iex::Level("5", 1006, "A", 10100, 5, false), iex::Trade(1007, "A", 10000, 1, "B")});
}

std::string TapeFile(bool sealed) {
  const tape::TempFolder folder;
  tape::MadeUpFeed feed(kSeed);
  tape::TapeState state;
  state.OnNewEpoch({5}, false);
  feed.TellNames(&state);
  auto segment =
      tape::SegmentWriter::Create(folder / "a", {.epoch = {5}, .sealed = sealed}, 42, &state);
  FANTAIL_CHECK(segment.ok());
  for (int i = 0; i < 5; ++i) {
    const auto records = feed.Next(20);
    state.OnRecords(records);
    (*segment)->content().AddRecords(records);
    FANTAIL_CHECK((*segment)->Commit().ok());
  }
  FANTAIL_CHECK((*segment)->Finish().ok());
  return tape::FileBytes(folder / "a");
}

}  // namespace

std::vector<Bytes> ColumnsCorpus() {
  wire::TickPacker packer;
  Bytes packed;
  packer.Pack(tape::MadeUpFeed(kSeed).Next(50), &packed);
  return {packed};
}

std::vector<Bytes> TapeContentCorpus() {
  tape::MadeUpFeed feed(kSeed);
  tape::TapeState state;
  feed.TellNames(&state);
  std::vector<Bytes> corpus;
  for (const auto form : {tape::Content::Form::kPlain, tape::Content::Form::kPacked}) {
    tape::Content content;
    content.AddRecords(feed.Next(30));
    content.AddGap({.from = {30}, .to = {40}, .patterns = {Pattern("A*")}});
    content.AddImage({.topic = {3}, .sequence = {9}});
    content.AddEnd({40});
    content.Encode(state, form, &corpus.emplace_back());
  }
  return corpus;
}

std::vector<Bytes> TapeFileCorpus() {
  return {BytesOf(TapeFile(/*sealed=*/false)), BytesOf(TapeFile(/*sealed=*/true))};
}

std::vector<Bytes> CsvCorpus() {
  return {
      BytesOf("ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue\n"
              "1381239000000000001,AAPL,trade,487.1,100,,,,,Q\r\n"
              "1381239000000000002,AAPL,quote,,,487.05,3,-1.5e-3,7,\"X,\"\"Y\"\n"
              "1381239000000000003,\"A B\",quote,,,,,0.0000000001,18446744073709551615,\n"
              "-9223372036854775808,MSFT,halt,,,,,,,\n1,MSFT,resume,,,,,,,K\n")};
}

std::vector<Bytes> NdjsonCorpus() {
  return {BytesOf(
      "{\"type\":\"quote\",\"ts_ns\":1,\"symbol\":\"A\\u0042\",\"bid\":\"1.5\",\"bid_size\":1,"
      "\"ask\":null,\"venue\":\"\\udcff\",\"x\":{\"y\":[1,true,\"\\\\\"]}}\n"
      "{\"type\":\"trade\",\"ts\":\"2013-10-08T13:30:00.5Z\",\"symbol\":\"A\",\"price\":-1.25e3,"
      "\"size\":7}\n{\"type\":\"status\",\"symbol\":\"A\",\"status\":\"halt\"}\n"
      "{\"type\":\"gap\",\"from\":1,\"to\":2}\n")};
}

std::vector<Bytes> PcapCorpus() {
  const std::string udp = pcap::Udp("some bytes");
  const std::string linux_any = testing::ByteWriter()
                                    .Big<6>(0x000000010006)
                                    .Big<8>(0x00005e0053010000)
                                    .Big<2>(0x0800)
                                    .Raw(udp)
                                    .bytes();
  // A section, an interface and a packet of pcap-ng.
  const std::string frame = pcap::Ethernet(udp) + std::string(2, '\0');
  testing::ByteWriter next;
  next.Little<uint32_t>(0x0a0d0d0a).Little<uint32_t>(28).Little<uint32_t>(0x1a2b3c4d);
  next.Little<uint32_t>(1).Little<int64_t>(-1).Little<uint32_t>(28);
  next.Little<uint32_t>(1).Little<uint32_t>(20).Little<uint32_t>(pcap::kEthernet);
  next.Little<uint32_t>(65535).Little<uint32_t>(20);
  const auto length = static_cast<uint32_t>(32 + frame.size());
  next.Little<uint32_t>(6).Little(length).Little<uint32_t>(0).Little<uint64_t>(1);
  next.Little(static_cast<uint32_t>(frame.size() - 2));
  next.Little(static_cast<uint32_t>(frame.size() - 2)).Raw(frame).Little(length);
  return {BytesOf(pcap::Header() + pcap::Packet("first") + pcap::Packet("second", 0x7f000001) +
                  pcap::Record(pcap::Ethernet(udp, 2)) + pcap::Record(pcap::Ethernet(udp), 20)),
          BytesOf(pcap::Header(101) + pcap::Record(udp)),
          BytesOf(pcap::Header(113) + pcap::Record(linux_any)), BytesOf(next.bytes())};
}

std::vector<Bytes> IexCorpus() {
  std::vector<Bytes> corpus;
  for (const uint16_t protocol : {iex::kTops, iex::kDeep}) {
    const std::string segment = IexSegment(protocol);
    const std::string next =
        iex::Wrap({.protocol = protocol, .first = 9}, {segment.substr(42, 42)});
    corpus.push_back(BytesOf(pcap::Header() + pcap::Packet(segment) + pcap::Packet(next)));
    corpus.push_back(BytesOf(segment));
  }
  return corpus;
}

std::vector<Bytes> ItchCorpus() {
  return {BytesOf(itch::File(
      {itch::Directory(1, 1, "A"), itch::AddOrder(1, 2, 100, "B", 300, "A", 10000),
       itch::AddOrder(1, 3, 101, "S", 300, "A", 10100, "MPID"), itch::Executed(1, 4, 100, 10),
       itch::ExecutedAt(1, 5, 101, 10, "Y", 10050), itch::Cancel(1, 6, 100, 10),
       itch::Replace(1, 7, 100, 102, 50, 9900), itch::Delete(1, 8, 102),
       itch::HiddenTrade(1, 9, 5, "A", 10000), itch::Cross(1, 10, 500, "A", 10000),
       itch::TradingAction(1, 11, "A", "H"), itch::OperationalHalt(1, 12, "A", "Q", "H"),
       itch::SystemEvent(13, "Q"), itch::Broken(1, 14)}))};
}

std::vector<Bytes> ConfigCorpus() {
  return {
      BytesOf("listen = \"tcp://127.0.0.1:5556\"  # here\nupstream = [\"tcp://10.1.0.1:5555\"]\n"
              "linger = '5s'\nring = 0x10\n[fantail-gateway]\nname = \"\"\"a\\u0042\"\"\"\n"
              "at = 2013-10-08T13:30:00Z\n[fantail-bus.run]\nplaintext = true\nrate = 1.5e3\n"),
      BytesOf("plaintext = true\n[feeds.ticks]\nupstream = [\"tcp://10.1.0.1:5555\"]\n"
              "gateways = [\"tcp://10.2.0.1:5556\", \"tcp://10.2.0.2:5556\"]\n"
              "[feeds.'b.c']\ngateways = [\"ipc:///run/a\"]\n[bus]\n"
              "upstream = [\"tcp://10.1.0.1:5570\"]\nendpoints = [\"tcp://[::1]:5570\"]\n"),
      BytesOf("a.b.c = {d = [1, {e = 2}], f = inf}\n[[a.g]]\n\"\\t\" = nan\n")};
}

std::vector<Bytes> RightsCorpus() {
  return {BytesOf("[users.desk7]\nsee = [\"A*\", \"MSFT\"]\nask = ['history/ticks']\nserve = []\n"
                  "sessions = 2\npatterns = 100\nrate = \"2mbit\"\nwaiting = \"1MiB\"\n"),
          BytesOf("[others]\nsee = []\n[users]\nbranch1 = {see = ['*'], sessions = 1}\n")};
}

}  // namespace fantail::fuzz
