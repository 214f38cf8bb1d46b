#include "desktop-subscriber/object_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "fantail/base/crc32c.h"
#include "fantail/text/row_fields.h"
#include "fmt/format.h"

namespace fantail::desk {
namespace {

std::string PartNameOf(const std::string& name) {
  const size_t slash = name.rfind('/');
  const size_t base = slash == std::string::npos ? 0 : slash + 1;
  return name.substr(0, base) + "." + name.substr(base) + ".part";
}

}  // namespace

// As in a URL: whatever could mean something to a file system is written as %XX.
std::string FileNameOf(std::string_view topic) {
  std::string name;
  bool begins = true;  // a component of the path
  for (size_t i = 0; i < topic.size(); ++i) {
    const auto c = static_cast<unsigned char>(topic[i]);
    const bool ends = i + 1 == topic.size() || topic[i + 1] == '/';
    const bool slash = c == '/' && !begins && i + 1 < topic.size() && topic[i + 1] != '/';
    const bool odd = c < 0x20 || c == 0x7f || c == '%' || c == '\\';
    if (!slash && (odd || c == '/' || (c == '.' && (begins || ends)))) {
      name += fmt::format("%{:02X}", c);
    } else {
      name.push_back(static_cast<char>(c));
    }
    begins = slash;
  }
  return name;
}

ObjectOutput::ObjectOutput(std::string folder, OutputQueue* queue, Say say)
    : folder_(std::move(folder)), queue_(queue), say_(std::move(say)) {}

void ObjectOutput::NewEpoch(Epoch epoch) {
  names_.NewEpoch(epoch);
  objects_by_topic_.clear();
  payloads_.clear();
}

void ObjectOutput::Payload(Position of, std::span<const std::byte> bytes) {
  if (payloads_.size() == kMostPayloads) payloads_.erase(payloads_.begin());
  payloads_[of].assign(bytes.begin(), bytes.end());
}

void ObjectOutput::Take(std::span<const wire::Record> records) {
  for (const wire::Record& record : records) {
    if (!problem_.empty()) return;
    const auto payload = payloads_.find(record.position);
    if (wire::IsPart(record.tick)) {
      TakePart(record, payload == payloads_.end() ? std::span<const std::byte>()
                                                  : std::span<const std::byte>(payload->second));
    }
    // What another line had brought already.
    payloads_.erase(payloads_.begin(), payloads_.upper_bound(record.position));
  }
}

void ObjectOutput::TakePart(const wire::Record& record, std::span<const std::byte> bytes) {
  const wire::Part part = wire::PartOf(record.tick);
  const std::string_view topic = names_.Topic(record.tick.topic);
  Object& object = objects_by_topic_[record.tick.topic.value];
  const bool was_whole = object.whole;
  if (part.first) object = {.whole = true};
  if (object.whole && part.offset != object.next) object.whole = false;
  if (was_whole && !object.whole)
    say_(text::Printable(topic) + ": the rest of the object is missing");
  bytes_ += bytes.size();
  if (folder_ == "-") {
    std::string chunk(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!chunk.empty()) queue_->Push(Stream::kOut, &chunk);
  } else if (object.whole && !Write(FileNameOf(topic), part, bytes)) {
    return;
  }
  if (!object.whole) return;
  object.checksum = Crc32c(bytes, object.checksum);
  object.next += bytes.size();
  if (part.last) Finish(FileNameOf(topic), record, object);
}

bool ObjectOutput::Write(const std::string& name, const wire::Part& part,
                         std::span<const std::byte> bytes) {
  const std::string path = folder_ + "/" + PartNameOf(name);
  std::error_code error;
  if (part.first) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  }
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (part.first ? O_TRUNC : O_APPEND);
  const int fd = open(path.c_str(), flags, 0644);
  if (fd < 0) return Fail(path), false;
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      Fail(path);
      close(fd);
      return false;
    }
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  if (close(fd) != 0) return Fail(path), false;
  return true;
}

void ObjectOutput::Finish(const std::string& name, const wire::Record& record,
                          const Object& object) {
  const wire::Part part = wire::PartOf(record.tick);
  const std::string path = folder_ + "/" + name;
  const std::string topic = text::Printable(names_.Topic(record.tick.topic));
  if (object.checksum != part.checksum || (part.size && *part.size != object.next)) {
    objects_by_topic_[record.tick.topic.value].whole = false;
    return say_(topic + ": what has come is not what was published: its checksum or size differs");
  }
  ++objects_;
  if (folder_ != "-" && rename((folder_ + "/" + PartNameOf(name)).c_str(), path.c_str()) != 0) {
    return Fail(path);
  }
  say_(fmt::format("{}: {} bytes, {}", topic, object.next, names_.Venue(record.tick.venue)));
}

void ObjectOutput::Fail(const std::string& path) {
  problem_ = "--output " + text::Printable(path) + ": " + std::strerror(errno);
}

}  // namespace fantail::desk
