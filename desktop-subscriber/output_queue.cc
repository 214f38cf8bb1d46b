#include "desktop-subscriber/output_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "fantail/base/check.h"

namespace fantail::desk {

OutputQueue::OutputQueue(size_t high_mark)
    : high_mark_(high_mark), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  FANTAIL_CHECK(wake_fd_ >= 0, wake_fd_);
}

OutputQueue::~OutputQueue() {
  close(wake_fd_);
}

void OutputQueue::Push(Stream stream, std::string* bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (abandoned_ || bytes->empty()) {
      bytes->clear();
      return;
    }
    bytes_ += bytes->size();
    full_ = full_ || bytes_ >= high_mark_;
    chunks_.push_back({stream, std::move(*bytes)});
    bytes->clear();
    if (!spares_.empty()) {
      bytes->swap(spares_.back());
      spares_.pop_back();
    }
  }
  arrived_.notify_one();
}

bool OutputQueue::full() const {
  const std::lock_guard lock(mutex_);
  return full_;
}

void OutputQueue::AckWake() {
  uint64_t count;
  while (read(wake_fd_, &count, sizeof count) == sizeof count) {
  }
}

void OutputQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  arrived_.notify_all();
}

void OutputQueue::TakeFront(Chunk* chunk) {
  if (chunk->bytes.capacity() > 0 && spares_.size() < kMaxSpares) {
    chunk->bytes.clear();
    spares_.push_back(std::move(chunk->bytes));
  }
  *chunk = std::move(chunks_.front());
  chunks_.pop_front();
  bytes_ -= chunk->bytes.size();
  if (full_ && bytes_ <= high_mark_ / 2) {
    full_ = false;
    Wake();
  }
}

bool OutputQueue::Pop(Chunk* chunk) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return !chunks_.empty() || closed_ || abandoned_; });
  if (chunks_.empty()) return false;
  TakeFront(chunk);
  return true;
}

bool OutputQueue::TryPop(Chunk* chunk) {
  const std::lock_guard lock(mutex_);
  if (chunks_.empty()) return false;
  TakeFront(chunk);
  return true;
}

void OutputQueue::Abandon() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    full_ = false;
    bytes_ = 0;
    chunks_.clear();
  }
  arrived_.notify_all();
  Wake();
}

void OutputQueue::Wake() {
  const uint64_t one = 1;
  // Can only fail when the counter is at its end, and then the descriptor is readable anyway.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
}

}  // namespace fantail::desk
