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
  uint64_t seconds = 15;
  std::string gateway = DefaultGateway();
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--desks N", &o->desks, "desks that want every tick", {1, 512});
  line->Option("--rate R", &o->rate, "ticks a second, of a live feed", {100, 1'000'000});
  line->Option("--viewers N", &o->viewers, "viewers that want every object", {1, 512});
  line->Option("--bytes SIZE", &o->bytes, "of objects, in all");
  line->Option("--object-rate RATE", &o->object_rate, "what is published of them a second");
  line->Option("--seconds S", &o->seconds, "what is measured before there are objects", {1, 600});
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

struct Figures {
  Nanos p50_before{0};
  Nanos p99_before{0};
  Nanos p50_during{0};
  Nanos p99_during{0};
  double seconds = 0;
};

class Measurement {
 public:
  Measurement(const Options& o, std::string self, const KnownPublisher* publisher)
      : options_(o), self_(std::move(self)), publisher_(publisher) {}

  absl::Status Run(Figures* f) {
    if (absl::Status s = MakeFiles(); !s.ok()) return s;
    const auto listens = StartGateway(&gateway_, "ticks", publisher_->endpoint());
    if (!listens.ok()) return listens.status();
    Desks desks("desk", options_.desks, *listens, publisher_);
    if (!TurnUntil(&desks, kPatience, [&] { return desks.AllAreLive(); })) {
      return absl::DeadlineExceededError("not all desks became live");
    }
    LatencyHistogram before;
    desks.MeasureLatency(&before);
    TurnUntil(&desks, std::chrono::seconds(options_.seconds), [] { return false; });
    desks.MeasureLatency(nullptr);
    // Nobody turns the desks meanwhile: what has waited then is not measured.
    if (absl::Status s = StartObjects(); !s.ok()) return s;
    TurnUntil(&desks, kSettle, [] { return false; });
    LatencyHistogram during;
    desks.MeasureLatency(&during);
    const MonotonicTime started = net::ReadMonotonicClock();
    const bool over = TurnUntil(&desks, kLongest, [&] { return !viewers_.Running(); });
    desks.MeasureLatency(nullptr);
    f->seconds = std::chrono::duration<double>(net::ReadMonotonicClock() - started).count();
    f->p50_before = before.Percentile(50);
    f->p99_before = before.Percentile(99);
    f->p50_during = during.Percentile(50);
    f->p99_during = during.Percentile(99);
    if (!over) return absl::DeadlineExceededError("the viewers did not end");
    if (!std::ifstream(Path("viewers.good")).good()) {
      return absl::DataLossError("a viewer has not got every object whole and right");
    }
    if (desks.Lost() + desks.Wrong() == 0) return absl::OkStatus();
    return absl::DataLossError("a desk was not given what was published");
  }

 private:
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  absl::Status MakeFiles() {
    if (mkdir(Path("files").c_str(), 0755) != 0) {
      return absl::InternalError("the files of the objects cannot be made");
    }
    WriteFiles(Path("files"), options_.bytes.bytes);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> StartGateway(RelayProcess* gateway, const std::string& feed,
                                           const std::string& upstream) {
    return gateway->Start(
        {options_.gateway, "--feed", feed, "--upstream", upstream, "--listen", "tcp://127.0.0.1:*",
         "--ready-file", Path("gateway-" + feed), "--log-level", "error"},
        Path("gateway-" + feed));
  }
  absl::Status StartObjects() {
    const std::string publisher = Sibling(options_.gateway, "publisher/fantail-publisher");
    const auto source = publisher_process_.Start(
        {publisher, "--feed", "objects", "--source", "files:" + Path("files"), "--rate",
         app::FormatBitRate(options_.object_rate), "--wait-for", "*", "--listen",
         "tcp://127.0.0.1:*", "--ready-file", Path("publisher"), "--log-level", "error"},
        Path("publisher"));
    if (!source.ok()) return source.status();
    const auto listens = StartGateway(&object_gateway_, "objects", *source);
    if (!listens.ok()) return listens.status();
    const std::string viewers = std::to_string(options_.viewers);
    const std::string bytes = std::to_string(options_.bytes.bytes);
    return viewers_
        .Start({self_, "object-viewers", *listens, viewers, bytes, Path("viewers")},
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
  RelayProcess publisher_process_;
  RelayProcess object_gateway_;
  RelayProcess viewers_;
};

double Milliseconds(Nanos time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

int RunViewers(const std::string& endpoint, size_t viewers, size_t bytes,
               const std::string& ready_file) {
  app::SeedLibcRandom();
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
  Figures f;
  if (const absl::Status s = Measurement(o, self, &publisher).Run(&f); !s.ok()) {
    return line.Fail(s);
  }
  std::printf("%9s %9s %9s %9s %9s %9s %9s\n", "p50 ms", "meanwhile", "p99 ms", "meanwhile",
              "ratio", "viewers", "seconds");
  std::printf("%9.2f %9.2f %9.2f %9.2f %9.2f %9lu %9.1f\n", Milliseconds(f.p50_before),
              Milliseconds(f.p50_during), Milliseconds(f.p99_before), Milliseconds(f.p99_during),
              Milliseconds(f.p99_during) / Milliseconds(f.p99_before), o.viewers, f.seconds);
  return app::kExitDone;
}

}  // namespace fantail::bench
