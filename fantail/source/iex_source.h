// Ticks from a capture of IEX's multicast feeds: TOPS 1.6 or DEEP 1.0, in IEX-TP ("Investors
// Exchange Transport Specification", version 1), in UDP, in pcap or pcap-ng, plain or gzip.
//
//   iex:FILE[,status=yes|no][,order=time|feed][,venue=NAME]
//
//   status  whether halts, resumes, open and close are rows. Without it: no for TOPS, whose rows
//           are then quotes and trades alone, yes for DEEP.
//   order   time: rows come in the order of IEX's time stamps. Its feed is in that order for each
//           symbol but not across symbols (1.1 s apart in IEX's own sample), so rows are held for
//           kReorderWindow of exchange time. feed: as they were sent.
//   venue   without it IEX if the capture is of the multicast groups of IEX's own network
//           (233.215.21.0/24), and IEXTEST if not.
//
// An IEX-TP segment carries messages of one session, numbered from 1. A segment that repeats what
// has come is passed over; one that leaves messages out is a problem, and makes the books of DEEP
// be begun anew. A capture of several lines of one feed is thus read once. Heartbeats have no
// messages.
//
// Thread: one owner.
// Cost, of CPU: 350 ns a row of IEX's own sample, 600 ns as gzip (40 % of it gives no rows).
// Errors: a segment or message that is wrong, or missing, is kBadRow with the file, the packet, its
// byte and the message; the next packet goes on. A file that breaks off gives every row before.
#ifndef FANTAIL_SOURCE_IEX_SOURCE_H_
#define FANTAIL_SOURCE_IEX_SOURCE_H_

#include <absl/status/statusor.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "fantail/source/capture_source.h"
#include "fantail/source/iex_messages.h"
#include "fantail/source/pcap_reader.h"

namespace fantail::source {

struct IexOptions {
  // Four times the most that IEX's own sample needs.
  static constexpr Nanos kReorderWindow = std::chrono::seconds(5);

  std::optional<bool> status;
  bool by_time = true;
  std::string venue;  // empty: told by the capture
};

class IexSource : public CaptureSource {
 public:
  // `text` is what stands behind `iex:`.
  static absl::StatusOr<std::unique_ptr<IexSource>> Open(std::string_view text);

  IexSource(IexOptions options, std::unique_ptr<PcapReader> reader);

 private:
  struct Segment {
    uint16_t protocol;
    uint32_t channel;
    uint32_t session;
    uint16_t messages;
    int64_t first;  // number of its first message
    int64_t sent_ns;
  };
  struct Stream {
    uint32_t session;
    int64_t next;  // number of the message that comes next
  };

  void Read() override;
  void TakeDatagram(const Datagram& datagram);
  void TakeMessages(const Segment& segment, int64_t known, ByteSpan payload);
  // False if it cannot be used; says why, once.
  bool Accept(const Segment& segment, const Datagram& datagram);
  // How many messages at its front have come already.
  int64_t Advance(const Segment& segment);
  void Problem(const std::string& why) { queue().AddProblem(reader_->Where() + why); }

  const IexOptions options_;
  const std::unique_ptr<PcapReader> reader_;
  IexMessages messages_;
  std::optional<uint16_t> protocol_;    // the first that was found
  std::set<uint16_t> refused_;          // protocols that were told of
  std::map<uint32_t, Stream> streams_;  // by channel
};

}  // namespace fantail::source

#endif  // FANTAIL_SOURCE_IEX_SOURCE_H_
