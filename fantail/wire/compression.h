// zstd contexts that have an owner: frames that stand alone, and one long frame in parts, each of
// which can be read as soon as it has come.
//
// Thread: one owner.  Cost: a context is some hundred kilobytes, and megabytes once it has worked
// at level 3; nothing is allocated for a frame or a part after the first.
// Errors: bytes from outside never stop the process, and never take more memory than was set.
#ifndef FANTAIL_WIRE_COMPRESSION_H_
#define FANTAIL_WIRE_COMPRESSION_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace fantail::wire {

// What `bytes` may become at the most, as one frame or one part.
size_t CompressedBound(size_t bytes);

class Compressor {
 public:
  // `window_log`: what lies further back than 2^window_log bytes is forgotten; 0 leaves it to zstd.
  explicit Compressor(int level, int window_log = 0);

  // Each returns the bytes of `out` that it filled. REQUIRES: out holds CompressedBound.
  size_t Frame(std::span<const std::byte> plain, std::span<std::byte> out);
  size_t Part(std::span<const std::byte> plain, std::span<std::byte> out);
  // The next part begins a new frame.
  void Reset();
  size_t memory() const;

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
};

class Decompressor {
 public:
  // A frame that looks further back is refused, before it costs memory; 0 leaves it to zstd.
  explicit Decompressor(int most_window_log = 0);

  // Each returns the bytes of `out` that it filled, or nothing: the bytes are damaged, or more came
  // out than fits.
  std::optional<size_t> Frame(std::span<const std::byte> bytes, std::span<std::byte> out);
  // `out` must be longer than what comes out. After nothing the stream has ended.
  std::optional<size_t> Part(std::span<const std::byte> bytes, std::span<std::byte> out);
  void Reset();
  size_t memory() const;

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
};

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_COMPRESSION_H_
