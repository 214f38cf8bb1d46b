// A history server without its connection: takes calls from the bus and answers them from tapes, a
// block of each in turn, so that a long answer delays no short one.
//
// Thread: one owner.  Ownership: keeps pointers to the library and the server, which outlive it.
#ifndef FANTAIL_TOOLS_FANTAIL_HISTORY_SERVICE_H_
#define FANTAIL_TOOLS_FANTAIL_HISTORY_SERVICE_H_

#include <map>
#include <memory>
#include <string>

#include "fantail/base/metric.h"
#include "fantail/bus/server.h"
#include "tools/fantail-history/answer.h"
#include "tools/fantail-history/directory.h"

namespace fantail::history {

struct ServiceCounters {
  uint64_t questions = 0;
  uint64_t refused = 0;
  uint64_t parts = 0;
  uint64_t bytes = 0;
};

inline constexpr auto kServiceMetrics = std::to_array<Metric<ServiceCounters>>({
    {&ServiceCounters::questions,
     {"fantail_history_questions_total", Unit::kNone, "questions taken from the bus"}},
    {&ServiceCounters::refused,
     {"fantail_history_refused_total", Unit::kNone,
      "questions that made no sense, or for what who asks may not see"}},
    {&ServiceCounters::parts,
     {"fantail_history_parts_total", Unit::kNone, "parts of answers sent"}},
    {&ServiceCounters::bytes,
     {"fantail_history_sent_bytes_total", Unit::kBytes, "bytes of these parts"}},
});
static_assert(TellsAll(kServiceMetrics));

class Service final : public bus::ServerEvents {
 public:
  Service(Library* library, std::string feed) : library_(library), feed_(std::move(feed)) {}
  // Before the first call.
  void set_server(bus::Server* server) { server_ = server; }

  // Reads on for every call that has room. True if there is more to do at once.
  bool Turn();

  bool joined() const { return joined_; }
  const ServiceCounters& counters() const { return counters_; }

 private:
  struct Job {
    std::unique_ptr<Answer> answer;  // or
    std::unique_ptr<DirectoryAnswer> directory;
    std::string part;      // made, and not sent yet
    size_t next_part = 0;  // of a directory
    bool has_part = false;
    bool last = false;   // part is the last one
    bool waits = false;  // for room
  };

  void OnCall(const bus::Call& call) override;
  void OnCancel(uint64_t id) override { jobs_.erase(id); }
  void OnRoom(uint64_t id) override;
  void OnBus(bool joined, std::string_view cause) override;

  // False once the call is over.
  bool TurnJob(uint64_t id, Job* job);
  bool Make(uint64_t id, Job* job);
  bool Send(uint64_t id, Job* job);

  Library* const library_;
  const std::string feed_;
  bus::Server* server_ = nullptr;
  DirectoryCache cache_;
  std::map<uint64_t, Job> jobs_;  // by call
  bool joined_ = false;
  ServiceCounters counters_;
};

}  // namespace fantail::history

#endif  // FANTAIL_TOOLS_FANTAIL_HISTORY_SERVICE_H_
