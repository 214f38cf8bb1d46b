// What system tests share: the real programs on loopback, at ports that the kernel picks, and the
// tick files that they carry.
//
// Thread: one owner, the test's.
// Errors: a program that is not ready in time fails the test, with what it said.
#ifndef FANTAIL_TESTS_SYSTEM_LAB_H_
#define FANTAIL_TESTS_SYSTEM_LAB_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/process.h"

namespace fantail::testing {

using Arguments = std::vector<std::string>;

// One run of one program: `NAME.out`, `NAME.err` and `NAME.ready` in the lab's folder.
class Program {
 public:
  Program(const TempFolder& folder, const std::string& name, Arguments arguments,
          const std::string& in = "/dev/null");

  Process& process() { return process_; }
  // Waits for the ready file. False if the program ends before, or is late; fails the test.
  bool AwaitReady(Seconds patience = kPatience);
  // Where a node listens, as its ready file says.
  std::string endpoint() const { return ready_line("listen"); }
  // What its ready file says of this.
  std::string ready_line(const std::string& key) const;
  // What it has written so far.
  std::string out() const { return ReadFile(out_); }
  std::string err() const { return ReadFile(err_); }
  size_t out_size() const { return FileSize(out_); }
  // Whether it has said `text` on stderr, now or before the time is over.
  bool Said(std::string_view text, Seconds patience = kPatience);
  int Wait(Seconds patience = kPatience) { return process_.Wait(patience); }
  void Kill() { process_.Kill(); }
  void Signal(int signal) { process_.Signal(signal); }

 private:
  std::string ready_;
  std::string out_;
  std::string err_;
  Process process_;
};

class Lab : public ::testing::Test {
 protected:
  // Programs by name; `arguments` behind the common ones. A node is ready when this returns.
  Program& Publisher(const std::string& source, Arguments arguments = {});
  // Tapes, played.
  Program& Replay(const std::vector<std::string>& tapes, Arguments arguments = {});
  Program& Gateway(const Program& above, Arguments arguments = {});
  Program& GatewayAt(const std::string& listen, const Program& above, Arguments arguments = {});
  Program& GatewayAt(const std::string& listen, const std::string& upstream,
                     Arguments arguments = {});
  Program& Desk(const Program& above, Arguments arguments = {});
  // A bus, below another if `upstream` is not empty.
  Program& Bus(const std::string& upstream = "");
  Program& BusAt(const std::string& listen, const std::string& upstream = "");
  // Serves these tapes on a bus.
  Program& History(const Program& bus, const Arguments& tapes);
  // The same at an endpoint: what stands between, a fault relay, has no ready file.
  Program& GatewayVia(const std::string& upstream, Arguments arguments = {});
  Program& DeskVia(const std::string& upstream, Arguments arguments = {});
  // A desk that has everything it asked for and is live.
  Program& LiveDesk(const Program& above, Arguments arguments = {});
  // Any program, with nothing added: for what must fail.
  Program& Run(Arguments arguments, const std::string& in = "/dev/null");
  // The same, with files of this name.
  Program& RunAs(const std::string& name, Arguments arguments, const std::string& in = "/dev/null");

  const TempFolder& folder() const { return folder_; }

 private:
  Program& Start(const std::string& kind, Arguments arguments, bool await);

  TempFolder folder_;
  int started_ = 0;
  std::vector<std::unique_ptr<Program>> programs_;
};

// Paths of the programs under test.
std::string PublisherPath();
std::string ReplayPath();
std::string GatewayPath();
std::string DeskPath();
std::string RecordPath();
std::string TapePath();
std::string BusPath();
std::string HistoryPath();

extern const char* const kHeader;  // of a tick file, with its line end

// Whatever begins with a letter, in patterns that together do not release a publisher that waits
// for `*`; behind these arguments.
Arguments EveryLetter(Arguments behind);
// The rows of a tick file whose symbol matches one of the patterns, under the header.
std::string Filtered(std::string_view csv, const std::vector<std::string>& patterns);
// The second column of a row.
std::string_view SymbolOf(std::string_view row);
std::vector<std::string_view> LinesOf(std::string_view text);
// The rows of each symbol in their order, without the header: a replay may pass the ticks of other
// topics.
using Rows = std::vector<std::string_view>;
std::map<std::string, Rows> BySymbol(std::string_view csv);
// Says where two long texts differ instead of printing them.
::testing::AssertionResult SameText(std::string_view got, std::string_view wanted);

}  // namespace fantail::testing

#endif  // FANTAIL_TESTS_SYSTEM_LAB_H_
