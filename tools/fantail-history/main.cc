// fantail-history: serves the past of a feed on the bus, from journals and tapes.
#include <csignal>
#include <cstdio>

#include "fantail/admin/admin.h"
#include "fantail/admin/bus_report.h"
#include "fantail/app/common_options.h"
#include "fantail/app/endpoint.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/key_options.h"
#include "fantail/app/log.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/ready_file.h"
#include "fantail/app/reload.h"
#include "fantail/app/run_main.h"
#include "fantail/app/session_log.h"
#include "fantail/app/signals.h"
#include "fantail/app/status_line.h"
#include "fantail/net/bus_loop.h"
#include "fantail/net/clock.h"
#include "fantail/net/key_folder.h"
#include "tools/fantail-history/service.h"

namespace fantail::history {
namespace {

constexpr Nanos kIdleWait = std::chrono::milliseconds(50);
// For what is in hand when it is to stop.
constexpr Nanos kPatience = std::chrono::seconds(4);

struct Options {
  app::CommonOptions common;
  std::vector<app::Endpoint> connect;
  uint64_t capacity = 16;
  std::vector<std::string> tapes;
  admin::AdminOptions admin;
};

void Declare(Options* o, app::CommandLine* line) {
  app::EndpointsOption("--connect ENDPOINT", app::EndpointUse::kConnect, &o->connect,
                       "the bus, tcp://HOST:PORT; the next is tried when one dies", line);
  line->Require("--connect");
  line->FromBranch("--connect", app::BranchPart::kBus);
  line->Option("--capacity N", &o->capacity, "questions in hand at a time", {.least = 1});
  line->Positionals("TAPE", &o->tapes,
                    "journals and tapes of the feed: folders that may still grow, or files",
                    {1, 1000});
  admin::AddAdminOptions(
      &o->admin, admin::ListOf(kServiceMetrics, bus::kMemberMetrics, admin::kBusJoined), line);
  app::AddCommonOptions(&o->common, line);
  line->Example("fantail-history --connect tcp://127.0.0.1:5570 /var/lib/fantail/journal",
                "a publisher's journal, up to the newest tick");
  line->Example("fantail-history --connect tcp://127.0.0.1:5570 journal archive/2013-10",
                "with what has been archived");
}

class Program final : private admin::Subject {
 public:
  Program(const Options& options, Library* library)
      : options_(options),
        context_(options.common.keys),
        service_(library, options.common.feed),
        server_({.name = options.common.name, .node = app::RandomNodeId()},
                {HistoryService(options.common.feed), DirectoryService(options.common.feed)},
                static_cast<uint32_t>(options.capacity), &service_),
        loop_(&context_, &server_, app::EndpointTexts(options.connect), app::KernelRandom()),
        ready_(options.common.ready_file),
        status_(options.common.status_every),
        admin_("fantail-history", options.admin, options.common) {
    service_.set_server(&server_);
  }

  absl::Status Start() {
    app::ReloadKeys(&reload_, options_.common, net::ReadKeys,
                    [this](const auto& keys) { context_.SetKeys(keys); });
    if (absl::Status s = ready_.Prepare(); !s.ok()) return s;
    return admin_.Start(&ready_lines_);
  }

  int Run(app::Signals* signals) {
    bool more = false;
    while (signals->stop_signal() == 0) {
      more = Turn(more ? Nanos{0} : kIdleWait, signals->fd());
      while (const auto signal = signals->Next()) {
        if (*signal == SIGHUP) reload_.Run();
      }
    }
    admin_.Stopping();
    server_.Drain();
    const MonotonicTime until = loop_.now() + kPatience;
    do {
      more = Turn(more ? Nanos{0} : kIdleWait, -1);
    } while (server_.in_hand() > 0 && loop_.now() < until);
    Turn(kIdleWait, -1);
    loop_.Close();
    return signals->DrainedCode();
  }

  app::KeyValues Summary() const {
    const ServiceCounters& c = service_.counters();
    return {{"questions", std::to_string(c.questions)},
            {"answered", std::to_string(server_.served())},
            {"refused", std::to_string(c.refused)},
            {"parts", std::to_string(c.parts)},
            {"bytes", std::to_string(c.bytes)}};
  }

 private:
  admin::Health HealthNow() const override { return admin::HealthOf(server_); }

  void Tell(admin::Report* report) const override {
    report->Add(kServiceMetrics, service_.counters());
    admin::AddMember(server_, "bus", report);
  }

  bool Turn(Nanos wait, int fd) {
    loop_.Turn(wait, fd);
    const bool more = service_.Turn();
    if (service_.joined() != joined_) {
      joined_ = service_.joined();
      if (joined_) {
        app::LogInfo("serving the bus {}", app::Harmless(server_.bus_name()));
        app::KeyValues ready = {{"state", "serving"}};
        ready.insert(ready.end(), ready_lines_.begin(), ready_lines_.end());
        (void)ready_.Write(ready);
      } else {
        app::LogWarning("the bus is lost: {}", app::Harmless(server_.cause()));
      }
    }
    Nanos over{0};
    if (status_.Due(loop_.now(), &over)) {
      const ServiceCounters& c = service_.counters();
      app::LogInfo("status: {} questions, {} in hand, {} parts, {} sent",
                   app::FormatCount(c.questions), server_.in_hand(), app::FormatCount(c.parts),
                   app::FormatBytes(c.bytes));
    }
    admin_.Turn(loop_.now(), *this);
    return more;
  }

  const Options& options_;
  net::Context context_;
  Service service_;
  bus::Server server_;
  net::BusLoop loop_;
  app::ReadyFile ready_;
  app::StatusTimer status_;
  bool joined_ = false;
  app::KeyValues ready_lines_;
  app::Reload reload_;
  admin::Admin admin_;  // ends before what it tells of
};

int Main(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-history", "serves the past of a feed on the bus");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (const absl::Status s = app::StartUp(options.common, line); !s.ok()) return line.Fail(s);
  absl::Status keys = app::SecurePlaces(
      &options.common, net::ReadKeys, {{app::EndpointUse::kConnect, "--connect", options.connect}});
  keys.Update(admin::CheckAdmin(options.admin, options.common.plaintext));
  if (!keys.ok()) return line.Fail(keys);
  if (const char* problem = FeedNameProblem(options.common.feed)) {
    return line.Fail(absl::InvalidArgumentError("--feed " + options.common.feed + ": " + problem));
  }
  Library library(options.common.feed, options.tapes);
  if (const absl::Status s = library.Check(); !s.ok()) return line.Fail(s);
  if (const std::optional<int> code = line.Checked()) return *code;
  app::Signals signals({});
  Program program(options, &library);
  if (const absl::Status s = program.Start(); !s.ok()) return line.Fail(s);
  const int code = program.Run(&signals);
  return app::Finish(code, options.common, program.Summary(), line);
}

}  // namespace
}  // namespace fantail::history

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-history",
                               [&] { return fantail::history::Main(argc, argv); });
}
