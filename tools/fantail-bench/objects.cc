#include "tools/fantail-bench/objects.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "fantail/app/common_options.h"
#include "fantail/app/exit_codes.h"
#include "fantail/app/node_identity.h"
#include "fantail/app/options.h"
#include "fantail/base/crc32c.h"
#include "fantail/net/clock.h"
#include "fantail/wire/part.h"
#include "tools/fantail-bench/branch.h"
#include "tools/fantail-bench/desks.h"
#include "tools/fantail-bench/relay_process.h"
#include "tools/fantail-bench/temporary_folder.h"

namespace fantail::bench {
namespace {

constexpr Nanos kPatience = std::chrono::seconds(30);
// For the desks to take what came while the viewers were started.
constexpr Nanos kSettle = std::chrono::milliseconds(500);
constexpr Nanos kLongest = std::chrono::hours(1);
constexpr size_t kFileBytes = 10'000'000;

struct Options {
  uint64_t desks = 8;
  uint64_t rate = 5000;
  uint64_t viewers = 20;
  app::ByteSize bytes{200'000'000};
  app::BitRate object_rate{50'000'000};
  uint64_t rounds = 5;
  bool foreground = false;
  std::string gateway = DefaultGateway();
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--desks N", &o->desks, "desks that want every tick", {1, 512});
  line->Option("--rate R", &o->rate, "ticks a second, of a live feed", {100, 1'000'000});
  line->Option("--viewers N", &o->viewers, "viewers that want every object", {1, 512});
  line->Option("--bytes SIZE", &o->bytes, "of objects, over all rounds");
  line->Option("--object-rate RATE", &o->object_rate, "what is published of them a second");
  line->Option("--rounds N", &o->rounds, "without objects and with them, by turns", {1, 100});
  line->Flag("--foreground", &o->foreground,
             "without --background for what carries the objects, to see what that does");
  line->Option("--gateway PATH", &o->gateway, "the fantail-gateway to measure");
  line->Example("fantail-bench objects", "200 MB to 20 viewers beside 5,000 ticks a second");
}

// Puts nothing together: it counts and sums what comes.
class Viewer final : private feed::FeedEvents {
 public:
  Viewer(const std::string& name, const std::string& endpoint, net::Context* context)
      : client_({.feed = "objects", .name = name, .node = app::RandomNodeId()}, this),
        connector_(
            context, &client_, {endpoint}, [](const std::string&) { return false; },
            app::KernelRandom()) {
    client_.SetInterest({Pattern("*")}, net::ReadMonotonicClock());
  }

  void Turn(MonotonicTime now, const net::Poller& poller) {
    connector_.Turn(now, /*most=*/64, poller);
    client_.Turn(now);
  }
  void AddTo(net::Poller* poller) { connector_.AddTo(poller); }
  bool live() const { return client_.state().state == feed::State::kLive; }
  bool ended() const { return ended_; }
  // Of whole objects whose checksum was right.
  size_t bytes() const { return bytes_; }

 private:
  void OnNewEpoch(Epoch, bool) override {}
  void OnTopic(TopicId, std::string_view) override {}
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage&) override {}
  void OnPayload(Position, std::span<const std::byte> bytes) override {
    sum_ = Crc32c(bytes, sum_);
    size_ += bytes.size();
  }
  // One publisher, file after file: parts of two objects never mix.
  void OnRecords(std::span<const wire::Record> records) override {
    const wire::Part part = wire::PartOf(records.front().tick);
    if (!part.last) return;
    if (part.checksum == sum_ && part.size == size_) bytes_ += size_;
    sum_ = 0;
    size_ = 0;
  }
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice&) override {}
  void OnHave(const feed::HaveNotice&) override {}
  void OnState(const feed::FeedState&) override {}
  void OnEnd(Position) override { ended_ = true; }

  feed::FeedClient client_;
  net::Connector connector_;
  uint32_t sum_ = 0;
  size_t size_ = 0;
  size_t bytes_ = 0;
  bool ended_ = false;
};

std::string Sibling(const std::string& gateway, const std::string& program) {
  return gateway.substr(0, gateway.rfind('/')) + "/../" + program;
}

void WriteFiles(const std::string& folder, size_t bytes) {
  std::mt19937_64 random(1);
  for (size_t written = 0, n = 0; written < bytes; ++n) {
    const size_t size = std::min(kFileBytes, bytes - written);
    std::vector<uint64_t> noise(size / sizeof(uint64_t) + 1);
    for (uint64_t& word : noise) word = random();
    std::ofstream(folder + "/" + std::to_string(n), std::ios::binary)
        .write(reinterpret_cast<const char*>(noise.data()), static_cast<std::streamsize>(size));
    written += size;
  }
}

// Of one round.
struct Figures {
  Nanos p50_without{0};
  Nanos p99_without{0};
  Nanos p50_with{0};
  Nanos p99_with{0};
};

class Measurement {
 public:
  Measurement(const Options& o, std::string self, const KnownPublisher* publisher)
      : options_(o), self_(std::move(self)), publisher_(publisher) {}

  absl::Status Run(std::vector<Figures>* rounds) {
    if (absl::Status s = MakeFiles(); !s.ok()) return s;
    const auto listens = StartGateway(&gateway_, "ticks", publisher_->endpoint());
    if (!listens.ok()) return listens.status();
    Desks desks("desk", options_.desks, *listens, publisher_);
    if (!TurnUntil(&desks, kPatience, [&] { return desks.AllAreLive(); })) {
      return absl::DeadlineExceededError("not all desks became live");
    }
    for (uint64_t i = 0; i < options_.rounds; ++i) {
      if (absl::Status s = RunRound(&desks, &rounds->emplace_back()); !s.ok()) return s;
    }
    if (desks.Lost() + desks.Wrong() == 0) return absl::OkStatus();
    return absl::DataLossError("a desk was not given what was published");
  }

 private:
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  size_t BytesOfRound() const { return options_.bytes.bytes / options_.rounds; }

  // As long without objects as with them.
  absl::Status RunRound(Desks* desks, Figures* f) {
    TurnUntil(desks, kSettle, [] { return false; });
    const double seconds =
        static_cast<double>(BytesOfRound()) * 8 / static_cast<double>(options_.object_rate.bits);
    LatencyHistogram without;
    desks->MeasureLatency(&without);
    TurnUntil(desks, Nanos(static_cast<int64_t>(seconds * 1e9)), [] { return false; });
    desks->MeasureLatency(nullptr);
    // Nobody turns the desks meanwhile: what has waited then is not measured.
    ObjectFeed objects;
    if (absl::Status s = Start(&objects); !s.ok()) return s;
    TurnUntil(desks, kSettle, [] { return false; });
    LatencyHistogram with;
    desks->MeasureLatency(&with);
    const bool over = TurnUntil(desks, kLongest, [&] { return !objects.viewers.Running(); });
    desks->MeasureLatency(nullptr);
    *f = {without.Percentile(50), without.Percentile(99), with.Percentile(50), with.Percentile(99)};
    if (!over) return absl::DeadlineExceededError("the viewers did not end");
    if (!std::ifstream(Path("viewers") + ".good").good()) {
      return absl::DataLossError("a viewer has not got every object whole and right");
    }
    return absl::OkStatus();
  }

  absl::Status MakeFiles() {
    if (mkdir(Path("files").c_str(), 0755) != 0) {
      return absl::InternalError("the files of the objects cannot be made");
    }
    WriteFiles(Path("files"), BytesOfRound());
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> StartGateway(RelayProcess* gateway, const std::string& feed,
                                           const std::string& upstream) {
    std::vector<std::string> command = {
        options_.gateway,    "--feed",       feed,
        "--upstream",        upstream,       "--listen",
        "tcp://127.0.0.1:*", "--ready-file", Path("gateway-" + feed),
        "--log-level",       "error"};
    if (feed != "ticks" && !options_.foreground) command.push_back("--background");
    return gateway->Start(command, Path("gateway-" + feed));
  }

  // Another feed, with nodes of its own.
  struct ObjectFeed {
    RelayProcess publisher;
    RelayProcess gateway;
    RelayProcess viewers;
  };
  absl::Status Start(ObjectFeed* objects) {
    for (const char* left : {"publisher", "gateway-objects", "viewers", "viewers.good"}) {
      (void)unlink(Path(left).c_str());
    }
    const std::string publisher = Sibling(options_.gateway, "publisher/fantail-publisher");
    std::vector<std::string> command = {publisher,
                                        "--feed",
                                        "objects",
                                        "--source",
                                        "files:" + Path("files"),
                                        "--rate",
                                        app::FormatBitRate(options_.object_rate),
                                        "--wait-for",
                                        "*",
                                        "--listen",
                                        "tcp://127.0.0.1:*",
                                        "--ready-file",
                                        Path("publisher"),
                                        "--log-level",
                                        "error"};
    if (!options_.foreground) command.push_back("--background");
    const auto source = objects->publisher.Start(command, Path("publisher"));
    if (!source.ok()) return source.status();
    const auto listens = StartGateway(&objects->gateway, "objects", *source);
    if (!listens.ok()) return listens.status();
    const std::string viewers = std::to_string(options_.viewers);
    const std::string bytes = std::to_string(BytesOfRound());
    return objects->viewers
        .Start({self_, "object-viewers", *listens, viewers, bytes, Path("viewers"),
                options_.foreground ? "foreground" : "background"},
               Path("viewers"))
        .status();
  }
  bool TurnUntil(Desks* desks, Nanos patience, const std::function<bool()>& done) {
    const MonotonicTime until = net::ReadMonotonicClock() + patience;
    while (gateway_.Running()) {
      const MonotonicTime now = net::ReadMonotonicClock();
      desks->Turn(now);
      if (done()) return true;
      if (now > until) return false;
    }
    return false;
  }

  const Options& options_;
  const std::string self_;
  const KnownPublisher* const publisher_;
  const TemporaryFolder folder_;
  RelayProcess gateway_;
};

double Milliseconds(Nanos time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

double Ratio(const Figures& f) {
  return Milliseconds(f.p99_with) / Milliseconds(f.p99_without);
}

}  // namespace

int RunViewers(const std::string& endpoint, size_t viewers, size_t bytes,
               const std::string& ready_file, bool background) {
  app::SeedLibcRandom();
  if (background && !app::GiveWay().ok()) return app::kExitFailed;
  net::Context context(4096);
  net::Poller poller;
  std::vector<std::unique_ptr<Viewer>> all;
  for (size_t i = 0; i < viewers; ++i) {
    all.push_back(std::make_unique<Viewer>("viewer" + std::to_string(i), endpoint, &context));
  }
  const auto every = [&](const auto& is) { return std::all_of(all.begin(), all.end(), is); };
  bool ready = false;
  while (!every([](const auto& viewer) { return viewer->ended(); })) {
    const MonotonicTime now = net::ReadMonotonicClock();
    for (const auto& viewer : all) viewer->Turn(now, poller);
    poller.Clear();
    for (const auto& viewer : all) viewer->AddTo(&poller);
    poller.Wait(std::chrono::milliseconds(5));
    if (ready || !every([](const auto& viewer) { return viewer->live(); })) continue;
    ready = true;
    std::ofstream(ready_file) << "listen nowhere\n";
  }
  if (!every([&](const auto& viewer) { return viewer->bytes() == bytes; })) {
    return app::kExitDataNotAllGood;
  }
  std::ofstream(ready_file + ".good") << "yes\n";
  return app::kExitDone;
}

int Objects(int argc, char** argv, const std::string& self) {
  Options o;
  app::CommandLine line("fantail-bench objects",
                        "measures what objects that flow beside ticks do to the ticks");
  Declare(&o, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  if (access(o.gateway.c_str(), X_OK) != 0) {
    return line.Fail(absl::NotFoundError("--gateway \"" + o.gateway +
                                         "\": no such program; build fantail-gateway"));
  }
  app::SeedLibcRandom();
  const KnownPublisher publisher({.topics = 500, .rate = o.rate});
  std::vector<Figures> rounds;
  if (const absl::Status s = Measurement(o, self, &publisher).Run(&rounds); !s.ok()) {
    return line.Fail(s);
  }
  const auto median = [&](auto of) {
    std::vector<double> all;
    for (const Figures& f : rounds) all.push_back(of(f));
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
  };
  const auto print = [](double p50, double p50_with, double p99, double p99_with, double ratio) {
    std::printf("%9.2f %9.2f %9.2f %9.2f %9.2f\n", p50, p50_with, p99, p99_with, ratio);
  };
  std::printf("%9s %9s %9s %9s %9s\n", "p50 ms", "meanwhile", "p99 ms", "meanwhile", "ratio");
  for (const Figures& f : rounds) {
    print(Milliseconds(f.p50_without), Milliseconds(f.p50_with), Milliseconds(f.p99_without),
          Milliseconds(f.p99_with), Ratio(f));
  }
  std::printf("medians\n");
  print(median([](const Figures& f) { return Milliseconds(f.p50_without); }),
        median([](const Figures& f) { return Milliseconds(f.p50_with); }),
        median([](const Figures& f) { return Milliseconds(f.p99_without); }),
        median([](const Figures& f) { return Milliseconds(f.p99_with); }), median(Ratio));
  return app::kExitDone;
}

}  // namespace fantail::bench
