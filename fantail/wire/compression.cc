#include "fantail/wire/compression.h"

#include <zstd.h>

#include "fantail/base/check.h"

namespace fantail::wire {
namespace {

size_t Good(size_t result) {
  FANTAIL_CHECK(!ZSTD_isError(result), ZSTD_getErrorName(result));
  return result;
}

}  // namespace

size_t CompressedBound(size_t bytes) {
  return ZSTD_compressBound(bytes);
}

void Compressor::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

Compressor::Compressor(int level, int window_log) : context_(ZSTD_createCCtx()) {
  FANTAIL_CHECK(context_ != nullptr);
  Good(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level));
  Good(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, window_log));
}

size_t Compressor::Frame(std::span<const std::byte> plain, std::span<std::byte> out) {
  return Good(ZSTD_compress2(context_.get(), out.data(), out.size(), plain.data(), plain.size()));
}

size_t Compressor::Part(std::span<const std::byte> plain, std::span<std::byte> out) {
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  const size_t left = Good(ZSTD_compressStream2(context_.get(), &to, &in, ZSTD_e_flush));
  FANTAIL_CHECK(left == 0 && in.pos == in.size, left, out.size());
  return to.pos;
}

void Compressor::Reset() {
  Good(ZSTD_CCtx_reset(context_.get(), ZSTD_reset_session_only));
}

size_t Compressor::memory() const {
  return ZSTD_sizeof_CCtx(context_.get());
}

void Decompressor::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

Decompressor::Decompressor(int most_window_log) : context_(ZSTD_createDCtx()) {
  FANTAIL_CHECK(context_ != nullptr);
  Good(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, most_window_log));
}

std::optional<size_t> Decompressor::Frame(std::span<const std::byte> bytes,
                                          std::span<std::byte> out) {
  const size_t filled =
      ZSTD_decompressDCtx(context_.get(), out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(filled)) return std::nullopt;
  return filled;
}

std::optional<size_t> Decompressor::Part(std::span<const std::byte> bytes,
                                         std::span<std::byte> out) {
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  // While `out` has room, zstd gives all that it has. It may take the bytes in several bites.
  while (in.pos < in.size) {
    const size_t before = in.pos + to.pos;
    const size_t hint = ZSTD_decompressStream(context_.get(), &to, &in);
    // An error, the end of the frame (the other side never ends it), too much, or no progress.
    if (ZSTD_isError(hint) || hint == 0 || to.pos == to.size) return std::nullopt;
    if (in.pos + to.pos == before) return std::nullopt;
  }
  return to.pos;
}

void Decompressor::Reset() {
  Good(ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only));
}

size_t Decompressor::memory() const {
  return ZSTD_sizeof_DCtx(context_.get());
}

}  // namespace fantail::wire
