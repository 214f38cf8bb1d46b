// A branch to spoil: a real gateway below a KnownPublisher, with a fault relay above and below it,
// and a desk that checks what it is given.
//
//   publisher --- above() --- gateway --- below() --- desk()
//
// Thread: one owner, the main thread: the gateway dies with the thread that started it.
// Ownership: keeps pointers to the context and the publisher, which outlive it.
#ifndef FANTAIL_BENCH_BRANCH_H_
#define FANTAIL_BENCH_BRANCH_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "tools/fantail-bench/checking_desk.h"
#include "tools/fantail-bench/relay_process.h"
#include "tools/fantail-bench/temporary_folder.h"
#include "tools/fantail-fault-relay/fault_relay.h"

namespace fantail::bench {

// The gateway that was built with this program.
std::string DefaultGateway();

class Branch {
 public:
  Branch(net::Context* context, const KnownPublisher* publisher)
      : context_(context), publisher_(publisher) {}

  // Starts it all; the desk has yet to be turned. `number` tells branches apart.
  absl::Status Start(const std::string& gateway, size_t number);

  // REQUIRES: started.
  fault::FaultRelay& above() { return *above_; }
  fault::FaultRelay& below() { return *below_; }
  CheckingDesk& desk() { return *desk_; }

 private:
  net::Context* const context_;
  const KnownPublisher* const publisher_;
  const TemporaryFolder folder_;
  std::unique_ptr<fault::FaultRelay> above_;
  RelayProcess gateway_;
  std::unique_ptr<fault::FaultRelay> below_;
  std::unique_ptr<CheckingDesk> desk_;
};

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_BRANCH_H_
