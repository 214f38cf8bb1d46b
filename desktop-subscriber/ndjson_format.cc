#include "desktop-subscriber/ndjson_format.h"

#include <string_view>

#include "fantail/text/ndjson.h"
#include "fmt/format.h"

namespace fantail::desk {
namespace {

// `{"type":"TYPE","ts":...,"ts_ns":...,`
void Begin(std::string_view type, WallTime at, std::string* out) {
  char time[text::kMaxNdjsonTime];
  char* const end = text::FormatNdjsonTime(at.time_since_epoch().count(), time);
  out->append("{\"type\":\"").append(type).append("\",");
  out->append(time, static_cast<size_t>(end - time));
}

void AppendTextOrNull(std::string_view text, std::string* out) {
  if (text.empty()) {
    out->append("null");
  } else {
    text::AppendJsonString(text, out);
  }
}

void AppendEpoch(Epoch epoch, std::string* out) {
  fmt::format_to(std::back_inserter(*out), "\"epoch\":\"{}\"", epoch.value);
}

void AppendDecimal(std::string_view key, const Decimal& value, std::string* out) {
  char digits[kMaxDecimalText];
  const auto size = static_cast<size_t>(FormatDecimal(value, digits) - digits);
  out->append(key).append("\"").append(digits, size).append("\",");
}

// `"KEY":ROW,`, or null: the row as it is by itself, without a place.
void AppendTick(std::string_view key, const FeedNames& names, const wire::Tick& tick,
                std::string* out) {
  out->append(key);
  if (feed::Present(tick)) {
    text::AppendNdjsonRow({}, names.Topic(tick.topic), names.Venue(tick.venue), tick, out);
    out->pop_back();
  } else {
    out->append("null");
  }
  *out += ',';
}

void AppendTotals(const wire::Totals& totals, std::string* out) {
  out->append("\"totals\":");
  if (totals.count == 0) {
    out->append("null");
    return;
  }
  *out += '{';
  AppendDecimal("\"open\":", text::PriceOf(totals.open, totals.price_exponent), out);
  AppendDecimal("\"high\":", text::PriceOf(totals.high, totals.price_exponent), out);
  AppendDecimal("\"low\":", text::PriceOf(totals.low, totals.price_exponent), out);
  AppendDecimal("\"volume\":", {totals.volume, totals.volume_exponent, false}, out);
  fmt::format_to(std::back_inserter(*out), "\"volume_rounded\":{},\"count\":{}}}",
                 (totals.flags & wire::kVolumeRounded) != 0, totals.count);
}

}  // namespace

void NdjsonFormat::Row(const FeedNames& names, const wire::Record& record, std::string* out) const {
  text::AppendNdjsonRow({names.epoch(), record.position}, names.Topic(record.tick.topic),
                        names.Venue(record.tick.venue), record.tick, out);
}

void NdjsonFormat::Image(const FeedNames& names, const feed::TopicImage& image,
                         std::string* out) const {
  out->append("{\"type\":\"image\",\"symbol\":");
  text::AppendJsonString(names.Topic(image.topic), out);
  *out += ',';
  AppendTick("\"trade\":", names, image.trade, out);
  AppendTick("\"quote\":", names, image.quote, out);
  AppendTick("\"status\":", names, image.status, out);
  AppendTotals(image.totals, out);
  *out += ',';
  AppendEpoch(names.epoch(), out);
  fmt::format_to(std::back_inserter(*out), ",\"sequence\":{}}}\n", image.sequence.value);
}

void NdjsonFormat::Update(const FeedNames& names, const feed::ImageUpdate& update,
                          std::string* out) const {
  for (const wire::Tick& status : update.statuses) {
    text::AppendNdjsonRow({}, names.Topic(status.topic), names.Venue(status.venue), status, out);
  }
  if (update.image.sequence.value == 0) return;
  out->append("{\"type\":\"update\",\"symbol\":");
  text::AppendJsonString(names.Topic(update.image.topic), out);
  *out += ',';
  AppendTick("\"trade\":", names, update.image.trade, out);
  AppendTick("\"quote\":", names, update.image.quote, out);
  AppendTotals(update.image.totals, out);
  *out += ',';
  AppendEpoch(names.epoch(), out);
  fmt::format_to(std::back_inserter(*out), ",\"from\":{},\"sequence\":{},\"merged\":\"{}\"}}\n",
                 update.after.value + 1, update.image.sequence.value,
                 update.asked ? "asked" : "forced");
}

void NdjsonFormat::NewEpoch(WallTime at, Epoch epoch, bool paced, std::string* out) const {
  Begin("epoch", at, out);
  AppendEpoch(epoch, out);
  fmt::format_to(std::back_inserter(*out), ",\"paced\":{}}}\n", paced);
}

void NdjsonFormat::State(WallTime at, const feed::FeedState& state, std::string* out) const {
  Begin("state", at, out);
  out->append("\"state\":");
  text::AppendJsonString(feed::StateName(state.state), out);
  out->append(",\"cause\":");
  AppendTextOrNull(state.cause, out);
  out->append(",\"hop\":");
  AppendTextOrNull(state.hop, out);
  out->append(",\"path\":[");
  for (const feed::Hop& hop : state.hops) {
    if (&hop != &state.hops.front()) *out += ',';
    out->append("{\"role\":");
    text::AppendJsonString(feed::RoleName(hop.role), out);
    out->append(",\"name\":");
    text::AppendJsonString(hop.name, out);
    *out += '}';
  }
  out->append("]}\n");
}

void NdjsonFormat::Gap(WallTime at, Epoch epoch, const feed::GapNotice& gap,
                       std::string* out) const {
  Begin("gap", at, out);
  AppendEpoch(epoch, out);
  fmt::format_to(std::back_inserter(*out), ",\"from\":{},\"to\":{},\"patterns\":[",
                 gap.from.value + 1, gap.to.value);
  if (gap.patterns.empty()) out->append("\"*\"");
  for (const Pattern& pattern : gap.patterns) {
    if (&pattern != &gap.patterns.front()) *out += ',';
    text::AppendJsonString(pattern.text(), out);
  }
  out->append("],\"reason\":");
  text::AppendJsonString(feed::GapReasonName(gap.reason), out);
  out->append("}\n");
}

void NdjsonFormat::End(WallTime at, Epoch epoch, Position position, std::string* out) const {
  Begin("end", at, out);
  AppendEpoch(epoch, out);
  fmt::format_to(std::back_inserter(*out), ",\"position\":{}}}\n", position.value);
}

}  // namespace fantail::desk
