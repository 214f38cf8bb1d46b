#include "tools/fantail-bench/packed_bench.h"

#include <cstdio>

#include "fantail/app/exit_codes.h"
#include "fantail/app/options.h"
#include "fantail/base/check.h"
#include "fantail/wire/decode.h"
#include "fantail/wire/encode.h"
#include "fantail/wire/limits.h"
#include "fantail/wire/packed.h"
#include "tools/fantail-bench/market.h"

namespace fantail::bench {
namespace {

struct Options {
  std::string csv;
  uint64_t synthetic = 1'000'000;
};

void Declare(Options* o, app::CommandLine* line) {
  line->Option("--csv FILE", &o->csv, "the ticks to encode: a tick file, plain or gzip");
  line->Option("--synthetic N", &o->synthetic, "or so many of a made-up market of 8,000 symbols",
               {1, 100'000'000});
  line->Example("fantail-bench packed --csv us_eq_20131008.csv.gz", "a recorded day");
}

using Messages = std::vector<wire::Message>;

// One way of encoding: all records in batches of some size, and back.
struct Way {
  virtual ~Way() = default;
  virtual void Encode(Position after, std::span<const wire::Record> records, Messages* out) = 0;
  // How many ticks there are in it, and something that depends on each.
  virtual uint64_t Decode(const wire::Message& message, uint64_t* sum) = 0;
};

struct Plain final : Way {
  void Encode(Position after, std::span<const wire::Record> records, Messages* out) override {
    out->push_back(wire::EncodeBatch(after, records.back().position, records, wire::Replay::kLive));
  }
  uint64_t Decode(const wire::Message& message, uint64_t* sum) override {
    FANTAIL_CHECK(decoder.Decode(message.bytes(), &any) == wire::DecodeError::kNone);
    const auto& batch = std::get<wire::Batch>(any);
    for (const wire::Tick& tick : batch.ticks) *sum += tick.size;
    return batch.ticks.size();
  }
  wire::Decoder decoder;
  wire::AnyMessage any;
};

struct Packed final : Way {
  void Encode(Position after, std::span<const wire::Record> records, Messages* out) override {
    writer.EncodeBatch(after, records.back().position, records, wire::Replay::kLive, out);
  }
  uint64_t Decode(const wire::Message& message, uint64_t* sum) override {
    FANTAIL_CHECK(reader.Decode(message.bytes(), &any) == wire::DecodeError::kNone,
                  std::string(reader.detail()));
    const auto& batch = std::get<wire::PackedBatch>(any);
    for (const wire::Record& record : batch.records) *sum += record.tick.size;
    return batch.records.size();
  }
  wire::PackedWriter writer;
  wire::PackedReader reader;
  wire::AnyMessage any;
};

// The baseline: the plain messages through a zstd stream, as a tunnel that compresses would.
struct Compressed final : Way {
  void Encode(Position after, std::span<const wire::Record> records, Messages* out) override {
    plain.Encode(after, records, &once);
    for (const wire::Message& message : once) {
      room.resize(wire::CompressedBound(message.size()));
      out->push_back(
          wire::Message::CopyOf(std::span(room).first(stream.Part(message.bytes(), room))));
    }
    once.clear();
  }
  uint64_t Decode(const wire::Message& message, uint64_t* sum) override {
    back.resize(2 * wire::kMaxMessageBytes);
    const auto size = reverse.Part(message.bytes(), back);
    FANTAIL_CHECK(size.has_value());
    return plain.Decode(wire::Message::CopyOf(std::span(back).first(*size)), sum);
  }
  Plain plain;
  Messages once;
  wire::Compressor stream{3, 18};
  wire::Decompressor reverse{18};
  std::vector<std::byte> room;
  std::vector<std::byte> back;
};

void Measure(const char* name, Way* way, size_t batch, std::span<const wire::Record> records) {
  Messages messages;
  uint64_t sum = 0;
  uint64_t wanted = 0;
  for (const wire::Record& record : records) wanted += record.tick.size;
  const double ticks = static_cast<double>(records.size());
  const Nanos begin = CpuTime();
  Position after;
  for (std::span<const wire::Record> left = records; !left.empty();) {
    const auto now = left.first(std::min(batch, left.size()));
    left = left.subspan(now.size());
    way->Encode(after, now, &messages);
    after = now.back().position;
  }
  const Nanos encoded = CpuTime();
  uint64_t back = 0;
  size_t bytes = 0;
  for (const wire::Message& message : messages) {
    back += way->Decode(message, &sum);
    bytes += message.size();
  }
  const Nanos decoded = CpuTime();
  FANTAIL_CHECK(back == records.size() && sum == wanted, back, sum, wanted);
  const auto each = [&](Nanos time) { return static_cast<double>(time.count()) / ticks; };
  std::printf("%-24s %8zu %12.2f %12.1f %12.1f\n", name, batch, static_cast<double>(bytes) / ticks,
              each(encoded - begin), each(decoded - encoded));
  std::fflush(stdout);
}

absl::Status Run(const std::string& spec) {
  Market market;
  source::Sequencer sequencer(&market);
  if (absl::Status s = Drain(spec, &sequencer); !s.ok()) return s;
  std::printf("%s: %zu ticks of %zu topics\n\n", spec.c_str(), market.records().size(),
              market.topics());
  std::printf("%-24s %8s %12s %12s %12s\n", "on one core", "a batch", "bytes/tick", "encode, ns",
              "decode, ns");
  for (const size_t batch : {wire::kMaxBatchTicks, size_t{64}, size_t{8}, size_t{3}, size_t{1}}) {
    Plain plain;
    Measure("plain", &plain, batch, market.records());
    Compressed compressed;
    Measure("plain through zstd -3", &compressed, batch, market.records());
    Packed packed;
    Measure("packed", &packed, batch, market.records());
  }
  Packed packed;
  Measure("packed", &packed, wire::kMaxPackedBatchTicks, market.records());
  std::printf("\na packed session holds %zu kB at the node and %zu kB at the client\n",
              packed.writer.memory() / 1000, packed.reader.memory() / 1000);
  return absl::OkStatus();
}

}  // namespace

int PackedBench(int argc, char** argv) {
  Options options;
  app::CommandLine line("fantail-bench packed", "measures the encodings of a session");
  Declare(&options, &line);
  if (const std::optional<int> code = line.Parse(argc, argv)) return *code;
  const absl::Status status =
      Run(options.csv.empty() ? SyntheticSpec(options.synthetic) : "csv:" + options.csv);
  return status.ok() ? static_cast<int>(app::kExitDone) : line.Fail(status);
}

}  // namespace fantail::bench
