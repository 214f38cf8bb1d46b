#include "desktop-subscriber/output_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

#include "desktop-subscriber/output_writer.h"

namespace fantail::desk {
namespace {

bool Readable(int fd) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, 0) == 1;
}

void PushText(OutputQueue* queue, std::string text) {
  queue->Push(Stream::kOut, &text);
}

TEST(OutputQueueTest, HandsOutChunksInOrderAndEndsAfterClose) {
  OutputQueue queue;
  PushText(&queue, "a");
  PushText(&queue, "b");
  queue.Close();
  Chunk chunk;
  ASSERT_TRUE(queue.Pop(&chunk));
  EXPECT_EQ(chunk.bytes, "a");
  ASSERT_TRUE(queue.Pop(&chunk));
  EXPECT_EQ(chunk.bytes, "b");
  EXPECT_FALSE(queue.Pop(&chunk));
}

TEST(OutputQueueTest, IsFullFromTheHighMarkUntilHalfOfItAndThenWakesTheFeedThread) {
  OutputQueue queue(100);
  for (int i = 0; i < 9; ++i) PushText(&queue, std::string(10, 'x'));
  EXPECT_FALSE(queue.full());
  PushText(&queue, std::string(10, 'x'));
  EXPECT_TRUE(queue.full());
  Chunk chunk;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(queue.Pop(&chunk));
  EXPECT_TRUE(queue.full());
  EXPECT_FALSE(Readable(queue.wake_fd()));
  ASSERT_TRUE(queue.Pop(&chunk));
  EXPECT_FALSE(queue.full());
  EXPECT_TRUE(Readable(queue.wake_fd()));
  queue.AckWake();
  EXPECT_FALSE(Readable(queue.wake_fd()));
}

TEST(OutputQueueTest, ReusesTheBuffersOfWrittenChunks) {
  OutputQueue queue;
  std::string bytes(5000, 'x');
  const char* const first = bytes.data();
  queue.Push(Stream::kOut, &bytes);
  EXPECT_TRUE(bytes.empty());
  Chunk chunk;
  ASSERT_TRUE(queue.Pop(&chunk));
  PushText(&queue, "y");
  ASSERT_TRUE(queue.Pop(&chunk));  // gives the first buffer back
  bytes.assign(1, 'z');
  queue.Push(Stream::kOut, &bytes);
  EXPECT_EQ(bytes.data(), first);
}

TEST(OutputQueueTest, TakesNothingMoreAfterItWasAbandoned) {
  OutputQueue queue(10);
  PushText(&queue, std::string(20, 'x'));
  queue.Abandon();
  EXPECT_FALSE(queue.full());
  EXPECT_TRUE(Readable(queue.wake_fd()));
  PushText(&queue, std::string(20, 'x'));
  EXPECT_FALSE(queue.full());
  Chunk chunk;
  EXPECT_FALSE(queue.Pop(&chunk));
}

TEST(OutputQueueTest, KeepsEveryByteInOrderBetweenTwoThreads) {
  OutputQueue queue(4096);
  std::string got;
  std::thread output([&] {
    Chunk chunk;
    while (queue.Pop(&chunk)) got += chunk.bytes;
  });
  std::string sent;
  for (int i = 0; i < 5000; ++i) {
    while (queue.full()) {
      pollfd p{queue.wake_fd(), POLLIN, 0};
      poll(&p, 1, -1);
      queue.AckWake();
    }
    std::string text = std::to_string(i);
    text += ',';
    sent += text;
    PushText(&queue, text);
  }
  queue.Close();
  output.join();
  EXPECT_EQ(got, sent);
}

// Answers what it is told to, and remembers what it was given.
class FakeSink : public ByteSink {
 public:
  int Write(Stream stream, std::string_view bytes) override {
    (stream == Stream::kOut ? out : err) += bytes;
    return stream == Stream::kOut ? answer : 0;
  }
  void RequestStop() override {}

  int answer = 0;
  std::string out, err;
};

TEST(OutputWriterTest, WritesEachChunkWhereItBelongs) {
  OutputQueue queue;
  FakeSink sink;
  PushText(&queue, "row\n");
  std::string line = "a gap\n";
  queue.Push(Stream::kErr, &line);
  queue.Close();
  EXPECT_EQ(OutputWriter(&queue, &sink, "fantail-desk").Run(), OutputOutcome::kDone);
  EXPECT_EQ(sink.out, "row\n");
  EXPECT_EQ(sink.err, "a gap\n");
}

TEST(OutputWriterTest, EndsQuietlyWhenTheReaderHasGone) {
  OutputQueue queue;
  FakeSink sink;
  sink.answer = EPIPE;
  PushText(&queue, "row\n");
  EXPECT_EQ(OutputWriter(&queue, &sink, "fantail-desk").Run(), OutputOutcome::kReaderGone);
  EXPECT_EQ(sink.err, "");
}

TEST(OutputWriterTest, SaysInOneLineThatTheDiskIsFull) {
  OutputQueue queue;
  FakeSink sink;
  sink.answer = ENOSPC;
  PushText(&queue, "row\n");
  EXPECT_EQ(OutputWriter(&queue, &sink, "fantail-desk").Run(), OutputOutcome::kFailed);
  EXPECT_EQ(sink.err, "fantail-desk: standard output: cannot write: No space left on device\n");
}

TEST(FdSinkTest, StopsAWriteWhoseReaderDoesNotRead) {
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  FdSink sink(fds[1], STDERR_FILENO);
  int result = -1;
  std::thread output([&] { result = sink.Write(Stream::kOut, std::string(1 << 20, 'x')); });
  sink.RequestStop();
  output.join();
  EXPECT_EQ(result, ECANCELED);
  close(fds[0]);
  close(fds[1]);
}

TEST(FdSinkTest, ReportsThatTheReaderOfAPipeHasGone) {
  signal(SIGPIPE, SIG_IGN);
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  close(fds[0]);
  FdSink sink(fds[1], STDERR_FILENO);
  EXPECT_EQ(sink.Write(Stream::kOut, "x"), EPIPE);
  close(fds[1]);
}

}  // namespace
}  // namespace fantail::desk
