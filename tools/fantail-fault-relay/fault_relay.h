// A TCP relay that misbehaves on command: it stands between a node and its subscriber and makes the
// link slow, far away, silent, half dead, broken or damaged, while real programs run over it.
//
// It relays what connects to endpoint() to the target, and each way has faults of its own. "Up" is
// from who connected to the target, "down" is back. What is set holds for every connection, now and
// later; what is done (Close, Reset, HalfClose) is done to those that stand now.
//
// A cut is a black hole: bytes stop, nobody is told, and a close of either end does not pass. Nor
// is a new connection answered: while there is a hole the listener's queue is kept full, so that
// the kernel drops each SYN as a dead link would, and its sender tries again after 1 s, 3 s, 7 s.
// When the hole is gone, what waited goes on at once (TCP would wait for a retransmission).
//
// Thread: any; it has a thread of its own inside, and one mutex.
// Cost: a mutex a system call: for tests, not for measuring throughput.
// Limits: a few dozen connections. It holds buffer_bytes a way and little in the kernel, so
//   that a slow link fills its sender soon.
// Errors: throws std::system_error if it cannot listen.
#ifndef FANTAIL_FAULT_RELAY_FAULT_RELAY_H_
#define FANTAIL_FAULT_RELAY_FAULT_RELAY_H_

#include <poll.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "fantail/base/time.h"

namespace fantail::fault {

enum class Way : uint8_t { kUp = 0, kDown = 1 };

// Sees the bytes of a connection as they pass, in order, and may change them. Called on the relay's
// thread; it must not call the relay. Connections are numbered from 1.
using Tap = std::function<void(uint64_t connection, Way way, std::span<char> bytes)>;

struct RelayOptions {
  std::string listen = "tcp://127.0.0.1:*";
  std::string target;
  // A way holds so much, twice that in the kernel, and more only for a delay.
  size_t buffer_bytes = 16 * 1024;
  // For a delay: 10 Mbit/s of 200 ms.
  size_t delay_bytes = 256 * 1024;
};

class FaultRelay {
 public:
  explicit FaultRelay(RelayOptions options);
  ~FaultRelay();
  FaultRelay(const FaultRelay&) = delete;
  FaultRelay& operator=(const FaultRelay&) = delete;

  // tcp://HOST:PORT, with the port that the kernel picked.
  const std::string& endpoint() const { return endpoint_; }

  void SetDelay(Way way, Nanos delay);
  // Bytes a second of all connections together; 0 is as fast as it goes.
  void SetRate(Way way, uint64_t bytes_per_second);
  void SetCut(Way way, bool cut);
  // Both ways.
  void SetHole(bool hole);
  void SetTap(Tap tap);
  // Flips one bit of the byte that passes after `after` others from now on, whichever connection
  // carries it.
  void FlipBit(Way way, uint64_t after, int bit);

  void Close();
  void Reset();
  // The receiving end of `way` is told that nothing more comes; the other way goes on.
  void HalfClose(Way way);

  struct Counters {
    uint64_t connections = 0;  // that reached the target
    uint64_t open = 0;
    std::array<uint64_t, 2> bytes{};  // by way
    uint64_t flipped = 0;
  };
  Counters counters() const;

 private:
  struct Chunk {
    MonotonicTime due;
    std::string bytes;
  };
  struct Pipe {
    int from = -1;
    int to = -1;
    std::deque<Chunk> chunks;
    size_t held = 0;
    bool ended = false;   // `from` says that nothing more comes
    bool told = false;    // and `to` knows
    bool wasted = false;  // `to` takes nothing more: what comes is dropped
  };
  struct Connection {
    uint64_t id = 0;
    int client = -1;
    int target = -1;  // -1 while it waits for the hole to go
    std::array<Pipe, 2> pipes;
    bool broken = false;
  };
  struct Path {
    Nanos delay{0};
    uint64_t rate = 0;
    double allowance = 0;  // bytes that may pass now
    MonotonicTime filled_at;
    bool cut = false;
    std::vector<std::pair<uint64_t, int>> flips;  // by count of bytes, and the bit
  };

  void Run();
  void Wake();
  void OpenOrCloseDoor();
  int Fill(std::vector<pollfd>* items, MonotonicTime now);
  void Turn(MonotonicTime now);
  void Accept();
  void Join(Connection* connection);
  void Read(Connection* connection, Way way, MonotonicTime now);
  void Write(Connection* connection, Way way, MonotonicTime now);
  void Pay(Path* path, MonotonicTime now);
  void Damage(Connection* connection, Way way, std::span<char> bytes);
  void CloseOne(Connection* connection, bool reset);
  bool Silent() const { return paths_[0].cut || paths_[1].cut; }
  Path& path(Way way) { return paths_[static_cast<size_t>(way)]; }
  size_t Room(const Pipe& pipe, const Path& path) const;

  const RelayOptions options_;
  std::string endpoint_;
  int listener_ = -1;
  int wake_ = -1;
  int filler_ = -1;  // keeps the listener's queue full

  mutable std::mutex mutex_;  // all below
  std::array<Path, 2> paths_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Counters counters_;
  uint64_t next_id_ = 1;
  Tap tap_;
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace fantail::fault

#endif  // FANTAIL_FAULT_RELAY_FAULT_RELAY_H_
