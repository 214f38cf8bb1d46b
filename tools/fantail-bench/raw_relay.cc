// The raw relay process, in its best honest form: large reads into a ring of aligned blocks, large
// writes out of the same blocks, each reader at its own place; a full ring holds back the stream
// from above. Nothing is looked at and nothing is lost.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "fantail/app/ready_file.h"
#include "tools/fantail-bench/contender.h"
#include "tools/fantail-bench/tcp.h"

namespace fantail::bench {
namespace {

constexpr size_t kAlignment = 64;
// As much as one read is given.
constexpr size_t kBlockBytes = 128 * 1024;
// 2 MB in all: room for the slow to lag a little, and small enough for a usual cache.
constexpr uint64_t kBlocks = 16;

class Relay {
 public:
  Relay(Descriptor above, std::vector<Descriptor> below)
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), above_(std::move(above)) {
    for (Descriptor& connection : below) readers_.push_back({.connection = std::move(connection)});
    Watch(above_, EPOLLIN, nullptr);
    for (Reader& reader : readers_) Watch(reader.connection, EPOLLOUT, &reader);
  }

  // Until the stream from above ends.
  void Run() {
    std::array<epoll_event, 64> events;
    while (!ended_) {
      const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        auto* reader = static_cast<Reader*>(events[i].data.ptr);
        (reader == nullptr ? above_ready_ : reader->ready) = true;
      }
      while (Read() || Write()) {
      }
    }
  }

 private:
  struct Block {
    std::unique_ptr<std::byte, decltype(&std::free)> bytes{
        static_cast<std::byte*>(std::aligned_alloc(kAlignment, kBlockBytes)), &std::free};
    size_t size = 0;
  };
  struct Reader {
    Descriptor connection;
    bool ready = false;
    uint64_t block = 0;  // the number of the next one to send, and how much of it has been
    size_t offset = 0;
  };

  // Edge-triggered: what is ready stays so until a call says that it is not.
  void Watch(const Descriptor& connection, uint32_t events, Reader* reader) {
    epoll_event event{};
    event.events = events | EPOLLET;
    event.data.ptr = reader;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.get(), &event);
  }

  // Takes in a block and passes it on; false if nothing has come or there is no room.
  bool Read() {
    if (!above_ready_ || filled_ - Slowest() == kBlocks) return false;
    Block& block = blocks_[filled_ % kBlocks];
    const ssize_t n = recv(above_.get(), block.bytes.get(), kBlockBytes, MSG_DONTWAIT);
    ended_ = n == 0;
    if (n <= 0) return above_ready_ = false;
    block.size = static_cast<size_t>(n);
    ++filled_;
    Write();
    return true;
  }

  // Gives every reader what its connection takes; true if that was anything.
  bool Write() {
    bool any = false;
    for (Reader& reader : readers_) {
      while (reader.ready && reader.block < filled_) any = WriteTo(&reader) || any;
    }
    return any;
  }

  bool WriteTo(Reader* reader) {
    const Block& block = blocks_[reader->block % kBlocks];
    const ssize_t n = send(reader->connection.get(), block.bytes.get() + reader->offset,
                           block.size - reader->offset, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) return reader->ready = false;
    reader->offset += static_cast<size_t>(n);
    if (reader->offset == block.size) {
      ++reader->block;
      reader->offset = 0;
    }
    return true;
  }

  uint64_t Slowest() const {
    uint64_t slowest = filled_;
    for (const Reader& reader : readers_) slowest = std::min(slowest, reader.block);
    return slowest;
  }

  Descriptor epoll_;
  Descriptor above_;
  bool above_ready_ = false;
  bool ended_ = false;
  std::vector<Reader> readers_;
  std::array<Block, kBlocks> blocks_;
  uint64_t filled_ = 0;
};

Descriptor AwaitOne(const Descriptor& listener) {
  while (true) {
    Descriptor connection = AcceptFrom(listener);
    if (connection.valid()) return connection;
    AwaitReadable(listener);
  }
}

}  // namespace

int RunRawRelay(const std::string& upstream, const std::string& ready_file, size_t subscribers) {
  const Descriptor listener = ListenOnLoopback();
  app::ReadyFile ready(ready_file);
  if (!ready.Write({{"listen", EndpointOf(listener)}}).ok()) return 1;
  std::vector<Descriptor> below;
  while (below.size() < subscribers) below.push_back(AwaitOne(listener));
  Relay(ConnectTo(upstream), std::move(below)).Run();
  return 0;
}

}  // namespace fantail::bench
