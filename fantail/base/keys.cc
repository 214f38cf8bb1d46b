#include "fantail/base/keys.h"

#include <algorithm>

namespace fantail {
namespace {

// The alphabet of Z85 (ZeroMQ RFC 32), in the order of the digits.
constexpr std::string_view kDigits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
// A name stands in the log and in file names.
constexpr size_t kMostNameBytes = 64;

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

const char* KeyProblem(std::string_view text) {
  if (text.size() != kKeyText) return "not a key; write its 40 characters, as fantail-keygen does";
  for (size_t at = 0; at < text.size(); at += 5) {
    uint64_t four_bytes = 0;
    for (const char c : text.substr(at, 5)) {
      const size_t digit = kDigits.find(c);
      if (digit == kDigits.npos) return "not a key; one of its characters is none of Z85";
      four_bytes = four_bytes * kDigits.size() + digit;
    }
    if (four_bytes > UINT32_MAX) return "not a key; copy it again from where it was made";
  }
  return nullptr;
}

const char* KeyNameProblem(std::string_view name) {
  if (name.empty() || name.size() > kMostNameBytes) return "not a name; write 1 to 64 characters";
  if (name.front() == '.' || name.front() == '-' || !std::all_of(name.begin(), name.end(), IsPlain))
    return "not a name; write letters, digits, dots, - and _, beginning with a letter or digit";
  return nullptr;
}

const Keys::Node* Keys::NodeAt(std::string_view endpoint) const {
  constexpr std::string_view kTcp = "tcp://";
  const bool tcp = endpoint.starts_with(kTcp);
  const std::string_view address = tcp ? endpoint.substr(kTcp.size()) : endpoint;
  const std::string_view host = tcp ? address.substr(0, address.rfind(':')) : "";
  const auto said = [this](std::string_view where) -> const Node* {
    for (const Node& node : nodes) {
      if (std::find(node.at.begin(), node.at.end(), where) != node.at.end()) return &node;
    }
    return nullptr;
  };
  if (const Node* node = said(address)) return node;
  if (const Node* node = tcp ? said(host) : nullptr) return node;
  for (const Node& node : nodes) {
    if (node.at.empty()) return &node;
  }
  return !tcp || host.starts_with("127.") ? &own : nullptr;
}

const std::string* Keys::UserOf(std::string_view key) const {
  const auto found = clients.find(key);
  if (found != clients.end()) return &found->second;
  return key == own.key ? &own.name : nullptr;
}

bool Keys::IsUser(std::string_view name) const {
  return name == own.name || std::any_of(clients.begin(), clients.end(),
                                         [&](const auto& client) { return client.second == name; });
}

}  // namespace fantail
