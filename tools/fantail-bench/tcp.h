// Plain TCP on loopback, for the raw relay and both its sides.
//
// Thread: values; use them anywhere.  Errors: throws std::system_error, which ends the program.
#ifndef FANTAIL_BENCH_TCP_H_
#define FANTAIL_BENCH_TCP_H_

#include <string>
#include <utility>

namespace fantail::bench {

// An open file descriptor, closed with it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// At a port that the kernel picks.
Descriptor ListenOnLoopback();
// tcp://127.0.0.1:PORT of a listener.
std::string EndpointOf(const Descriptor& listener);
// Does not wait: not valid if nobody has come. What comes, here and below, does not block and has
// Nagle's delay off.
Descriptor AcceptFrom(const Descriptor& listener);
Descriptor ConnectTo(const std::string& endpoint);
// Waits until somebody has come.
void AwaitReadable(const Descriptor& listener);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_TCP_H_
