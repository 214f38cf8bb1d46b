#include "fantail/wire/message.h"

#include <algorithm>
#include <new>

namespace fantail::wire {
namespace {

constexpr size_t kAlignment = 64;
// What is shorter is copied as fast wherever it lies, and aligned memory costs the allocator
// several times as much.
constexpr size_t kAlignFrom = 4096;

using Block = Message::Block;
static_assert(sizeof(Block) % 16 == 0 && sizeof(Block) <= kAlignment);

// The bytes follow the block.
void Destroy(Block* block) {
  const bool aligned = block->size >= kAlignFrom;
  block->~Block();
  if (!aligned) return ::operator delete(block);
  void* memory = reinterpret_cast<std::byte*>(block) + sizeof(Block) - kAlignment;
  ::operator delete (memory, std::align_val_t{kAlignment});
}

}  // namespace

Message Message::WithSize(size_t size) {
  void* place = nullptr;
  if (size < kAlignFrom) {
    place = ::operator new(sizeof(Block) + size);
  } else {
    void* memory = ::operator new (kAlignment + size, std::align_val_t{kAlignment});
    place = static_cast<std::byte*>(memory) + kAlignment - sizeof(Block);
  }
  auto* block = new (place) Block;
  block->size = size;
  block->data = reinterpret_cast<std::byte*>(block + 1);
  block->destroy = Destroy;
  return Message(block);
}

Message Message::CopyOf(std::span<const std::byte> bytes) {
  Message message = WithSize(bytes.size());
  std::copy(bytes.begin(), bytes.end(), message.Fill().begin());
  return message;
}

void Message::Ref() {
  if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
}

void Message::Unref(Block* block) {
  if (block == nullptr || block->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block->destroy(block);
}

}  // namespace fantail::wire
