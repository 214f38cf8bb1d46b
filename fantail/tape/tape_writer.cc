#include "fantail/tape/tape_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "fantail/tape/sealed_writer.h"
#include "fantail/tape/tape_reader.h"

namespace fantail::tape {
namespace {

namespace fs = std::filesystem;

constexpr char kLockName[] = "writer.lock";
// As long as a boot id and the rest need; the file never grows, so that it can be written on a disk
// that is full.
constexpr size_t kLockBytes = 256;
// Records and images that wait for one block at most.
constexpr size_t kMostWaiting = 32 * 1024;

uint64_t RandomId() {
  uint64_t id = 0;
  if (getrandom(&id, sizeof id, 0) != sizeof id) id = static_cast<uint64_t>(getpid());
  return id;
}

// Of the machine's present run. Empty where the kernel does not tell: then every boot is another.
std::string BootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

const char* SyncName(SyncMode mode) {
  switch (mode) {
    case SyncMode::kNever:
      return "never";
    case SyncMode::kInterval:
      return "interval";
    case SyncMode::kAlways:
      return "always";
  }
  return "?";
}

// By epoch and position, so that names sort as the segments do.
std::string SegmentName(Epoch epoch, Position after) {
  char name[64];
  std::snprintf(name, sizeof name, "%016" PRIx64 "-%020" PRIu64, epoch.value, after.value);
  return name;
}

std::string Sealed(const std::string& active) {
  return fs::path(active).replace_extension(kSealedSuffix).string();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TapeWriter>> TapeWriter::Open(Options options) {
  std::unique_ptr<TapeWriter> writer(new TapeWriter(std::move(options)));
  if (absl::Status s = writer->Lock(); !s.ok()) return s;
  if (absl::Status s = writer->Load(); !s.ok()) return s;
  return writer;
}

TapeWriter::~TapeWriter() {
  if (!closed_ && !abandoned_ && housekeeper_.joinable()) (void)Close();
  if (housekeeper_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    housekeeper_.join();
  }
  if (lock_fd_ >= 0) close(lock_fd_);
}

absl::Status TapeWriter::Lock() {
  std::error_code error;
  fs::create_directories(options_.folder, error);
  if (error) return FileError(options_.folder, "cannot be made", error.value());
  const std::string path = options_.folder + "/" + kLockName;
  lock_fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_fd_ < 0) return FileError(path, "cannot be created", errno);
  if (flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    return absl::AlreadyExistsError(options_.folder +
                                    ": another program is writing here; name another folder");
  }
  char text[kLockBytes + 1] = "";
  const ssize_t got = pread(lock_fd_, text, kLockBytes, 0);
  char ending[16] = "", sync[16] = "", boot[64] = "";
  if (got <= 0 || std::sscanf(text, "%15s sync %15s boot %63s", ending, sync, boot) != 3) {
    return absl::OkStatus();
  }
  last_run_ = {.known = true,
               .closed = std::strcmp(ending, "closed") == 0,
               .incomplete = std::strcmp(ending, "incomplete") == 0,
               .same_boot = BootId() == boot,
               .sync = std::strcmp(sync, "always") == 0 ? SyncMode::kAlways : SyncMode::kNever};
  return absl::OkStatus();
}

// In place, and brought to the disk.
absl::Status TapeWriter::WriteLock(const char* ending) {
  const std::string boot = BootId();
  char text[kLockBytes];
  std::memset(text, '\n', sizeof text);
  const int length =
      std::snprintf(text, sizeof text, "%s sync %s boot %s", ending, SyncName(options_.sync),
                    boot.empty() ? "unknown" : boot.c_str());
  text[length] = '\n';
  const std::string path = options_.folder + "/" + kLockName;
  if (pwrite(lock_fd_, text, sizeof text, 0) != sizeof text) {
    return FileError(path, "cannot be written", errno);
  }
  if (fdatasync(lock_fd_) != 0) return FileError(path, "cannot be brought to the disk", errno);
  return absl::OkStatus();
}

absl::Status TapeWriter::Load() {
  head_ = options_.head;
  auto reader = TapeReader::Open(options_.folder);
  if (absl::IsNotFound(reader.status())) return absl::OkStatus();
  if (!reader.ok()) return reader.status();
  if (!(*reader)->problems().empty()) return absl::DataLossError((*reader)->problems().front());
  if (absl::Status s = (*reader)->SeekEnd(&state_); !s.ok()) return s;
  last_head_ = (*reader)->segments().back().head;
  for (const SegmentInfo& segment : (*reader)->segments()) {
    // The next segment takes the name of one that has nothing: it is not to be touched beside that.
    const bool empty =
        segment.head.epoch == state_.epoch() && segment.head.after == state_.through();
    if (!segment.head.sealed && !empty) to_seal_.push_back(segment.path);
  }
  return absl::OkStatus();
}

void TapeWriter::set_source(std::string source, uint64_t rows) {
  head_.source = std::move(source);
  head_.source_rows = rows;
  source_since_ = state_.through();
}

void TapeWriter::OnNewEpoch(Epoch epoch, bool paced) {
  if (absl::Status s = EndSegment(); !s.ok()) status_ = s;
  state_.OnNewEpoch(epoch, paced);
}

// Whether there is a segment to add to.
bool TapeWriter::Ready() {
  if (abandoned_) return false;
  if (segment_ != nullptr) return true;
  status_ = StartSegment();
  return status_.ok();
}

absl::Status TapeWriter::StartSegment() {
  head_.epoch = state_.epoch();
  head_.paced = state_.paced();
  head_.after = state_.through();
  head_.created = now_;
  head_.sealed = false;
  // A row of a source is a record.
  head_.source_rows += head_.after.value - source_since_.value;
  source_since_ = head_.after;
  const std::string path =
      options_.folder + "/" + SegmentName(head_.epoch, head_.after) + kActiveSuffix;
  auto segment = SegmentWriter::Create(path, head_, RandomId(), &state_);
  if (!segment.ok()) return segment.status();
  // Until now the folder is as the last writer left it, and says so: the owner may read it.
  if (!std::exchange(began_, true)) {
    if (absl::Status s = WriteLock("open"); !s.ok()) return s;
    housekeeper_ = std::thread([this] { KeepHouse(); });
  }
  segment_ = *std::move(segment);
  segment_counted_ = 0;
  const std::lock_guard lock(mutex_);
  to_sync_ = segment_;
  wake_.notify_one();
  return absl::OkStatus();
}

absl::Status TapeWriter::EndSegment() {
  if (segment_ == nullptr) return absl::OkStatus();
  if (absl::Status s = segment_->Finish(); !s.ok()) return s;
  bytes_written_ += segment_->size_bytes() - segment_counted_;
  const std::lock_guard lock(mutex_);
  to_sync_.reset();
  if (segment_->records() > 0) to_seal_.push_back(segment_->path());
  segment_.reset();
  wake_.notify_one();
  return absl::OkStatus();
}

void TapeWriter::OnImage(const feed::TopicImage& image) {
  state_.OnImage(image);
  if (segment_ == nullptr) return;  // the checkpoint will have it
  segment_->content().AddImage(image);
  if (segment_->content().size() >= kMostWaiting) (void)Commit(now_);
}

void TapeWriter::OnRecords(std::span<const wire::Record> records) {
  if (!Ready()) return;
  while (!records.empty()) {
    const auto now = records.first(std::min(records.size(), kMostWaiting));
    records = records.subspan(now.size());
    if (segment_->content().size() + now.size() > kMostWaiting) {
      if (!Commit(now_).ok()) return;
      if (!Ready()) return;
    }
    state_.OnRecords(now);
    segment_->content().AddRecords(now);
  }
}

void TapeWriter::OnGap(const feed::GapNotice& gap) {
  if (!Ready()) return;
  state_.OnGap(gap);
  segment_->content().AddGap(gap);
}

void TapeWriter::OnEnd(Position at) {
  if (!Ready()) return;
  state_.OnEnd(at);
  segment_->content().AddEnd(at);
}

absl::Status TapeWriter::Commit(WallTime now) {
  now_ = now;
  if (abandoned_ || (segment_ == nullptr && status_.ok())) return absl::OkStatus();
  if (!status_.ok()) return status_;
  if (segment_->content().empty()) return absl::OkStatus();
  status_ = segment_->Commit();
  if (status_.ok() && options_.sync == SyncMode::kAlways) status_ = segment_->Sync();
  if (!status_.ok()) return status_;
  bytes_written_ += segment_->size_bytes() - segment_counted_;
  segment_counted_ = segment_->size_bytes();
  if (segment_->size_bytes() >= options_.segment_bytes) status_ = EndSegment();
  return status_;
}

absl::Status TapeWriter::Abandon() {
  abandoned_ = true;
  {
    const std::lock_guard lock(mutex_);
    to_sync_.reset();
  }
  segment_.reset();
  return WriteLock("incomplete");
}

absl::Status TapeWriter::Close() {
  if (abandoned_ || std::exchange(closed_, true)) return absl::OkStatus();
  absl::Status result = status_.ok() ? Commit(now_) : status_;
  const bool sealable = segment_ != nullptr && segment_->records() > 0 && options_.seal_at_close;
  const std::string path = segment_ == nullptr ? "" : segment_->path();
  if (result.ok() && segment_ != nullptr) result = segment_->Finish();
  {
    const std::lock_guard lock(mutex_);
    to_sync_.reset();
    if (result.ok() && sealable) to_seal_.push_back(path);
    stop_ = true;
  }
  segment_.reset();
  wake_.notify_one();
  if (housekeeper_.joinable()) housekeeper_.join();
  return result.ok() && began_ ? WriteLock("closed") : result;
}

std::vector<std::string> TapeWriter::TakeProblems() {
  const std::lock_guard lock(mutex_);
  return std::exchange(problems_, {});
}

void TapeWriter::AddProblem(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  problems_.emplace_back(status.message());
}

// Until the writer is closed and nothing is left to be sealed.
void TapeWriter::KeepHouse() {
  std::unique_lock lock(mutex_);
  while (true) {
    while (!to_seal_.empty()) {
      const std::string path = to_seal_.front();
      to_seal_.pop_front();
      lock.unlock();
      Seal(path);
      DeleteOld();
      lock.lock();
    }
    if (stop_) return;
    if (options_.sync == SyncMode::kInterval) {
      wake_.wait_for(lock, options_.sync_interval);
    } else {
      wake_.wait(lock);
    }
    const std::shared_ptr<SegmentWriter> segment = to_sync_;
    if (segment == nullptr || options_.sync != SyncMode::kInterval) continue;
    lock.unlock();
    if (absl::Status s = segment->Sync(); !s.ok()) AddProblem(s);
    lock.lock();
  }
}

void TapeWriter::Seal(const std::string& path) {
  auto reader = SegmentReader::Open(path);
  if (!reader.ok()) return AddProblem(reader.status());
  if (absl::Status s = SealSegment(reader->get(), Sealed(path), RandomId()); !s.ok()) {
    return AddProblem(s);
  }
  unlink(path.c_str());
}

void TapeWriter::DeleteOld() {
  if (options_.keep_bytes == 0 && options_.keep_age == Nanos{0}) return;
  std::vector<std::string> ignored;
  auto segments = ListSegments(options_.folder, &ignored);
  if (!segments.ok()) return;
  uint64_t bytes = 0;
  for (const SegmentInfo& segment : *segments) bytes += segment.size_bytes;
  const auto now = fs::file_time_type::clock::now();
  for (const SegmentInfo& segment : *segments) {
    if (!segment.head.sealed || &segment == &segments->back()) continue;
    std::error_code error;
    const auto written = fs::last_write_time(segment.path, error);
    const bool too_many = options_.keep_bytes != 0 && bytes > options_.keep_bytes;
    const bool too_old =
        options_.keep_age != Nanos{0} && !error && now - written > options_.keep_age;
    if (!too_many && !too_old) return;  // the oldest come first
    bytes -= segment.size_bytes;
    if (unlink(segment.path.c_str()) != 0)
      AddProblem(FileError(segment.path, "cannot be deleted", errno));
  }
}

}  // namespace fantail::tape
