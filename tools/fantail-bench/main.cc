// fantail-bench: measures the gateway beside a bare zmq_proxy and a raw TCP relay, in one run and
// with one workload. docs/benchmarks.md says how, and what came of it.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string_view>

#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/app/run_main.h"
#include "tools/fantail-bench/attack.h"
#include "tools/fantail-bench/bench_keys.h"
#include "tools/fantail-bench/bus_bench.h"
#include "tools/fantail-bench/comparison.h"
#include "tools/fantail-bench/cuts.h"
#include "tools/fantail-bench/objects.h"
#include "tools/fantail-bench/packed_bench.h"
#include "tools/fantail-bench/replay.h"
#include "tools/fantail-bench/report.h"
#include "tools/fantail-bench/sessions.h"
#include "tools/fantail-bench/stopped.h"
#include "tools/fantail-bench/tape_bench.h"
#include "tools/fantail-bench/temporary_folder.h"
#include "tools/fantail-bench/thin_link.h"

namespace fantail::bench {
namespace {

struct Options {
  uint64_t subscribers = 8;
  uint64_t seconds = 5;
  uint64_t rate = 0;
  uint64_t runs = 1;
  std::string interest = "all";
  std::string gateway;
};

std::string Self() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--subscribers N", &o->subscribers, "how many read from each relay", {1, 512});
  line->Option("--seconds S", &o->seconds, "what is measured of each run", {1, 3600});
  line->Choice("--interest KIND", &o->interest, {"all", "watchlists"},
               "what subscribers want: everything, or 50 symbols and two one-letter prefixes each");
  line->Option("--rate R", &o->rate,
               "ticks a second, to measure latency; 0 is as many as the relay takes",
               {0, 10'000'000});
  line->Option("--runs K", &o->runs,
               "rounds; each relay runs once in each, and medians are printed", {1, 1000});
  line->Option("--gateway PATH", &o->gateway, "the fantail-gateway to measure");
  line->Example("fantail-bench fanout --subscribers 64 --seconds 5 --interest all",
                "deliveries per second of the relay's CPU time");
  line->Example("fantail-bench fanout --subscribers 8 --seconds 5 --rate 20000 --runs 5",
                "latency at 20,000 ticks a second");
}

using Contenders = std::vector<std::unique_ptr<Contender>>;

Contenders MakeRelays(const Options& o, const std::string& /*folder*/) {
  Contenders contenders;
  contenders.push_back(MakeFantail(o.gateway, wire::Encoding::kShared));
  contenders.push_back(MakeZmqProxy(Self()));
  contenders.push_back(MakeRawRelay(Self(), o.subscribers));
  contenders.push_back(MakeFantail(o.gateway, wire::Encoding::kPlain));
  return contenders;
}

Contenders MakeKeyed(const Options& o, const std::string& folder) {
  const std::string keys = folder + "/keys";
  WriteKeys(keys);
  Contenders contenders;
  for (const wire::Encoding encoding : {wire::Encoding::kPlain, wire::Encoding::kShared}) {
    contenders.push_back(MakeFantail(o.gateway, encoding));
    contenders.push_back(MakeFantail(o.gateway, encoding, keys));
  }
  return contenders;
}

absl::Status Measure(const Options& o, Contenders (*make)(const Options&, const std::string&),
                     std::vector<Row>* rows) {
  const TemporaryFolder folder;
  const Workload workload(o.subscribers,
                          o.interest == "all" ? InterestKind::kAll : InterestKind::kWatchlists);
  const Contenders contenders = make(o, folder.path());
  for (const auto& contender : contenders) rows->push_back({contender->name(), {}});
  const RunOptions options{
      .window = std::chrono::seconds(o.seconds), .rate = o.rate, .folder = folder.path()};
  for (uint64_t round = 0; round < o.runs; ++round) {
    for (size_t i = 0; i < contenders.size(); ++i) {
      absl::StatusOr<Result> result = Run(*contenders[i], workload, options);
      if (!result.ok()) return result.status();
      (*rows)[i].runs.push_back(*std::move(result));
    }
  }
  return absl::OkStatus();
}

bool Complete(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    for (const Result& result : row.runs) {
      if (!result.complete()) return false;
    }
  }
  return true;
}

int Fanout(int argc, char** argv) {
  Options options;
  options.gateway = std::filesystem::path(Self()).parent_path() / "../../gateway/fantail-gateway";
  app::CommandLine line("fantail-bench fanout",
                        "measures the gateway beside a bare zmq_proxy and a raw TCP relay");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (access(options.gateway.c_str(), X_OK) != 0) {
    return line.Fail(absl::NotFoundError("--gateway \"" + options.gateway +
                                         "\": no such program; build fantail-gateway"));
  }
  app::SeedLibcRandom();
  std::vector<Row> rows;
  if (const absl::Status s = Measure(options, MakeRelays, &rows); !s.ok()) return line.Fail(s);
  std::fputs(Report(rows, options.rate != 0).c_str(), stdout);
  if (Complete(rows)) return app::kExitDone;
  return line.Fail(absl::DataLossError("not every tick came once and in order; see the table"));
}

int KeyBench(int argc, char** argv) {
  Options options;
  options.gateway = std::filesystem::path(Self()).parent_path() / "../../gateway/fantail-gateway";
  app::CommandLine line("fantail-bench keys",
                        "measures what keys cost: the gateway with CURVE beside itself without");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  app::SeedLibcRandom();
  std::vector<Row> rows;
  if (const absl::Status s = Measure(options, MakeKeyed, &rows); !s.ok()) return line.Fail(s);
  rows[1].name = "plain, keys";
  rows[3].name = "shared, keys";
  std::fputs(ReportKeys(rows, {"plain", "shared"}).c_str(), stdout);
  if (Complete(rows)) return app::kExitDone;
  return line.Fail(absl::DataLossError("not every tick came once and in order; see the table"));
}

int Main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "fanout") return Fanout(argc - 1, argv + 1);
  if (command == "keys") return KeyBench(argc - 1, argv + 1);
  if (command == "attack") return AttackBench(argc - 1, argv + 1);
  if (command == "cuts") return Cuts(argc - 1, argv + 1);
  if (command == "replay") return Replay(argc - 1, argv + 1);
  if (command == "sessions") return Sessions(argc - 1, argv + 1);
  if (command == "stopped") return Stopped(argc - 1, argv + 1, Self());
  if (command == "objects") return Objects(argc - 1, argv + 1, Self());
  if (command == "thin-link") return ThinLink(argc - 1, argv + 1);
  if (command == "bus") return BusBench(argc - 1, argv + 1, Self());
  if (command == "tape") return TapeBench(argc - 1, argv + 1);
  if (command == "packed") return PackedBench(argc - 1, argv + 1);
  // The relays, in processes of their own; not for people.
  if (command == "zmq-proxy" && argc == 4) return RunZmqProxy(argv[2], argv[3]);
  if (command == "bus-proxy" && argc == 3) return RunBusProxy(argv[2]);
  if (command == "bus-servers" && argc == 6) {
    return RunBusServers(argv[2], argv[3], argv[4], argv[5]);
  }
  if (command == "stopped-desks" && argc == 7) {
    return RunStoppedDesks(argv[2], std::stoul(argv[3]), std::stoul(argv[4]), argv[5], argv[6]);
  }
  if (command == "object-viewers" && argc == 7) {
    return RunViewers(argv[2], std::stoul(argv[3]), std::stoul(argv[4]), argv[5],
                      std::string_view(argv[6]) == "background");
  }
  if (command == "raw-relay" && argc == 5)
    return RunRawRelay(argv[2], argv[3], std::stoul(argv[4]));
  app::CommandLine line("fantail-bench", "measures Fantail; see fantail-bench COMMAND --help");
  std::vector<std::string> words;
  line.Positionals(
      "COMMAND", &words,
      "fanout: the gateway beside other relays; keys: with CURVE beside without; sessions: many "
      "desks that want little each; "
      "cuts: links that fall silent; attack: those who do not belong, and many who come at once; "
      "stopped: desks that stand still; objects: beside ticks; thin-link: one that carries too "
      "little; tape: tapes beside "
      "plain files; "
      "packed: the encodings of a session; "
      "replay: a tape's pace, and seeks; bus: the bus beside a zmq_proxy");
  line.Example("fantail-bench fanout --subscribers 64 --interest all", "fan-out at saturation");
  line.Example("fantail-bench cuts --cuts 64", "stale, and live again");
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  return line.Fail(absl::InvalidArgumentError("\"" + std::string(command) +
                                              "\": no such command; write fantail-bench fanout"));
}

}  // namespace
}  // namespace fantail::bench

int main(int argc, char** argv) {
  return fantail::app::RunMain("fantail-bench", [&] { return fantail::bench::Main(argc, argv); });
}
