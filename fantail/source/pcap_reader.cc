#include "fantail/source/pcap_reader.h"

#include <pcap/pcap.h>

#include <optional>
#include <utility>

#include "fantail/source/byte_fields.h"

namespace fantail::source {
namespace {

constexpr uint64_t kIpv4 = 0x0800;
constexpr uint64_t kVlan = 0x8100;
constexpr uint64_t kServiceVlan = 0x88a8;
constexpr uint64_t kUdp = 17;
constexpr size_t kUdpHeader = 8;
constexpr size_t kLeastIpHeader = 20;

// Where the IP header of an IPv4 packet begins.
std::optional<size_t> Ipv4At(int link, ByteSpan packet) {
  size_t type_at = 0;
  switch (link) {
    case DLT_EN10MB:
      type_at = 12;
      break;
    case DLT_LINUX_SLL:
      type_at = 14;
      break;
    case DLT_LINUX_SLL2:
      if (packet.size() < 20 || BigEndian<2>(packet, 0) != kIpv4) return std::nullopt;
      return 20;
    default:  // raw IP: whoever calls has refused every other link
      return 0;
  }
  while (packet.size() >= type_at + 2) {
    const uint64_t type = BigEndian<2>(packet, type_at);
    if (type == kIpv4) return type_at + 2;
    if (type != kVlan && type != kServiceVlan) return std::nullopt;
    type_at += 4;
  }
  return std::nullopt;
}

bool Known(int link) {
  return link == DLT_EN10MB || link == DLT_LINUX_SLL || link == DLT_LINUX_SLL2 || link == DLT_RAW;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PcapReader>> PcapReader::Open(const std::string& path) {
  absl::StatusOr<std::unique_ptr<CaptureFile>> file = CaptureFile::Open(path);
  if (!file.ok()) return file.status();
  return std::make_unique<PcapReader>(*std::move(file));
}

PcapReader::PcapReader(std::unique_ptr<CaptureFile> file) : file_(std::move(file)) {}

PcapReader::~PcapReader() {
  if (pcap_ != nullptr) pcap_close(pcap_);
}

std::string PcapReader::Where() const {
  return path() + ": packet " + std::to_string(packet_) + " at byte " + std::to_string(at_) + ": ";
}

PcapReader::Result PcapReader::Fail(const std::string& why) {
  failed_ = true;
  problem_ = why;
  return Result::kFailed;
}

PcapReader::Result PcapReader::Bad(const std::string& why) {
  problem_ = Where() + why;
  return Result::kBad;
}

bool PcapReader::Start() {
  char why[PCAP_ERRBUF_SIZE] = "";
  FILE* const stream = file_->AsStream();
  pcap_ = pcap_fopen_offline(stream, why);
  if (pcap_ == nullptr) {
    fclose(stream);
    Fail(path() + ": not a packet capture: " + (file_->problem().empty() ? why : file_->problem()));
    return false;
  }
  link_ = pcap_datalink(pcap_);
  if (Known(link_)) return true;
  const char* const name = pcap_datalink_val_to_name(link_);
  Fail(path() + ": captured on a link of type " +
       (name != nullptr ? std::string(name) : std::to_string(link_)) +
       "; Ethernet, Linux \"any\" and raw IP can be read");
  return false;
}

PcapReader::Result PcapReader::Next(Datagram* datagram) {
  if (failed_ || (pcap_ == nullptr && !Start())) return Result::kFailed;
  while (true) {
    const off_t at = ftello(pcap_file(pcap_));
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int result = pcap_next_ex(pcap_, &header, &data);
    if (result == PCAP_ERROR_BREAK && file_->problem().empty()) return Result::kEnd;
    at_ = static_cast<uint64_t>(at);
    ++packet_;
    if (result != 1) {
      return Fail(Where() + (file_->problem().empty()
                                 ? std::string("truncated or damaged: ") + pcap_geterr(pcap_)
                                 : file_->problem()));
    }
    if (header->caplen < header->len) {
      return Bad("the capture has " + std::to_string(header->caplen) + " of its " +
                 std::to_string(header->len) + " bytes");
    }
    const char* const why =
        TakeDatagram({reinterpret_cast<const std::byte*>(data), header->caplen}, datagram);
    if (why == nullptr) return Result::kDatagram;
    if (*why != '\0') return Bad(why);
  }
}

const char* PcapReader::TakeDatagram(ByteSpan packet, Datagram* datagram) const {
  const std::optional<size_t> ip_at = Ipv4At(link_, packet);
  if (!ip_at) return "";
  const ByteSpan ip = packet.subspan(*ip_at);
  if (ip.size() < kLeastIpHeader) return "the IP header is cut";
  if (static_cast<size_t>(ip[0]) >> 4 != 4 || BigEndian<1>(ip, 9) != kUdp) return "";
  const size_t header = (static_cast<size_t>(ip[0]) & 15) * 4;
  const size_t total = BigEndian<2>(ip, 2);
  if (header < kLeastIpHeader || total < header + kUdpHeader || total > ip.size()) {
    return "the lengths in the IP header do not fit the packet";
  }
  constexpr uint64_t kMoreFragments = 0x2000;
  constexpr uint64_t kFragmentOffset = 0x1fff;
  if ((BigEndian<2>(ip, 6) & (kMoreFragments | kFragmentOffset)) != 0) {
    return "a fragment of an IP datagram; put together by nobody here";
  }
  const ByteSpan udp = ip.subspan(header, total - header);
  const size_t length = BigEndian<2>(udp, 4);
  if (length < kUdpHeader || length > udp.size()) {
    return "the length in the UDP header does not fit the packet";
  }
  datagram->payload = udp.subspan(kUdpHeader, length - kUdpHeader);
  datagram->to_address = static_cast<uint32_t>(BigEndian<4>(ip, 16));
  datagram->to_port = static_cast<uint16_t>(BigEndian<2>(udp, 2));
  return nullptr;
}

}  // namespace fantail::source
