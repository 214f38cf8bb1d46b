#include "fantail/wire/message.h"

#include <new>

namespace fantail::wire {
namespace {
constexpr size_t kAlignment = 64;
// What is shorter is copied as fast wherever it lies, and aligned memory costs the allocator
// several times as much.
constexpr size_t kAlignFrom = 4096;
}  // namespace

// The bytes follow the block.
struct Message::Block {
  std::atomic<uint32_t> references{1};
  size_t size = 0;

  std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
};

Message Message::WithSize(size_t size) {
  void* place = nullptr;
  if (size < kAlignFrom) {
    place = ::operator new(sizeof(Block) + size);
  } else {
    void* memory = ::operator new (kAlignment + size, std::align_val_t{kAlignment});
    place = static_cast<std::byte*>(memory) + kAlignment - sizeof(Block);
  }
  Message message;
  message.block_ = new (place) Block;
  message.block_->size = size;
  return message;
}

std::span<std::byte> Message::Fill() {
  return {block_->data(), block_->size};
}

std::span<const std::byte> Message::bytes() const {
  if (block_ == nullptr) return {};
  return {block_->data(), block_->size};
}

void Message::Ref() {
  if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
}

void Message::Unref(Block* block) {
  if (block == nullptr || block->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const bool aligned = block->size >= kAlignFrom;
  block->~Block();
  if (!aligned) return ::operator delete(block);
  void* memory = reinterpret_cast<std::byte*>(block) + sizeof(Block) - kAlignment;
  ::operator delete (memory, std::align_val_t{kAlignment});
}

}  // namespace fantail::wire
