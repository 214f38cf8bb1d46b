// The UDP datagrams of a packet capture, pcap or pcap-ng, plain or gzip. libpcap reads the file;
// the headers of the link (Ethernet, with or without VLAN tags; Linux "any"; raw IP), IPv4 and UDP
// are taken off here.
//
// Thread: one owner.  Ownership: datagrams point into libpcap's buffer, valid until the next call.
// Cost: libpcap's copy of each packet; iex_source.h has the figure for all of it.
// Errors: what is no UDP in IPv4 is passed over. A packet that was cut or is a fragment is kBad.
// A file that breaks off is kFailed behind its last whole packet, with the file, the packet and the
// byte.
#ifndef FANTAIL_SOURCE_PCAP_READER_H_
#define FANTAIL_SOURCE_PCAP_READER_H_

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "fantail/source/capture_file.h"

struct pcap;

namespace fantail::source {

struct Datagram {
  std::span<const std::byte> payload;
  uint32_t to_address = 0;  // IPv4, as a number: 233.215.21.4 is 0xe9d71504
  uint16_t to_port = 0;
};

class PcapReader {
 public:
  enum class Result : uint8_t {
    kDatagram,  // *datagram is the next one
    kBad,       // a packet that cannot be used; problem() says which and why; go on behind it
    kEnd,
    kFailed,  // not a capture, or it breaks off; problem() says where and why
  };

  // Only opens the file: what it is, is seen by the first Next().
  static absl::StatusOr<std::unique_ptr<PcapReader>> Open(const std::string& path);

  explicit PcapReader(std::unique_ptr<CaptureFile> file);
  ~PcapReader();
  PcapReader(const PcapReader&) = delete;
  PcapReader& operator=(const PcapReader&) = delete;

  Result Next(Datagram* datagram);

  // `FILE: packet 12 at byte 3456: `, for what is found inside the last packet.
  std::string Where() const;
  const std::string& path() const { return file_->path(); }
  const std::string& problem() const { return problem_; }

 private:
  Result Fail(const std::string& why);
  Result Bad(const std::string& why);
  bool Start();
  // nullptr if it is one, else why it is bad, or "" if it is simply something else.
  const char* TakeDatagram(std::span<const std::byte> packet, Datagram* datagram) const;

  const std::unique_ptr<CaptureFile> file_;
  pcap* pcap_ = nullptr;
  int link_ = 0;
  uint64_t packet_ = 0;  // number of the last one, from 1
  uint64_t at_ = 0;      // its byte in the file
  std::string problem_;
  bool failed_ = false;
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_PCAP_READER_H_
