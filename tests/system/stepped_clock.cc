// Preloaded into a program, it steps the program's wall clock while it runs: by as many seconds as
// the file $STEPPED_CLOCK_FILE says at that moment. The monotonic clock stays as it is.
//
// Thread: any.
// Errors: a file that is not there is no step.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace {

long StepSeconds() {
  const char* path = std::getenv("STEPPED_CLOCK_FILE");
  const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[32] = {};
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  return size > 0 ? std::strtol(text, nullptr, 10) : 0;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long failed = syscall(SYS_clock_gettime, clock, time);
  if (failed == 0 && clock == CLOCK_REALTIME) time->tv_sec += StepSeconds();
  return static_cast<int>(failed);
}
