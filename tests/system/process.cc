#include "tests/system/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace fantail::testing {
namespace {

// Fine enough to measure an answer, coarse enough to leave the processor to the programs.
constexpr auto kPollEvery = std::chrono::milliseconds(5);

void OpenAs(const std::string& path, int flags, int fd) {
  const int opened = open(path.c_str(), flags, 0600);
  if (opened < 0 || dup2(opened, fd) < 0) _exit(126);
  if (opened != fd) close(opened);
}

}  // namespace

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool Eventually(const std::function<bool()>& condition, Seconds patience) {
  const double until = Now() + patience.count();
  while (!condition()) {
    if (Now() > until) return false;
    std::this_thread::sleep_for(kPollEvery);
  }
  return true;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

size_t FileSize(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
}

void WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  ASSERT_TRUE(file.flush().good()) << path;
}

TempFolder::TempFolder() : path_(::testing::TempDir() + "fantail_system_XXXXXX") {
  EXPECT_NE(mkdtemp(path_.data()), nullptr) << path_ << ": " << std::strerror(errno);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  // What a failed test has written is what one wants to look at.
  if (std::getenv("FANTAIL_KEEP") == nullptr) std::filesystem::remove_all(path_, ignored);
}

Process::Process(std::vector<std::string> arguments, const Files& files)
    : what_(arguments.front()) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    // Only system calls from here on. A test that is killed takes its programs along.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    OpenAs(files.in, O_RDONLY, STDIN_FILENO);
    OpenAs(files.out, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    OpenAs(files.err, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    execvp(argv.front(), argv.data());
    _exit(127);
  }
  EXPECT_GT(pid_, 0) << what_ << ": " << std::strerror(errno);
}

Process::~Process() {
  Kill();
}

void Process::Signal(int signal) {
  if (!Poll()) kill(pid_, signal);
}

void Process::Kill() {
  if (Poll()) return;
  kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = 1000 + SIGKILL;
}

std::optional<int> Process::Poll() {
  int status = 0;
  if (!ended_ && (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) == pid_)) {
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  return ended_;
}

int Process::Wait(Seconds patience) {
  if (!Eventually([this] { return Poll().has_value(); }, patience)) {
    ADD_FAILURE() << what_ << " has not ended within " << patience.count() << " s";
    Kill();
  }
  return *ended_;
}

}  // namespace fantail::testing
