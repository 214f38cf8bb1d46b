#include "desktop-subscriber/board_controls.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace fantail::desk {

void BoardControls::HandleKey(int key, size_t page, MonotonicTime now) {
  message_.clear();
  if (key == kKeyInterrupt) {
    quit_ = Quit::kInterrupted;
  } else if (prompt_ != Prompt::kNone) {
    HandlePromptKey(key);
  } else if (help_) {
    help_ = false;
    if (key == 'q') quit_ = Quit::kAsked;
  } else {
    HandleCommand(key, now);
    Scroll(key, page);
  }
}

void BoardControls::StartPrompt(Prompt prompt, std::string input) {
  prompt_ = prompt;
  input_ = std::move(input);
}

void BoardControls::HandlePromptKey(int key) {
  if (key == kKeyEscape) {
    if (prompt_ == Prompt::kFilter) model_->SetFilter("");
    prompt_ = Prompt::kNone;
    return;
  }
  if (key == kKeyEnter) {
    FinishPrompt();
    return;
  }
  if (key == kKeyBackspace && !input_.empty()) input_.pop_back();
  if (key > 0x20 && key < 0x7f && input_.size() <= kMaxTopicBytes) {
    input_ += static_cast<char>(key);
  }
  if (prompt_ == Prompt::kFilter) {
    model_->SetFilter(input_);
    top_ = 0;
  }
}

void BoardControls::FinishPrompt() {
  const Prompt prompt = std::exchange(prompt_, Prompt::kNone);
  if (prompt == Prompt::kFilter || input_.empty()) return;
  if (const char* problem = PatternProblem(input_)) {
    message_ = fmt::format("pattern \"{}\": {}", input_, problem);
    return;
  }
  const Pattern pattern(input_);
  const std::vector<Pattern>& have = model_->patterns();
  const bool known = std::find(have.begin(), have.end(), pattern) != have.end();
  if (prompt == Prompt::kAdd && known) {
    message_ = fmt::format("{} is already on the board", input_);
  } else if (prompt == Prompt::kAdd) {
    change_.add.push_back(pattern);
    message_ = fmt::format("added {}", input_);
  } else if (!known) {
    message_ = fmt::format("{} is not one of the patterns", input_);
  } else {
    change_.remove.push_back(pattern);
    message_ = fmt::format("deleted {}", input_);
  }
}

void BoardControls::HandleCommand(int key, MonotonicTime now) {
  switch (key) {
    case 'q':
      quit_ = Quit::kAsked;
      break;
    case '?':
      help_ = true;
      break;
    case '/':
      StartPrompt(Prompt::kFilter, model_->filter());
      break;
    case 'a':
      StartPrompt(Prompt::kAdd, "");
      break;
    case 'd':
      StartPrompt(Prompt::kDelete,
                  model_->patterns().size() == 1 ? model_->patterns()[0].text() : "");
      break;
    case 's':
      model_->SetSort(static_cast<SortKey>((static_cast<int>(model_->sort()) + 1) % 4));
      top_ = 0;
      break;
    case 'p':
      model_->paused() ? model_->Resume() : model_->Pause(now);
      break;
    case kKeyEscape:
      model_->SetFilter("");
      break;
    default:
      break;
  }
}

void BoardControls::Scroll(int key, size_t page) {
  if (key == kKeyUp && top_ > 0) --top_;
  if (key == kKeyDown) ++top_;
  if (key == kKeyPageUp) top_ -= std::min(top_, page);
  if (key == kKeyPageDown) top_ += page;
  if (key == kKeyHome) top_ = 0;
  if (key == kKeyEnd) top_ = model_->row_count();
  Clamp(page);
}

void BoardControls::Clamp(size_t page) {
  const size_t rows = model_->row_count();
  top_ = std::min(top_, rows > page ? rows - page : 0);
}

InterestChange BoardControls::TakeChange() {
  return std::exchange(change_, {});
}

}  // namespace fantail::desk
