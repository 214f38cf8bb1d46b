#include "fantail/text/json_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace fantail::text {
namespace {

constexpr uint32_t kHighSurrogate = 0xd800;
constexpr uint32_t kLowSurrogate = 0xdc00;
constexpr uint32_t kBehindSurrogates = 0xe000;

bool IsPlain(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

// How many bytes at the front of `text`, which begins with one above 0x7f, are one character of
// UTF-8; 0 if none. The ranges of the second byte keep out overlong forms, surrogates and what is
// beyond U+10FFFF (Unicode, table 3-7).
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t length = first < 0xc2   ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (length == 0 || text.size() < length) return 0;
  const uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < least || byte(1) > most) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return length;
}

char* FormatUnit(uint32_t unit, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  *out++ = '\\';
  *out++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *out++ = kDigits[unit >> shift & 15];
  return out;
}

void AppendUtf8(uint32_t point, std::string* out) {
  const auto tail = [&](int shift) { *out += static_cast<char>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    *out += static_cast<char>(point);
  } else if (point < 0x800) {
    *out += static_cast<char>(0xc0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    *out += static_cast<char>(0xe0 | point >> 12);
    tail(6), tail(0);
  } else {
    *out += static_cast<char>(0xf0 | point >> 18);
    tail(12), tail(6), tail(0);
  }
}

// The four hexadecimal digits at the front of `text`.
bool ReadUnit(std::string_view text, uint32_t* unit) {
  if (text.size() < 4) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, *unit, 16);
  return error == std::errc() && end == text.data() + 4;
}

// Takes an escape of the form \uXXXX, or two of a pair, whose first digit is at *at.
bool ReadPoint(std::string_view raw, size_t* at, std::string* out) {
  uint32_t unit = 0;
  if (!ReadUnit(raw.substr(*at), &unit)) return false;
  *at += 4;
  if (unit < kHighSurrogate || unit >= kBehindSurrogates) {
    AppendUtf8(unit, out);
    return true;
  }
  if (unit >= kLowSurrogate) {
    if (unit < kLowSurrogate + 0x80 || unit > kLowSurrogate + 0xff) return false;
    *out += static_cast<char>(unit);
    return true;
  }
  uint32_t low = 0;
  if (raw.substr(*at, 2) != "\\u" || !ReadUnit(raw.substr(*at + 2), &low)) return false;
  if (low < kLowSurrogate || low >= kBehindSurrogates) return false;
  *at += 6;
  AppendUtf8(0x10000 + (unit - kHighSurrogate) * 0x400 + (low - kLowSurrogate), out);
  return true;
}

}  // namespace

char* FormatJsonString(std::string_view text, char* out) {
  *out++ = '"';
  if (std::all_of(text.begin(), text.end(), IsPlain)) [[likely]] {
    out = std::copy(text.begin(), text.end(), out);
    *out++ = '"';
    return out;
  }
  while (!text.empty()) {
    const char c = text.front();
    size_t length = 1;
    if (c == '"' || c == '\\') {
      *out++ = '\\';
      *out++ = c;
    } else if (static_cast<uint8_t>(c) < 0x20) {
      out = FormatUnit(static_cast<uint8_t>(c), out);
    } else if (static_cast<uint8_t>(c) < 0x80) {
      *out++ = c;
    } else if ((length = Utf8Length(text)) > 0) {
      std::memcpy(out, text.data(), length);
      out += length;
    } else {
      out = FormatUnit(kLowSurrogate + static_cast<uint8_t>(c), out);
      length = 1;
    }
    text.remove_prefix(length);
  }
  *out++ = '"';
  return out;
}

void AppendJsonString(std::string_view text, std::string* out) {
  const size_t before = out->size();
  out->resize(before + MaxJsonString(text.size()));
  char* const begin = out->data();
  out->resize(static_cast<size_t>(FormatJsonString(text, begin + before) - begin));
}

bool ReadJsonString(std::string_view raw, std::string* out) {
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  for (size_t at = 0; at < raw.size();) {
    const char c = raw[at++];
    if (static_cast<uint8_t>(c) < 0x20) return false;
    if (c != '\\') {
      *out += c;
      continue;
    }
    if (at == raw.size()) return false;
    const char letter = raw[at++];
    if (letter == 'u') {
      if (!ReadPoint(raw, &at, out)) return false;
      continue;
    }
    const size_t known = kLetters.find(letter);
    if (known == std::string_view::npos) return false;
    *out += kMeant[known];
  }
  return true;
}

}  // namespace fantail::text
