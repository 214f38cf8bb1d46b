#include "fantail/bus/messages.h"

#include <algorithm>
#include <utility>

#include "bus_generated.h"
#include "fantail/base/pattern.h"
#include "fantail/bus/layout.h"
#include "fantail/wire/flat.h"

namespace fantail::bus {
namespace {

using wire::DecodeError;
using wire::flat::Builder;
using wire::flat::Items;
using wire::flat::Problem;
using wire::flat::ReadName;
using wire::flat::ReadReason;
using wire::flat::ReadTexts;
using wire::flat::Text;
using wire::flat::Texts;
using wire::flat::View;

constexpr wire::flat::Identifier IdentifierOf(Kind kind) {
  const int letter = static_cast<int>(kind) - static_cast<int>(Kind::kJoin);
  return {{'F', 'B', '0', static_cast<char>('a' + letter), '\0'}};
}

template <class Table>
wire::Message Finish(Builder& builder, Kind kind, flatbuffers::Offset<Table> root) {
  return wire::flat::Finish(builder, static_cast<uint8_t>(kind), IdentifierOf(kind), root);
}

// Kept from one message to the next: what is on the way of every request allocates nothing here.
Builder& Scratch() {
  thread_local Builder builder(1024);
  builder.Clear();
  return builder;
}

Problem ReadBytes(const flatbuffers::Vector<uint8_t>* bytes, Body* out) {
  *out = {};
  if (bytes == nullptr) return nullptr;
  if (bytes->size() > kMaxBodyBytes) return "a body is too long";
  *out = {reinterpret_cast<const std::byte*>(bytes->Data()), bytes->size()};
  return nullptr;
}

Problem ReadService(std::string_view text) {
  if (text.empty()) return "no service is named";
  if (text.size() > kMaxServiceBytes) return "the name of a service is too long";
  return TopicProblem(text) == nullptr ? nullptr : "a text is not the name of a service";
}

Problem ReadServices(const flatbuffers::Vector<uint8_t>* bytes, wire::TextList* out) {
  if (Problem problem = ReadTexts(bytes, out)) return problem;
  for (const std::string_view text : *out) {
    if (Problem problem = ReadService(text)) return problem;
  }
  return nullptr;
}

Problem ReadPatterns(const flatbuffers::Vector<uint8_t>* bytes, wire::TextList* out) {
  if (Problem problem = ReadTexts(bytes, out)) return problem;
  for (const std::string_view text : *out) {
    if (PatternProblem(text) != nullptr) return "a text is not a pattern";
  }
  return nullptr;
}

Problem Read(const fbs::Join& t, Join* m) {
  if (Problem problem = ReadName(t.name(), &m->name)) return problem;
  m->node = {t.node()};
  m->role = static_cast<Role>(t.role());
  if (m->node.value == 0) return "no node";
  return m->role < Role::kClient || m->role > Role::kBus ? "an unknown role" : nullptr;
}

Problem Read(const fbs::Joined& t, Joined* m) {
  if (Problem problem = ReadName(t.name(), &m->name)) return problem;
  m->node = {t.node()};
  m->max_body_bytes = t.max_body_bytes();
  m->max_window_bytes = t.max_window_bytes();
  return m->max_window_bytes < kMinWindowBytes ? "a window of nothing" : nullptr;
}

Problem Read(const fbs::Refused& t, Refused* m) {
  m->code = static_cast<RefusedCode>(t.code());
  return ReadReason(t.reason(), &m->reason);
}

Problem Read(const fbs::Offer& t, Offer* m) {
  m->capacity = t.capacity();
  if (m->capacity == 0 || m->capacity > kMaxCapacity) return "a capacity out of range";
  return ReadServices(t.services(), &m->services);
}

Problem Read(const fbs::Reachable& t, Reachable* m) {
  m->more = t.more();
  if (!Items(t.path(), &m->path)) return "a misaligned path";
  if (m->path.size() > wire::kMaxHops) return "a path is too long";
  return ReadServices(t.services(), &m->services);
}

Problem Check(const Request& m) {
  if (Problem problem = ReadService(m.service)) return problem;
  if (m.key.size() > kMaxKeyBytes) return "a key is too long";
  return m.window_bytes < kMinWindowBytes ? "a window too small for a part" : nullptr;
}

Problem Read(const fbs::Request& t, Request* m) {
  m->id = t.id();
  m->service = View(t.service());
  m->budget_ns = t.budget_ns();
  m->window_bytes = t.window_bytes();
  m->key = View(t.key());
  m->idempotent = t.idempotent();
  m->hops = t.hops();
  m->limited = t.limited();
  if (Problem problem = Check(*m)) return problem;
  if (Problem problem = ReadPatterns(t.may_see(), &m->may_see)) return problem;
  return ReadBytes(t.body(), &m->body);
}

Problem Read(const fbs::Answer& t, Answer* m) {
  m->id = t.id();
  m->attempt = t.attempt();
  m->part = t.part();
  m->last = t.last();
  return ReadBytes(t.body(), &m->body);
}

Problem Read(const fbs::Failure& t, Failure* m) {
  m->id = t.id();
  m->code = static_cast<FailureCode>(t.code());
  if (m->code < FailureCode::kNoServer || m->code > FailureCode::kBusy) return "no such failure";
  return ReadReason(t.reason(), &m->reason);
}

Problem Read(const fbs::Credit& t, Credit* m) {
  *m = {.id = t.id(), .attempt = t.attempt(), .bytes = t.bytes()};
  return nullptr;
}

Problem Read(const fbs::Cancel& t, Cancel* m) {
  m->id = t.id();
  return nullptr;
}

Problem Read(const fbs::Ping& t, Ping* m) {
  m->nonce = t.nonce();
  return nullptr;
}

Problem Read(const fbs::Pong& t, Pong* m) {
  m->nonce = t.nonce();
  return nullptr;
}

Problem Read(const fbs::Leave& t, Leave* m) {
  return ReadReason(t.reason(), &m->reason);
}

template <class Table, class Mine>
DecodeError DecodeAs(Body body, Kind kind, AnyMessage* out, const char** detail) {
  const auto read = [](const Table& table, Mine* mine) { return Read(table, mine); };
  return wire::flat::ReadBody<Table>(body, IdentifierOf(kind), /*max_tables=*/1,
                                     &out->emplace<Mine>(), read, detail);
}

DecodeError DecodeBody(Body body, Kind kind, AnyMessage* out, const char** detail) {
  switch (kind) {
    case Kind::kJoin:
      return DecodeAs<fbs::Join, Join>(body, kind, out, detail);
    case Kind::kJoined:
      return DecodeAs<fbs::Joined, Joined>(body, kind, out, detail);
    case Kind::kRefused:
      return DecodeAs<fbs::Refused, Refused>(body, kind, out, detail);
    case Kind::kOffer:
      return DecodeAs<fbs::Offer, Offer>(body, kind, out, detail);
    case Kind::kReachable:
      return DecodeAs<fbs::Reachable, Reachable>(body, kind, out, detail);
    case Kind::kRequest:
      return DecodeAs<fbs::Request, Request>(body, kind, out, detail);
    case Kind::kAnswer:
      return DecodeAs<fbs::Answer, Answer>(body, kind, out, detail);
    case Kind::kFailure:
      return DecodeAs<fbs::Failure, Failure>(body, kind, out, detail);
    case Kind::kCredit:
      return DecodeAs<fbs::Credit, Credit>(body, kind, out, detail);
    case Kind::kCancel:
      return DecodeAs<fbs::Cancel, Cancel>(body, kind, out, detail);
    case Kind::kPing:
      return DecodeAs<fbs::Ping, Ping>(body, kind, out, detail);
    case Kind::kPong:
      return DecodeAs<fbs::Pong, Pong>(body, kind, out, detail);
    case Kind::kLeave:
      return DecodeAs<fbs::Leave, Leave>(body, kind, out, detail);
  }
  *detail = "a kind of message that the bus does not know";
  return DecodeError::kUnknownKind;
}

}  // namespace

wire::Message Encode(const Join& join) {
  Builder& b = Scratch();
  const auto name = Text(b, join.name);
  return Finish(b, Kind::kJoin,
                fbs::CreateJoin(b, name, join.node.value, static_cast<uint8_t>(join.role)));
}

wire::Message Encode(const Joined& joined) {
  Builder& b = Scratch();
  const auto name = Text(b, joined.name);
  return Finish(b, Kind::kJoined,
                fbs::CreateJoined(b, name, joined.node.value, joined.max_body_bytes,
                                  joined.max_window_bytes));
}

wire::Message Encode(const Refused& refused) {
  Builder& b = Scratch();
  const auto reason = Text(b, refused.reason);
  return Finish(b, Kind::kRefused,
                fbs::CreateRefused(b, static_cast<uint8_t>(refused.code), reason));
}

wire::Message Encode(const Offer& offer) {
  Builder& b = Scratch();
  const auto services = Texts(b, offer.services);
  return Finish(b, Kind::kOffer, fbs::CreateOffer(b, services, offer.capacity));
}

wire::Message Encode(const Reachable& reachable) {
  Builder& b = Scratch();
  const auto services = Texts(b, reachable.services);
  const auto path = b.CreateVector(reinterpret_cast<const uint64_t*>(reachable.path.data()),
                                   reachable.path.size());
  return Finish(b, Kind::kReachable, fbs::CreateReachable(b, services, path, reachable.more));
}

wire::Message Encode(const Request& request) {
  if (!request.limited) return layout::Encode(request);
  Builder& b = Scratch();
  const auto service = Text(b, request.service);
  const auto key = Text(b, request.key);
  const auto body =
      b.CreateVector(reinterpret_cast<const uint8_t*>(request.body.data()), request.body.size());
  const auto may_see = Texts(b, request.may_see);
  return Finish(b, Kind::kRequest,
                fbs::CreateRequest(b, request.id, service, request.budget_ns, request.window_bytes,
                                   key, request.idempotent, request.hops, body,
                                   /*limited=*/true, may_see));
}

wire::Message Encode(const Answer& answer) {
  return layout::Encode(answer);
}

wire::Message Encode(const Failure& failure) {
  Builder& b = Scratch();
  const auto reason = Text(b, failure.reason);
  return Finish(b, Kind::kFailure,
                fbs::CreateFailure(b, failure.id, static_cast<uint8_t>(failure.code), reason));
}

wire::Message Encode(const Credit& credit) {
  Builder& b = Scratch();
  return Finish(b, Kind::kCredit, fbs::CreateCredit(b, credit.id, credit.attempt, credit.bytes));
}

wire::Message Encode(const Cancel& cancel) {
  Builder& b = Scratch();
  return Finish(b, Kind::kCancel, fbs::CreateCancel(b, cancel.id));
}

wire::Message Encode(const Ping& ping) {
  Builder& b = Scratch();
  return Finish(b, Kind::kPing, fbs::CreatePing(b, ping.nonce));
}

wire::Message Encode(const Pong& pong) {
  Builder& b = Scratch();
  return Finish(b, Kind::kPong, fbs::CreatePong(b, pong.nonce));
}

wire::Message Encode(const Leave& leave) {
  Builder& b = Scratch();
  const auto reason = Text(b, leave.reason);
  return Finish(b, Kind::kLeave, fbs::CreateLeave(b, reason));
}

DecodeError Decoder::Decode(std::span<const std::byte> bytes, AnyMessage* out) {
  wire::Opened opened;
  const DecodeError error = opener_.Open(bytes, &opened);
  detail_ = opener_.detail();
  if (error != DecodeError::kNone) return error;
  if (opened.kind == static_cast<uint8_t>(Kind::kRequest)) {
    Request& request = out->emplace<Request>();
    if (layout::Read(opened.whole(), &request)) {
      const Problem problem = Check(request);
      if (problem != nullptr) detail_ = problem;
      return problem == nullptr ? DecodeError::kNone : DecodeError::kNonsense;
    }
  } else if (opened.kind == static_cast<uint8_t>(Kind::kAnswer)) {
    if (layout::Read(opened.whole(), &out->emplace<Answer>())) return DecodeError::kNone;
  }
  return DecodeBody(opened.body, static_cast<Kind>(opened.kind), out, &detail_);
}

namespace {

template <class M>
wire::Message RewriteAs(wire::Message came, const M& as) {
  M was;
  if (!came.is_alone() || !layout::Read(came.bytes(), &was)) return Encode(as);
  layout::Write(as, came.Fill());
  return came;
}

}  // namespace

wire::Message Rewrite(wire::Message came, const Request& as) {
  if (as.limited) return Encode(as);
  return RewriteAs(std::move(came), as);
}

wire::Message Rewrite(wire::Message came, const Answer& as) {
  return RewriteAs(std::move(came), as);
}

const char* KindName(Kind kind) {
  switch (kind) {
    case Kind::kJoin:
      return "join";
    case Kind::kJoined:
      return "joined";
    case Kind::kRefused:
      return "refused";
    case Kind::kOffer:
      return "offer";
    case Kind::kReachable:
      return "reachable";
    case Kind::kRequest:
      return "request";
    case Kind::kAnswer:
      return "answer";
    case Kind::kFailure:
      return "failure";
    case Kind::kCredit:
      return "credit";
    case Kind::kCancel:
      return "cancel";
    case Kind::kPing:
      return "ping";
    case Kind::kPong:
      return "pong";
    case Kind::kLeave:
      return "leave";
  }
  return "unknown";
}

const char* RoleName(Role role) {
  switch (role) {
    case Role::kClient:
      return "client";
    case Role::kServer:
      return "server";
    case Role::kBus:
      return "bus";
  }
  return "unknown";
}

const char* FailureCodeName(FailureCode code) {
  switch (code) {
    case FailureCode::kNoServer:
      return "no server";
    case FailureCode::kDeadline:
      return "deadline passed";
    case FailureCode::kRefused:
      return "refused";
    case FailureCode::kTooLarge:
      return "too large";
    case FailureCode::kServerLost:
      return "server lost";
    case FailureCode::kServerError:
      return "server error";
    case FailureCode::kBusy:
      return "busy";
  }
  return "unknown";
}

}  // namespace fantail::bus
