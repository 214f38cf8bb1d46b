// What the keys do to a board: scrolling, sorting, filtering, pausing, and the prompts.
//
// Thread: the output thread, with the desk's mutex held.  Ownership: the model outlives it.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_BOARD_CONTROLS_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_BOARD_CONTROLS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "desktop-subscriber/board_model.h"
#include "desktop-subscriber/watchlist.h"

namespace fantail::desk {

// Keys without a character, above all characters.
enum SpecialKey : int {
  kKeyUp = 0x110000,
  kKeyDown,
  kKeyPageUp,
  kKeyPageDown,
  kKeyHome,
  kKeyEnd,
  kKeyEnter,
  kKeyBackspace,
  kKeyEscape,
  kKeyInterrupt,  // Ctrl-C
};

class BoardControls {
 public:
  enum class Prompt : uint8_t { kNone, kFilter, kAdd, kDelete };
  enum class Quit : uint8_t { kNo, kAsked, kInterrupted };

  explicit BoardControls(BoardModel* model) : model_(model) {}

  // `page` is how many rows the screen shows.
  void HandleKey(int key, size_t page, MonotonicTime now);
  // Keeps the scroll position within the rows there are.
  void Clamp(size_t page);
  // What `a` and `d` have asked for since the last call.
  InterestChange TakeChange();

  Prompt prompt() const { return prompt_; }
  const std::string& input() const { return input_; }
  // One line for the person, until the next key; empty if there is nothing to say.
  const std::string& message() const { return message_; }
  bool help() const { return help_; }
  size_t top() const { return top_; }
  Quit quit() const { return quit_; }

 private:
  void HandlePromptKey(int key);
  void FinishPrompt();
  void HandleCommand(int key, MonotonicTime now);
  void Scroll(int key, size_t page);
  void StartPrompt(Prompt prompt, std::string input);

  BoardModel* const model_;
  Prompt prompt_ = Prompt::kNone;
  std::string input_;
  std::string message_;
  bool help_ = false;
  size_t top_ = 0;
  Quit quit_ = Quit::kNo;
  InterestChange change_;
};

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_BOARD_CONTROLS_H_
