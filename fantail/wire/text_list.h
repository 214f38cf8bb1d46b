// A list of texts as one run of bytes, each text ended by a NUL. No table a text: smaller on the
// wire, and nothing nested to verify.
//
// Thread: values.  Ownership: TextList is a view; TextListBuilder owns its bytes.
#ifndef FANTAIL_WIRE_TEXT_LIST_H_
#define FANTAIL_WIRE_TEXT_LIST_H_

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

namespace fantail::wire {

class TextList {
 public:
  class Iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(std::string_view rest) : rest_(rest) {}
    std::string_view operator*() const { return rest_.substr(0, rest_.find('\0')); }
    Iterator& operator++() {
      rest_.remove_prefix(rest_.find('\0') + 1);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    std::string_view rest_;
  };

  TextList() = default;
  // REQUIRES: `bytes` is empty or ends with a NUL.
  explicit TextList(std::string_view bytes) : bytes_(bytes) {}

  Iterator begin() const { return Iterator(bytes_); }
  Iterator end() const { return Iterator({}); }
  bool empty() const { return bytes_.empty(); }
  // How many texts. Cost: a pass over the bytes.
  size_t Count() const {
    return static_cast<size_t>(std::count(bytes_.begin(), bytes_.end(), '\0'));
  }
  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

class TextListBuilder {
 public:
  // REQUIRES: no NUL in `text`.
  void Add(std::string_view text) {
    bytes_.append(text);
    bytes_.push_back('\0');
  }
  TextList list() const { return TextList(bytes_); }
  size_t size_bytes() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  void Clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

}  // namespace fantail::wire

#endif  // FANTAIL_WIRE_TEXT_LIST_H_
