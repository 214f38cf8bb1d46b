#include "fantail/source/object_parts.h"

#include <algorithm>
#include <array>
#include <utility>

namespace fantail::source {

ObjectParts::ObjectParts(std::string topic, std::optional<uint64_t> size)
    : topic_(std::move(topic)), content_type_(ContentTypeOf(topic_)), size_(size) {}

std::string_view ContentTypeOf(std::string_view name) {
  using Known = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Known, 24> kKnown = {{
      {".txt", "text/plain"},       {".csv", "text/csv"},
      {".html", "text/html"},       {".json", "application/json"},
      {".xml", "application/xml"},  {".pdf", "application/pdf"},
      {".gz", "application/gzip"},  {".zip", "application/zip"},
      {".zst", "application/zstd"}, {".tar", "application/x-tar"},
      {".png", "image/png"},        {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},      {".gif", "image/gif"},
      {".svg", "image/svg+xml"},    {".webp", "image/webp"},
      {".mp4", "video/mp4"},        {".webm", "video/webm"},
      {".mkv", "video/matroska"},   {".ts", "video/mp2t"},
      {".ogg", "audio/ogg"},        {".mp3", "audio/mpeg"},
      {".wav", "audio/wav"},        {".onnx", "application/octet-stream"},
  }};
  const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const Known& one) { return name.ends_with(one.first); });
  return known == kKnown.end() ? "application/octet-stream" : known->second;
}

}  // namespace fantail::source
