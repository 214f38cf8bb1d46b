// Writes a value of JSON piece by piece: objects, lists, texts, numbers. It puts the commas; what
// is opened is closed by who opened it, as the scopes of the code show it:
//
//   JsonWriter json(&out);
//   json.Object([&] {
//     json.Key("name").Text("desk-7");
//     json.Key("patterns").List([&] { json.Text("A*"); });
//   });
//
// Thread: one owner.  Ownership: keeps a pointer to the text that it appends to.
#ifndef FANTAIL_TEXT_JSON_WRITER_H_
#define FANTAIL_TEXT_JSON_WRITER_H_

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "fantail/text/json_text.h"

namespace fantail::text {

class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(out) {}

  template <class Fn>
  void Object(Fn members) {
    Inside('{', members, '}');
  }
  template <class Fn>
  void List(Fn values) {
    Inside('[', values, ']');
  }
  // REQUIRES: inside an object, and a value follows.
  JsonWriter& Key(std::string_view key) {
    Begin();
    AppendJsonString(key, out_);
    *out_ += ':';
    comma_ = false;
    return *this;
  }
  void Text(std::string_view text) {
    Begin();
    AppendJsonString(text, out_);
    comma_ = true;
  }
  void Flag(bool value) { Raw(value ? "true" : "false"); }
  // The shortest digits that read back as the same; REQUIRES: finite.
  template <class Value>
  requires(std::integral<Value> || std::floating_point<Value>) void Number(Value value) {
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    (void)error;  // 32 bytes are enough for any of them
    Raw({digits, static_cast<size_t>(end - digits)});
  }

 private:
  template <class Fn>
  void Inside(char open, Fn fill, char close) {
    Begin();
    *out_ += open;
    comma_ = false;
    fill();
    *out_ += close;
    comma_ = true;
  }
  void Raw(std::string_view text) {
    Begin();
    *out_ += text;
    comma_ = true;
  }
  void Begin() {
    if (comma_) *out_ += ',';
  }

  std::string* const out_;
  bool comma_ = false;  // something stands before what comes next
};

}  // namespace fantail::text

#endif  // FANTAIL_TEXT_JSON_WRITER_H_
