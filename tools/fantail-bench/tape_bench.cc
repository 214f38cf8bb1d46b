#include "tools/fantail-bench/tape_bench.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "fantail/app/exit_codes.h"
#include "fantail/app/options.h"
#include "fantail/base/check.h"
#include "fantail/base/random.h"
#include "fantail/net/clock.h"
#include "fantail/source/sequencer.h"
#include "fantail/tape/sealed_writer.h"
#include "fantail/tape/tape_reader.h"
#include "tools/fantail-bench/market.h"
#include "tools/fantail-bench/temporary_folder.h"

namespace fantail::bench {
namespace {

constexpr Epoch kEpoch{uint64_t{1000} << 32};
constexpr uint64_t kTapeId = 1;
// What a block of a sealed tape holds, so that zstd has the same at once.
constexpr size_t kStructsAtOnce = tape::kSealedRecords;
constexpr int kZstdLevel = 3;
constexpr uint64_t kSeed = 1;  // of the places that are entered

struct Options {
  std::string csv;
  uint64_t synthetic = 1'000'000;
  uint64_t seek_records = 10'000'000;
  uint64_t seeks = 50;
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--csv FILE", &o->csv, "the ticks to write and read: a tick file, plain or gzip");
  line->Option("--synthetic N", &o->synthetic, "or so many of a made-up market of 8,000 symbols",
               {1, 100'000'000});
  line->Option("--seek-records N", &o->seek_records, "how long the tape is that is entered",
               {1, 1'000'000'000});
  line->Option("--seeks N", &o->seeks, "how often, at random places", {1, 100'000});
  line->Example("fantail-bench tape --csv us_eq_20131008.csv.gz", "a recorded day");
}

// Whoever reads a tape looks at every record.
class Reading final : public feed::FeedContent {
 public:
  uint64_t records = 0;
  uint64_t sum = 0;

  void OnNewEpoch(Epoch, bool) override {}
  void OnTopic(TopicId, std::string_view) override {}
  void OnVenue(VenueId, std::string_view) override {}
  void OnImage(const feed::TopicImage&) override {}
  void OnRecords(std::span<const wire::Record> more) override {
    records += more.size();
    for (const wire::Record& record : more) sum += record.tick.size;
  }
  void OnThrough(Position) override {}
  void OnGap(const feed::GapNotice&) override {}
  void OnEnd(Position) override {}
};

class Bench {
 public:
  Bench(const Options& options, std::string spec, std::string folder)
      : options_(options), spec_(std::move(spec)), folder_(std::move(folder)) {}

  absl::Status Run() {
    source::Sequencer sequencer(&market_);
    if (absl::Status s = Drain(spec_, &sequencer); !s.ok()) return s;
    std::printf("%s: %zu records of %zu topics\n\n", spec_.c_str(), records().size(),
                market_.topics());
    std::printf("%-40s %10s %12s %14s\n", "on one core", "ns/record", "M records/s",
                "bytes/record");
    Measure("read rows alone", "", [this] { Must(Drain(spec_, nullptr)); });
    MeasureTapes();
    MeasureStructs();
    return MeasureSeeks();
  }

 private:
  const std::vector<wire::Record>& records() const { return market_.records(); }
  std::string File(const char* name) const { return folder_ + "/" + name; }

  // Prints what `work` took for each record; `file` is what it wrote or read.
  void Measure(const char* what, const std::string& file, const std::function<void()>& work) {
    const Nanos begin = CpuTime();
    work();
    const double ns =
        static_cast<double>((CpuTime() - begin).count()) / static_cast<double>(records().size());
    const std::string bytes =
        file.empty() ? ""
                     : fmt::format("{:.2f}", static_cast<double>(std::filesystem::file_size(file)) /
                                                 static_cast<double>(records().size()));
    std::printf("%-40s %10.1f %12.2f %14s\n", what, ns, 1000 / ns, bytes.c_str());
    std::fflush(stdout);
  }

  void MeasureTapes() {
    const std::string active = File("a.active");
    Measure("write active, 1,024 a commit", active, [&] { WriteActive(active, 1024); });
    Measure("write active, 20 a commit", File("b.active"),
            [&] { WriteActive(File("b.active"), 20); });
    const std::string sealed = File("a.tape");
    Measure("write sealed (import, rows at hand)", sealed, [&] { WriteSealed(sealed); });
    Measure("import, with reading rows", File("b.tape"), [&] { Import(File("b.tape")); });
    Measure("read active, 1,024 a commit", active, [&] { Read(active); });
    Measure("read active, 20 a commit", File("b.active"), [&] { Read(File("b.active")); });
    Measure("read sealed", sealed, [&] { Read(sealed); });
  }

  void WriteActive(const std::string& path, size_t commit) {
    tape::TapeState state;
    state.OnNewEpoch(kEpoch, false);
    market_.TellNames(&state);
    auto segment = tape::SegmentWriter::Create(path, {.epoch = kEpoch}, kTapeId, &state);
    Must(segment.status());
    for (std::span<const wire::Record> left(records()); !left.empty();) {
      const auto now = left.first(std::min(commit, left.size()));
      left = left.subspan(now.size());
      state.OnRecords(now);
      (*segment)->content().AddRecords(now);
      Must((*segment)->Commit());
    }
    Must((*segment)->Finish());
  }

  void WriteSealed(const std::string& path) {
    tape::SealedWriter writer(path, {}, kTapeId);
    writer.OnNewEpoch(kEpoch, false);
    market_.TellNames(&writer);
    writer.OnRecords(records());
    Must(writer.Finish());
  }

  void Import(const std::string& path) {
    tape::SealedWriter writer(path, {}, kTapeId);
    writer.OnNewEpoch(kEpoch, false);
    source::Sequencer sequencer(&writer);
    Must(Drain(spec_, &sequencer));
    Must(writer.Finish());
  }

  void Read(const std::string& path) {
    auto reader = tape::TapeReader::Open(path);
    Must(reader.status());
    Reading reading;
    while ((*reader)->Next(&reading) == tape::TapeReader::Result::kBlock) continue;
    FANTAIL_CHECK(reading.records == records().size(), reading.records);
    checksum_ += reading.sum;
  }

  // What there is to compare with: the records as they lie in memory, and zstd over them.
  void MeasureStructs() {
    const std::string plain = File("structs");
    Measure("fwrite of 64-byte structs", plain, [&] {
      std::FILE* file = std::fopen(plain.c_str(), "wb");
      for (const wire::Record& r : records()) std::fwrite(&r, sizeof r, 1, file);
      std::fclose(file);
    });
    Measure("fread of 64-byte structs", plain, [&] {
      std::FILE* file = std::fopen(plain.c_str(), "rb");
      wire::Record r;
      while (std::fread(&r, sizeof r, 1, file) == 1) checksum_ += r.tick.size;
      std::fclose(file);
    });
    const std::string packed = File("structs.zst");
    std::vector<size_t> lengths;
    Measure("zstd -3 over structs, write", packed, [&] { lengths = WriteZstd(packed); });
    Measure("zstd -3 over structs, read", packed, [&] { ReadZstd(packed, lengths); });
  }

  std::vector<size_t> WriteZstd(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    ZSTD_CCtx* context = ZSTD_createCCtx();
    std::vector<std::byte> out(ZSTD_compressBound(kStructsAtOnce * sizeof(wire::Record)));
    std::vector<size_t> lengths;
    for (std::span<const wire::Record> left(records()); !left.empty();) {
      const auto now = left.first(std::min(kStructsAtOnce, left.size()));
      left = left.subspan(now.size());
      lengths.push_back(ZSTD_compressCCtx(context, out.data(), out.size(), now.data(),
                                          now.size_bytes(), kZstdLevel));
      std::fwrite(out.data(), 1, lengths.back(), file);
    }
    ZSTD_freeCCtx(context);
    std::fclose(file);
    return lengths;
  }

  void ReadZstd(const std::string& path, const std::vector<size_t>& lengths) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    ZSTD_DCtx* context = ZSTD_createDCtx();
    std::vector<std::byte> in;
    std::vector<wire::Record> out(kStructsAtOnce);
    for (const size_t length : lengths) {
      in.resize(length);
      FANTAIL_CHECK(std::fread(in.data(), 1, length, file) == length, path);
      const size_t bytes = ZSTD_decompressDCtx(
          context, out.data(), out.size() * sizeof(wire::Record), in.data(), length);
      for (size_t i = 0; i < bytes / sizeof(wire::Record); ++i) checksum_ += out[i].tick.size;
    }
    ZSTD_freeDCtx(context);
    std::fclose(file);
  }

  // Each opens the tape anew, as a program does that is asked for a place, and reads the first
  // block behind it.
  absl::Status MeasureSeeks() {
    const std::string path = File("long.tape");
    tape::SealedWriter writer(path, {}, kTapeId);
    writer.OnNewEpoch(kEpoch, false);
    source::Sequencer sequencer(&writer);
    if (absl::Status s = Drain(SyntheticSpec(options_.seek_records), &sequencer); !s.ok()) return s;
    if (absl::Status s = writer.Finish(); !s.ok()) return s;
    Random random(kSeed);
    std::vector<double> cpu_ms, wall_ms;
    for (uint64_t i = 0; i < options_.seeks; ++i) {
      const Position position{1 + random.Below(options_.seek_records)};
      const Nanos begin = CpuTime();
      const MonotonicTime wall_begin = net::ReadMonotonicClock();
      auto reader = tape::TapeReader::Open(path);
      if (!reader.ok()) return reader.status();
      tape::TapeState state;
      if (absl::Status s = (*reader)->SeekPosition(kEpoch, position, &state); !s.ok()) return s;
      Reading reading;
      FANTAIL_CHECK((*reader)->Next(&reading) == tape::TapeReader::Result::kBlock, position.value);
      cpu_ms.push_back(std::chrono::duration<double, std::milli>(CpuTime() - begin).count());
      wall_ms.push_back(
          std::chrono::duration<double, std::milli>(net::ReadMonotonicClock() - wall_begin)
              .count());
    }
    std::printf("\nseek in %lu records of 8000 topics, %lu times, each with opening the tape:\n",
                options_.seek_records, options_.seeks);
    PrintSeeks("by the core's time", std::move(cpu_ms));
    PrintSeeks("by the clock", std::move(wall_ms));
    return absl::OkStatus();
  }

  static void PrintSeeks(const char* what, std::vector<double> ms) {
    std::sort(ms.begin(), ms.end());
    std::printf("%-40s median %.1f ms, max %.1f ms\n", what, ms[ms.size() / 2], ms.back());
  }

  const Options& options_;
  const std::string spec_;
  const std::string folder_;
  Market market_;
  uint64_t checksum_ = 0;
};

}  // namespace

int TapeBench(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-bench tape", "measures tapes beside plain files of structs");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  const TemporaryFolder folder;
  const std::string spec =
      options.csv.empty() ? SyntheticSpec(options.synthetic) : "csv:" + options.csv;
  const absl::Status status = Bench(options, spec, folder.path()).Run();
  return status.ok() ? static_cast<int>(app::kExitDone) : line.Fail(status);
}

}  // namespace fantail::bench
