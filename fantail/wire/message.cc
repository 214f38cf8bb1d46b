#include "fantail/wire/message.h"

#include <new>

namespace fantail::wire {
namespace {
constexpr size_t kAlignment = 64;
}

// The bytes follow the block, which fills one alignment unit.
struct alignas(kAlignment) Message::Block {
  std::atomic<uint32_t> references{1};
  size_t size = 0;

  std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
};

Message Message::WithSize(size_t size) {
  void* memory = ::operator new (sizeof(Block) + size, std::align_val_t{kAlignment});
  Message message;
  message.block_ = new (memory) Block;
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
  block->~Block();
  ::operator delete (block, std::align_val_t{kAlignment});
}

}  // namespace fantail::wire
