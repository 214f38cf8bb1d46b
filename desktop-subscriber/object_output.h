// Puts objects together from their parts: as files in a folder, or as bytes for a player.
//
// A file appears under its topic's name when all of it has come and its checksum is right; until
// then its bytes are in `.NAME.part` beside it. What of an object does not come, or begins in the
// middle, is no file; a player gets what there is.
//
// Thread: the feed thread; writing to a file waits for the disk.
// Errors: a file that cannot be written ends the run; see problem().
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_OBJECT_OUTPUT_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_OBJECT_OUTPUT_H_

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "desktop-subscriber/output_queue.h"
#include "desktop-subscriber/row_format.h"
#include "fantail/wire/part.h"

namespace fantail::desk {

class ObjectOutput {
 public:
  // A line for a person.
  using Say = std::function<void(const std::string& line)>;

  // `folder`: `-` is standard output, through the queue. Both outlive it.
  ObjectOutput(std::string folder, OutputQueue* queue, Say say);

  void NewEpoch(Epoch epoch);
  void Topic(TopicId id, std::string_view name) { names_.SetTopic(id, name); }
  void Venue(VenueId id, std::string_view name) { names_.SetVenue(id, name); }
  void Payload(Position of, std::span<const std::byte> bytes);
  void Take(std::span<const wire::Record> records);

  uint64_t objects() const { return objects_; }
  uint64_t bytes() const { return bytes_; }
  // Empty: all is well.
  const std::string& problem() const { return problem_; }

 private:
  struct Object {
    bool whole = false;  // so far: all from the first byte on
    uint64_t next = 0;   // the offset that comes next
    uint32_t checksum = 0;
  };

  // A record follows its payload at once; of what no record follows, no more is kept.
  static constexpr size_t kMostPayloads = 64;

  void TakePart(const wire::Record& record, std::span<const std::byte> bytes);
  bool Write(const std::string& name, const wire::Part& part, std::span<const std::byte> bytes);
  void Finish(const std::string& name, const wire::Record& record, const Object& object);
  void Fail(const std::string& path);

  const std::string folder_;
  OutputQueue* const queue_;
  const Say say_;
  FeedNames names_;
  std::map<uint32_t, Object> objects_by_topic_;
  // What has come before its record: few, for they come together.
  std::map<Position, std::vector<std::byte>> payloads_;
  uint64_t objects_ = 0;
  uint64_t bytes_ = 0;
  std::string problem_;
};

// Where in a folder the object of a topic goes: no part of it leads out, none is hidden.
std::string FileNameOf(std::string_view topic);

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_OBJECT_OUTPUT_H_
