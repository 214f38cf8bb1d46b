// The bounded queue between a desk's feed thread and its output thread, so that a blocked `less`
// never stops the pings. Bounded in bytes, not in chunks: what fills up is memory.
//
// Thread: Push, full, AckWake and Close belong to the feed thread; Pop and TryPop to the output
// thread; wake_fd, Wake and Abandon to any. Limits: Push never blocks and never refuses. The feed
// thread asks full() and takes no more from its session while that is true, so the queue holds at
// most the high mark and what one turn brought.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_OUTPUT_QUEUE_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_OUTPUT_QUEUE_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace fantail::desk {

// Where a chunk goes. One queue for both, so that a gap's line stands where the gap is.
enum class Stream : uint8_t { kOut, kErr };

struct Chunk {
  Stream stream = Stream::kOut;
  std::string bytes;
};

class OutputQueue {
 public:
  // 8 MiB is a tenth of a second of what the printer can make, and far more than a terminal takes.
  static constexpr size_t kDefaultHighMark = size_t{8} << 20;

  explicit OutputQueue(size_t high_mark = kDefaultHighMark);
  ~OutputQueue();
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  // Takes the bytes and leaves an empty buffer, a used one if there is one, in their place.
  void Push(Stream stream, std::string* bytes);
  // True from the high mark on until the output thread has brought it down to half of it.
  bool full() const;
  // Becomes readable when full() has turned false again, on Abandon, and on Wake.
  int wake_fd() const { return wake_fd_; }
  // Makes wake_fd unreadable until the next event.
  void AckWake();
  // Nothing more will be pushed: Pop hands out what is left, then answers false.
  void Close();

  // Swaps the next chunk into *chunk, whose old buffer is kept for reuse. Waits for one; false when
  // there will be none.
  bool Pop(Chunk* chunk);
  // The same without waiting: false if there is none now.
  bool TryPop(Chunk* chunk);
  // Nobody reads any more: drops what is there and whatever is pushed from now on.
  void Abandon();

  // Makes wake_fd readable: the output side has something else to say to the feed thread.
  void Wake();

 private:
  void TakeFront(Chunk* chunk);  // REQUIRES: mutex_ held, chunks_ not empty

  static constexpr size_t kMaxSpares = 16;  // of 64 KiB each

  const size_t high_mark_;
  const int wake_fd_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  // Guarded by mutex_:
  std::deque<Chunk> chunks_;
  std::vector<std::string> spares_;
  size_t bytes_ = 0;
  bool full_ = false;
  bool closed_ = false;
  bool abandoned_ = false;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_OUTPUT_QUEUE_H_
